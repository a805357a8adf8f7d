"""What is wrong with a request in the words of its form: titles of fields, where a command has options."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from deployments.api.pages.form_fields import FieldPlace, ModelPlace
from evaluation.requests.request_model import OPTION_OF

_OF_OPTIONS = {option: field for field, option in OPTION_OF.items()} | {"--param": "parameters"}
_OF_ARGUMENTS = {"RUN": "runs", "EXPERIMENT": "experiment"}
_OPTION = r"--[a-z][a-z-]*"
_NAMED = re.compile(
    rf"`(?P<field>[a-z_]+)`|(?<!['\"\w-])(?P<option>{_OPTION})|(?:at least one|an?) (?P<argument>RUN|EXPERIMENT)\b"
    r"|(?P<code>`[^`]*`)"
)
_REPEATED = re.compile(rf" \({_OPTION}(?:, {_OPTION})*\)")


def words_of_form(text: str, place: ModelPlace) -> str:
    """Return a message with the titles of the form's fields in place of options and names of fields.

    Args:
        text: The message, with the words of a command.
        place: The fields of the form.
    """

    def titled(match: re.Match[str]) -> str:
        field = _field(match, place)
        return match[0] if field is None else _title(field)

    def said_before(match: re.Match[str]) -> str:
        named = [_field(each, place) for each in _NAMED.finditer(match[0])]
        before = {field.name for field in fields_named(text[: match.start()], place)}
        return "" if all(field is not None and field.name in before for field in named) else match[0]

    return _NAMED.sub(titled, _REPEATED.sub(said_before, text))


def fields_named(text: str, place: ModelPlace, within: str = "") -> Iterator[FieldPlace]:
    """Yield the fields that a message names, in its order.

    Args:
        text: The message.
        place: The fields of the form.
        within: The place of the model whose fields are preferred.
    """
    for match in _NAMED.finditer(text):
        if (field := _field(match, place, within)) is not None:
            yield field


def field_meant(text: str, place: ModelPlace, within: str = "") -> FieldPlace | None:
    """Return the first field that a message names, else the first whose name is one of its words; None: it is none."""
    named = next(fields_named(text, place, within), None)
    words = re.findall(r"[a-z_]+", text.partition(":")[0]) if named is None else []
    meant = (_by_name(name, place, within) for word in words for name in (word, f"{word}s"))
    return named or next((field for field in meant if field is not None), None)


def field_with(word: str, place: ModelPlace, values: Mapping[str, Any]) -> FieldPlace | None:
    """Return the first field in which a word was filled in; None: it is none."""
    whole = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
    own = (field for field in place.fields if whole.search(str(values.get(field.path[-1], ""))))
    below = (field_with(word, model, values.get(model.path[-1]) or {}) for model in place.models)
    return next((field for field in (*own, *below) if field is not None), None)


def _field(match: re.Match[str], place: ModelPlace, within: str = "") -> FieldPlace | None:
    option = match["option"] or ""
    name = match["field"] or _OF_ARGUMENTS.get(match["argument"] or "") or _OF_OPTIONS.get(option, "")
    return _by_name(name, place, within) or _by_name(option.removeprefix("--").replace("-", "_"), place, within)


def _by_name(name: str, place: ModelPlace, within: str) -> FieldPlace | None:
    fields = [field for field in place.all_fields() if field.path[-1] == name]
    fields.sort(key=lambda field: ".".join(field.path[:-1]) != within)
    return next(iter(fields), None)


def _title(field: FieldPlace) -> str:
    return f"“{field.schema.get('title', field.path[-1])}”"
