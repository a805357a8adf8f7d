"""JSON Schemas (draft 2020-12) of results, from their types: what `as_json` makes of them is valid by them."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from evaluation.class_docs import option_docs
from evaluation.results.as_json import MERGED, NAME_KEY, OMITTED_IF_EMPTY

_PLAIN: Mapping[Any, str] = {str: "string", bool: "boolean", int: "integer", float: "number", NoneType: "null"}


class Schemas:
    """Schemas of types, with those of the dataclasses in them as named definitions."""

    def __init__(self, place: str = "#/$defs/") -> None:
        """Begin without definitions.

        Args:
            place: Where the definitions stand in the document that refers to them.
        """
        self._place = place
        self._kinds: dict[str, type] = {}
        self.definitions: dict[str, dict[str, Any]] = {}
        """Schema of each dataclass, by its name."""

    def of(self, described: Any) -> dict[str, Any]:
        """Return the schema of a type; those of dataclasses are put among the definitions.

        Raises:
            TypeError: JSON has no such type, or two dataclasses have one name.
        """
        origin, arguments = get_origin(described), get_args(described)
        if described in _PLAIN:
            return {"type": _PLAIN[described]}
        if described in (Any, object):
            return {}
        if described is datetime:
            return {"type": "string", "format": "date-time"}
        if origin is Literal:
            return {"enum": list(arguments)}
        if origin in (Union, UnionType):
            return {"anyOf": [self.of(argument) for argument in arguments]}
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(arguments[1])}
        if isinstance(origin, type) and issubclass(origin, Sequence | Set) and len(set(arguments) - {Ellipsis}) == 1:
            return {"type": "array", "items": self.of(arguments[0])}
        if isinstance(described, type) and issubclass(described, Enum):
            return {"enum": [member.value for member in described]}
        if is_dataclass(described) and isinstance(described, type):
            return self._reference(described)
        raise TypeError(f"no JSON Schema for {described!r}")

    def _reference(self, kind: type) -> dict[str, Any]:
        name = kind.__name__
        namesake = self._kinds.setdefault(name, kind)
        if namesake is not kind:
            raise TypeError(f"two types are called {name}: in {namesake.__module__} and in {kind.__module__}")
        if name not in self.definitions:
            self.definitions[name] = {}  # known before its fields are, which may name it
            self.definitions[name] = self._object(kind)
        return {"$ref": f"{self._place}{name}"}

    def _object(self, kind: type) -> dict[str, Any]:
        """Return the schema of a dataclass, with the keys that `as_json` gives its fields."""
        types, docs = _types_of(kind), option_docs(kind)
        properties: dict[str, Any] = {}
        required: list[str] = []
        others: bool | dict[str, Any] = False
        for field in fields(kind):
            schema = self.of(types[field.name])
            if any(field.metadata.get(key) for key in MERGED):
                merged = self._merged(schema)
                properties |= merged["properties"]
                required += merged["required"]
                others = merged["additionalProperties"] or others
                continue
            key = field.metadata.get(NAME_KEY, field.name)
            text = " ".join(docs.get(field.name, "").split())
            properties[key] = schema | ({"description": text} if text else {})
            if not any(field.metadata.get(key) for key in OMITTED_IF_EMPTY):
                required.append(key)
        return {
            "description": (kind.__doc__ or "").split("\n")[0],
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": others,
        }

    def _merged(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return one schema of the objects that may be merged into another: what all of them require is required."""
        choices = [self._resolved(choice) for choice in schema.get("anyOf", [schema])]
        properties: dict[str, Any] = {}
        for choice in choices:
            for key, of_key in choice.get("properties", {}).items():
                earlier = properties.get(key, of_key)
                properties[key] = of_key if earlier == of_key else {"anyOf": [earlier, of_key]}
        required = [set(choice.get("required", [])) for choice in choices]
        return {
            "properties": properties,
            "required": [key for key in properties if all(key in keys for keys in required)],
            "additionalProperties": next(
                (more for each in choices if (more := each.get("additionalProperties"))), False
            ),
        }

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        return self.definitions[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _types_of(kind: type) -> dict[str, Any]:
    """Return the types of a dataclass's fields; those that its generic base leaves open are the ones that it names."""
    named: dict[Any, Any] = {}
    for base in getattr(kind, "__orig_bases__", ()):
        parameters = getattr(get_origin(base), "__parameters__", ())
        named |= dict(zip(parameters, get_args(base), strict=False))
    types = get_type_hints(kind)
    return {name: named.get(of, of) if isinstance(of, TypeVar) else of for name, of in types.items()}
