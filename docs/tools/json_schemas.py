"""`python docs/tools/json_schemas.py`: writes the JSON Schemas of what commands print, from the types.

A command has one as soon as what it prints is a dataclass, or a list of one; until then none is written by hand.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from docstrings import field_docstrings

from evaluation.records.alerts import SilenceRecord
from evaluation.records.candidates import DatabaseInfo, EndpointRecord
from evaluation.records.traffic_calls import TrafficCall
from evaluation.results.as_json import MERGED, OMITTED_IF_EMPTY
from evaluation.results.cases import CaseResult
from evaluation.results.experiments import ExperimentResult, RunDiff
from evaluation.results.runs import RunInFull
from evaluation.results.unpaired import UnpairedComparisonResult

FOLDER = Path(__file__).parents[1] / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
COMMANDS: Mapping[str, Any] = {
    "alerts silences": Sequence[SilenceRecord],
    "compare --unpaired": UnpairedComparisonResult,
    "db info": DatabaseInfo,
    "endpoints list": Sequence[EndpointRecord],
    "experiments diff": RunDiff,
    "experiments show": ExperimentResult,
    "show": RunInFull,
    "show --case": CaseResult,
    "traffic list --calls": Sequence[TrafficCall],
}
"""What a command prints with `--json`."""
PLAIN: Mapping[Any, str] = {str: "string", bool: "boolean", int: "integer", float: "number", NoneType: "null"}


def file_of(command: str) -> Path:
    """Return the file of a command's schema."""
    return FOLDER / f"{command.replace(' --', '-').replace(' ', '-')}.json"


def render(command: str) -> str:
    """Return the schema of what a command prints, as the file holds it."""
    definitions: dict[str, Any] = {}
    schema = schema_of(COMMANDS[command], definitions)
    whole = {"$schema": DIALECT, "title": f"benchwright {command} --json", **schema}
    return json.dumps(whole | ({"$defs": definitions} if definitions else {}), indent=2, ensure_ascii=False) + "\n"


def schema_of(described: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a type; those of dataclasses are put among the definitions.

    Raises:
        TypeError: JSON has no such type.
    """
    origin, arguments = get_origin(described), get_args(described)
    if described in PLAIN:
        return {"type": PLAIN[described]}
    if described in (Any, object):
        return {}
    if described is datetime:
        return {"type": "string", "format": "date-time"}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, UnionType):
        return {"anyOf": [schema_of(argument, definitions) for argument in arguments]}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": schema_of(arguments[1], definitions)}
    if isinstance(origin, type) and issubclass(origin, Sequence) and len(set(arguments) - {Ellipsis}) == 1:
        return {"type": "array", "items": schema_of(arguments[0], definitions)}
    if isinstance(described, type) and issubclass(described, Enum):
        return {"enum": [member.value for member in described]}
    if is_dataclass(described) and isinstance(described, type):
        if described.__name__ not in definitions:
            definitions[described.__name__] = {}  # known before its fields are, which may name it
            definitions[described.__name__] = _object(described, definitions)
        return {"$ref": f"#/$defs/{described.__name__}"}
    raise TypeError(f"no JSON Schema for {described!r}")


def _object(described: type, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a dataclass, with the keys that `evaluation.results.as_json` gives its fields."""
    types, docstrings = get_type_hints(described), field_docstrings(described)
    properties: dict[str, Any] = {}
    required: list[str] = []
    others: bool | dict[str, Any] = False
    for field in fields(described):
        schema = schema_of(types[field.name], definitions)
        if any(field.metadata.get(key) for key in MERGED):
            merged = _merged(schema, definitions)
            properties |= merged["properties"]
            required += merged["required"]
            others = merged["additionalProperties"] or others
            continue
        key = field.metadata.get("json_key", field.name)
        text = docstrings.get(field.name)
        properties[key] = schema | ({} if text is None else {"description": text})
        if not any(field.metadata.get(key) for key in OMITTED_IF_EMPTY):
            required.append(key)
    title = (described.__doc__ or "").split("\n")[0]
    return {
        "description": title,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": others,
    }


def _merged(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return one schema of the objects that may be merged into another: what all of them require is required."""
    choices = [_resolved(choice, definitions) for choice in schema.get("anyOf", [schema])]
    properties: dict[str, Any] = {}
    for choice in choices:
        for key, of_key in choice.get("properties", {}).items():
            known = properties.get(key, of_key)
            properties[key] = of_key if known == of_key else {"anyOf": [known, of_key]}
    required = [set(choice.get("required", [])) for choice in choices]
    return {
        "properties": properties,
        "required": [key for key in properties if all(key in keys for keys in required)],
        "additionalProperties": next((more for each in choices if (more := each.get("additionalProperties"))), False),
    }


def _resolved(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    return definitions[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for each in COMMANDS:
        file_of(each).write_text(render(each), encoding="utf-8")
