"""From what was sent with a form to a valid request, or to what is wrong with each of its fields."""

import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from deployments.api.pages.form_fields import FieldPlace, Kind, ModelPlace
from deployments.api.pages.form_words import field_meant, field_with, fields_named, words_of_form
from deployments.api.pages.posted_forms import PostedForm
from deployments.api.unknown_names import unknown_names
from evaluation.errors import BenchwrightError, UnknownNameError, as_sentence
from evaluation.files.allowed_files import files_elsewhere
from evaluation.formatting import excerpt, listed
from evaluation.providers.addresses import default_url
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.requests.request_model import RequestModel, invalid_value_words
from evaluation.store.session import Store

_LONGEST_VALUE = 120
_MOST_SERVERS = 5
_PREFIX = "Value error, "


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What was filled in, with the request that it makes."""

    values: Mapping[str, Any]
    request: RequestModel | None
    """None: something is wrong."""
    errors: Mapping[str, str]
    """What is wrong, by the place in the request; the empty one stands for the whole."""


def read_form(
    place: ModelPlace, kind: type[RequestModel], form: PostedForm, presets: Mapping[str, Any] = MappingProxyType({})
) -> Filled:
    """Return what was filled in, checked as the API and the commands check it.

    Args:
        place: The fields of the request.
        kind: Class of the request.
        form: What was sent.
        presets: Defaults of the deployment, which are not the request's: one that is emptied is left out.
    """
    errors: dict[str, str] = {}
    values = _values(place, form, errors)
    for name, preset in presets.items():
        values.setdefault(name, preset if form.text(name).strip() else None)
    return checked(kind, values, errors, place)


def checked(
    kind: type[RequestModel], values: Mapping[str, Any], errors: dict[str, str], place: ModelPlace | None = None
) -> Filled:
    """Return values with the request that they make, or with what is wrong with them."""
    request: RequestModel | None = None
    try:
        request = kind.model_validate(dict(values))
        with files_elsewhere():
            request.refuse_impossible()
    except ValidationError as error:
        for item in error.errors(include_url=False):
            name, words = _wrong(item, place)
            errors.setdefault(name, words)
    except BenchwrightError as error:
        words = _with_step(error)
        field = _field_of(error, place, values) if place else None
        errors.setdefault(field.name if field else "", words_of_form(words, place) if place else words)
    return Filled(values=values, request=None if errors else request, errors=errors)


def with_unknown_names(filled: Filled, place: ModelPlace, store: Store, models: Collection[str]) -> Filled:
    """Return what was filled in, with what is wrong with its names at their fields.

    Args:
        filled: What was filled in, with its request.
        place: The fields of the request.
        store: Where names are looked up.
        models: The models that there are; empty: they are not known.
    """
    if filled.request is None:
        return filled
    unknown = unknown_names(filled.request, store, models=models)
    errors = {name: words_of_form(_with_step(error), place) for name, error in unknown.items()}
    return replace(filled, request=None, errors=errors) if errors else filled


def with_chosen_server(filled: Filled, others: Sequence[str]) -> Filled:
    """Return what was filled in, with a mistake where an evaluation chooses no server and the default one is away.

    Args:
        filled: What was filled in, with its request.
        others: The servers that answer in its place; empty: it answers, or nothing does.
    """
    request = filled.request
    evaluation = request if isinstance(request, EvaluationRequest) else getattr(request, "evaluation", None)
    if not others or evaluation is None or evaluation.endpoints or evaluation.embedded:
        return filled
    field = "endpoints" if evaluation is request else "evaluation.endpoints"
    words = f"No server is chosen, and the one that is asked then, {default_url(os.environ)}, does not answer"
    return replace(filled, request=None, errors={field: f"{words}: choose {listed(others, _MOST_SERVERS)}."})


def _values(place: ModelPlace, form: PostedForm, errors: dict[str, str]) -> dict[str, Any]:
    """Return what is filled in and is not the default."""
    values: dict[str, Any] = {}
    for field in place.fields:
        value = _value(field, form, errors)
        if value is not None and value != field.default:
            values[field.path[-1]] = value
    for model in place.models:
        below = _values(model, form, errors)
        if below or not model.is_optional:
            values[model.path[-1]] = below
    return values


def _value(field: FieldPlace, form: PostedForm, errors: dict[str, str]) -> Any:
    """Return what is filled in; None: nothing."""
    text = form.text(field.name).replace("\r\n", "\n")
    match field.kind:
        case Kind.FLAG:
            return bool(text)
        case Kind.CHOICES:
            return [each for each in form.texts(field.name) if each] or None
        case Kind.LINES:
            return [line.strip() for line in text.split("\n") if line.strip()] or None
        case Kind.LONG_TEXT:
            return text if text.strip() else None
        case Kind.JSON if text.strip():
            return _json(field, text, errors)
        case Kind.NUMBER if text.strip() == _shown(field.default):
            return None
    return text.strip() or None


def _json(field: FieldPlace, text: str, errors: dict[str, str]) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        errors[field.name] = f"is not JSON: {excerpt(str(error), _LONGEST_VALUE)}"
        return text


def _shown(default: Any) -> str:
    return "" if default is None else json.dumps(default)


def _wrong(item: Any, place: ModelPlace | None) -> tuple[str, str]:
    """Return the place of something that is wrong, and the words to show there.

    What is wrong with several fields is shown at the first that is named.
    """
    fields = {each.name: each for each in place.all_fields()} if place else {}
    path = [str(part) for part in item["loc"] if not isinstance(part, int)]
    while path and ".".join(path) not in fields and not _is_model(path, fields):
        path.pop()
    name = ".".join(path)
    words = item["msg"].removeprefix(_PREFIX) if item["type"] == "value_error" else invalid_value_words(item)
    field = fields.get(name)
    if item["type"] == "missing" or (item["type"] == "too_short" and not item.get("input")):
        return name, _missing(field)
    if place is None:
        return name, words
    if field is not None:
        return name, f"{words_of_form(words, place)} (got {excerpt(repr(item.get('input')), _LONGEST_VALUE)})"
    meant = field_meant(words, place, within=name)
    return meant.name if meant else name, words_of_form(words, place)


def _field_of(error: BenchwrightError, place: ModelPlace, values: Mapping[str, Any]) -> FieldPlace | None:
    """Return the first field that an error names, else the one that has the name that is unknown; None: it is none."""
    named = next(fields_named(_with_step(error), place), None)
    return named or (field_with(error.name, place, values) if isinstance(error, UnknownNameError) else None)


def _missing(field: FieldPlace | None) -> str:
    match field.kind if field else None:
        case Kind.CHOICES:
            return "choose at least one"
        case Kind.CHOICE:
            return "choose one"
    return "is missing: fill it in"


def _is_model(path: list[str], places: Collection[str]) -> bool:
    return any(name.startswith(".".join(path) + ".") for name in places)


def _with_step(error: BenchwrightError) -> str:
    return f"{as_sentence(error.message)} {error.next_step}" if error.next_step else error.message
