import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

import numpy as np
import pytest

from evaluation.results.as_json import MERGED, as_json, json_key


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    low: float
    high: float | None


@dataclass(frozen=True)
class Outer:
    name: str
    n_cases: int = field(metadata=json_key("n"))
    interval: Inner = field(metadata=MERGED)
    when: datetime = datetime(2026, 11, 23, tzinfo=UTC)
    colour: Colour = Colour.RED
    parts: tuple[Inner, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)


def test_fields_stand_in_their_order_under_their_keys() -> None:
    found = as_json(Outer("a", 3, Inner(0.5, None), parts=(Inner(1, 2),), options={"seed": [1, (2,)]}))

    assert ["name", "n", "low", "high", "when", "colour", "parts", "options"] == list(found)
    assert {
        "name": "a",
        "n": 3,
        "low": 0.5,
        "high": None,
        "when": "2026-11-23T00:00:00+00:00",
        "colour": "red",
        "parts": [{"low": 1, "high": 2}],
        "options": {"seed": [1, [2]]},
    } == found
    assert found == json.loads(json.dumps(found))


def test_a_value_that_json_has_not_is_refused_by_its_kind() -> None:
    with pytest.raises(TypeError, match="a result holds a set, which JSON has not"):
        as_json({"names": {"a"}})


def test_a_float_of_numpy_is_a_number() -> None:
    assert "[0.25]" == json.dumps(as_json([np.float64(0.25)]))
