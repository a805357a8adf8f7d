"""Are the schemas in `docs/schemas` those of the types, and is what commands print valid by them?

The files in `tests/deployments/cli/json_contract` are what commands print: another test holds them to it.
"""

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import json_schemas
import pytest
from jsonschema import Draft202012Validator

from evaluation.results.as_json import as_json
from evaluation.results.json_schema import Schemas

CONTRACT = Path(__file__).parents[1] / "deployments" / "cli" / "json_contract"


def _printed(command: str) -> Any:
    text = (CONTRACT / json_schemas.file_of(command).name).read_text(encoding="utf-8")
    return json.loads(text.replace(": NUMBER", ": 1"))


@pytest.mark.parametrize("command", json_schemas.COMMANDS)
def test_a_schema_is_what_the_generator_writes(command: str) -> None:
    """Else: `make docs`."""
    assert json_schemas.file_of(command).read_text(encoding="utf-8") == json_schemas.render(command)


def test_no_schema_is_left_over() -> None:
    written = {json_schemas.file_of(command) for command in json_schemas.COMMANDS}
    assert written == set(json_schemas.FOLDER.glob("*.json"))


@pytest.mark.parametrize("command", json_schemas.COMMANDS)
def test_what_the_command_prints_is_valid(command: str) -> None:
    schema = json.loads(json_schemas.render(command))
    Draft202012Validator.check_schema(schema)
    assert [] == [error.message for error in Draft202012Validator(schema).iter_errors(_printed(command))]


@pytest.mark.parametrize("command", json_schemas.COMMANDS)
def test_a_key_too_many_a_key_too_few_and_a_wrong_type_are_not_valid(command: str) -> None:
    validator = Draft202012Validator(json.loads(json_schemas.render(command)))
    for spoil in (_with_another_key, _without_a_key, _with_a_wrong_value):
        printed = copy.deepcopy(_printed(command))
        spoil(printed[0] if isinstance(printed, list) else printed)
        assert not validator.is_valid(printed)


def _with_another_key(printed: dict[str, Any]) -> None:
    printed["unheard_of"] = 1


def _without_a_key(printed: dict[str, Any]) -> None:
    del printed[next(iter(printed))]


def _with_a_wrong_value(printed: dict[str, Any]) -> None:
    printed[next(iter(printed))] = [[]]


@dataclass(frozen=True)
class _Inner:
    """Within."""

    n: int


@dataclass(frozen=True)
class _Outer:
    """Around."""

    inner: _Inner = field(metadata={"json_merged": True})
    said: str = field(metadata={"json_key": "words"})
    others: "Sequence[_Inner]"


def test_keys_are_those_that_results_have_as_json() -> None:
    schemas = Schemas()
    schema = schemas.of(_Outer) | {"$defs": schemas.definitions}
    printed = as_json(_Outer(_Inner(1), "yes", [_Inner(2)]))
    assert {"n", "words", "others"} == set(printed)
    assert Draft202012Validator(schema).is_valid(printed)
    assert not Draft202012Validator(schema).is_valid(printed | {"said": "yes"})


def test_a_type_that_json_has_not_is_refused() -> None:
    with pytest.raises(TypeError, match="no JSON Schema for"):
        Schemas().of(bytes)


def test_two_types_of_one_name_are_refused() -> None:
    schemas = Schemas()
    schemas.of(_Inner)
    with pytest.raises(TypeError, match="two types are called _Inner"):
        schemas.of(dataclass(type("_Inner", (), {"__annotations__": {}})))
