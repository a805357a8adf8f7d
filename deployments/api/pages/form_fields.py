"""Forms of deployments as values: one field for each field of the request, from the same schema as Prefect's form."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

FIRST: Mapping[str, tuple[str, ...]] = {
    "EvaluationRequest": ("benchmarks", "models", "candidates", "limit", "level", "repeats"),
    "ComparisonRequest": ("runs", "against", "margin"),
    "RaceRequest": ("method", "margin", "budget"),
    "SweepRequest": ("parameters", "prompt", "design", "samples"),
    "ReviewRequest": ("runs", "benchmark", "candidates", "kind", "n_cases", "rater"),
    "MonitorRequest": ("since_days", "slower_than", "success_below", "left_out"),
    "GradingRequest": ("judge", "criteria", "sample", "days", "tasks"),
    "WritingRequest": ("corpus", "model", "check", "cases", "name"),
}
"""Fields in sight; the others of these requests are folded. Of other requests all are in sight."""
LONG_TEXTS = frozenset({"system", "prompt", "criteria"})
"""Texts of several lines."""


class Kind(StrEnum):
    """How a field is filled in."""

    FLAG = "flag"
    CHOICE = "choice"
    CHOICES = "choices"
    LINES = "lines"
    NUMBER = "number"
    TEXT = "text"
    LONG_TEXT = "long_text"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """A field of a form, with what is filled in and what is wrong with it."""

    name: str
    """Its place in the request: `evaluation.models`."""
    title: str
    help: str
    kind: Kind
    text: str = ""
    """What is filled in; of a flag `true` or empty."""
    chosen: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    is_required: bool = False
    least: str = ""
    greatest: str = ""
    step: str = "any"
    error: str = ""
    is_changed: bool = False
    """Whether something else than the default is filled in."""

    @property
    def key(self) -> str:
        """Name of its element."""
        return f"field-{self.name.replace('.', '-')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormGroup:
    """Fields of one model of a request."""

    name: str
    """Its place in the request; empty: the request itself."""
    title: str
    help: str
    fields: tuple[FormField, ...]
    folded: tuple[FormField, ...]
    groups: "tuple[FormGroup, ...]"
    is_optional: bool = False
    error: str = ""

    @property
    def shows_folded(self) -> bool:
        """Whether one of the folded fields is filled in, or wrong."""
        return any(each.is_changed or each.error for each in self.folded)

    @property
    def is_filled(self) -> bool:
        """Whether anything in it is filled in, or wrong."""
        own = any(each.is_changed or each.error for each in (*self.fields, *self.folded))
        return own or bool(self.error) or any(group.is_filled for group in self.groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldPlace:
    """A field of a schema with its place in the request."""

    path: tuple[str, ...]
    schema: Mapping[str, Any]
    kind: Kind
    is_required: bool

    @property
    def name(self) -> str:
        """The place as it stands in the form."""
        return ".".join(self.path)

    @property
    def default(self) -> Any:
        """What stands for an empty field."""
        return self.schema.get("default")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPlace:
    """A model of a schema with its place in the request, its fields and the models in it."""

    path: tuple[str, ...]
    model: str
    title: str
    help: str
    is_optional: bool
    fields: tuple[FieldPlace, ...]
    models: "tuple[ModelPlace, ...]"

    def all_fields(self) -> Iterator[FieldPlace]:
        """Yield its fields and those of the models in it."""
        yield from self.fields
        for model in self.models:
            yield from model.all_fields()


def model_place(
    schema: Mapping[str, Any], definitions: Mapping[str, Any], path: tuple[str, ...] = (), *, is_optional: bool = False
) -> ModelPlace:
    """Return the fields and models of the model that a schema refers to.

    Args:
        schema: A reference to the model, with its title and description.
        definitions: The models by name.
        path: Its place in the request.
        is_optional: Whether it may be left out.
    """
    name = _reference(schema, definitions)
    model = definitions[name]
    required, fields, models = set(model.get("required", ())), list[FieldPlace](), list[ModelPlace]()
    for field, below in model["properties"].items():
        place = (*path, field)
        inner = _reference(below, definitions)
        if inner and "properties" in definitions[inner]:
            models.append(model_place(below, definitions, place, is_optional=field not in required))
        else:
            resolved = {**definitions[inner], **below} if inner else below
            kind = _kind(field, resolved, definitions)
            fields.append(FieldPlace(path=place, schema=resolved, kind=kind, is_required=field in required))
    return ModelPlace(
        path=path,
        model=name,
        title=schema.get("title", model.get("title", "")),
        help=schema.get("description", model.get("description", "")),
        is_optional=is_optional,
        fields=tuple(fields),
        models=tuple(models),
    )


def form_group(place: ModelPlace, values: Mapping[str, Any], errors: Mapping[str, str], definitions: Any) -> FormGroup:
    """Return the fields of a model with what is filled in.

    Args:
        place: The model.
        values: What is filled in, as a request.
        errors: What is wrong, by the place in the request.
        definitions: The models by name.
    """
    first = FIRST.get(place.model, tuple(each.path[-1] for each in place.fields))
    fields = [_filled(each, values, errors, definitions) for each in place.fields]
    by_name = {each.path[-1]: field for each, field in zip(place.fields, fields, strict=True)}
    return FormGroup(
        name=".".join(place.path),
        title=place.title,
        help=place.help,
        fields=tuple(by_name[name] for name in first if name in by_name),
        folded=tuple(field for name, field in by_name.items() if name not in first),
        groups=tuple(form_group(each, values.get(each.path[-1]) or {}, errors, definitions) for each in place.models),
        is_optional=place.is_optional,
        error=errors.get(".".join(place.path), ""),
    )


def _filled(
    place: FieldPlace, values: Mapping[str, Any], errors: Mapping[str, str], definitions: Mapping[str, Any]
) -> FormField:
    value = values.get(place.path[-1], place.default)
    is_several = place.kind in (Kind.CHOICES, Kind.LINES)
    several = [str(each) for each in value] if is_several and isinstance(value, list | tuple) else []
    text = "\n".join(several) if place.kind is Kind.LINES else "" if is_several else _as_text(value)
    # What is filled in is offered too, though it was not known when the choices were made.
    choices = [*_choices(place, definitions)]
    chosen = several if place.kind is Kind.CHOICES else [text] if place.kind is Kind.CHOICE and text else []
    return FormField(
        name=place.name,
        title=place.schema.get("title", place.path[-1]),
        help=place.schema.get("description", ""),
        kind=place.kind,
        text=text,
        chosen=tuple(chosen),
        choices=tuple(dict.fromkeys([*choices, *chosen])),
        is_required=place.is_required,
        least=_as_text(place.schema.get("minimum")),
        greatest=_as_text(place.schema.get("maximum")),
        step="1" if place.schema.get("type") == "integer" else "any",
        error=errors.get(place.name, ""),
        is_changed=value != place.default and value not in ("", None, []),
    )


def _reference(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """Return the name of the model that a schema refers to, alone or beside null; empty: to none."""
    references = [
        each["$ref"] for each in (schema, *schema.get("anyOf", ()), *schema.get("allOf", ())) if "$ref" in each
    ]
    name = references[0].rsplit("/", 1)[-1] if references else ""
    return name if name in definitions else ""


def _items(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    items: Mapping[str, Any] = schema.get("items", {})
    name = _reference(items, definitions)
    return definitions[name] if name else items


def _kind(name: str, schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Kind:
    match schema.get("type"):
        case "boolean":
            return Kind.FLAG
        case "integer" | "number":
            return Kind.NUMBER
        case "array":
            items = _items(schema, definitions)
            return Kind.CHOICES if "enum" in items else Kind.LINES if items.get("type") == "string" else Kind.JSON
        case "string":
            return Kind.CHOICE if "enum" in schema else Kind.LONG_TEXT if name in LONG_TEXTS else Kind.TEXT
    return Kind.JSON


def _choices(place: FieldPlace, definitions: Mapping[str, Any]) -> Sequence[str]:
    if place.kind is Kind.CHOICES:
        return [str(each) for each in _items(place.schema, definitions).get("enum", ())]
    return [str(each) for each in place.schema.get("enum", ())]


def _as_text(value: Any) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "true"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
