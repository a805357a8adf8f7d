import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import numpy as np
import pytest
from compared_runs import candidate, cases_of, compared, failed, right_on, store_run, timed
from comparison_results import a_pair

from evaluation.results.as_json import MERGED, as_json, from_json, json_key
from evaluation.results.comparisons import ComparisonResult
from evaluation.results.pairs import PairResult
from evaluation.results.sides import SideCounts
from evaluation.store.session import Store


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


def test_a_set_that_cannot_change_is_a_list_in_order() -> None:
    assert ["a", "b", "c"] == as_json(frozenset("cab"))


@dataclass(frozen=True, kw_only=True)
class Part:
    low: float
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Whole:
    name: str
    n_cases: int = field(metadata=json_key("n"))
    interval: Part = field(metadata=MERGED)
    when: datetime | None
    colour: Colour
    parts: "tuple[Whole, ...]" = ()
    limits: Mapping[str, tuple[float, Part | None]] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    think: bool | str | None = None
    names: frozenset[str] = frozenset()


def whole(**changes: Any) -> Whole:
    known = {"name": "a", "n_cases": 3, "interval": Part(low=0.5), "when": None, "colour": Colour.RED}
    return Whole(**(known | changes))


@pytest.mark.parametrize(
    "value",
    [
        whole(),
        whole(when=datetime(2026, 11, 23, 12, tzinfo=UTC), think="high"),
        whole(parts=(whole(name="b", interval=Part(low=1, high=2)), whole(think=False))),
        whole(names=frozenset({"vision", "tools"})),
        whole(limits={"x": (0.5, None), "y": (1.5, Part(low=0))}, options={"stop": ["a"], "seed": 1}),
    ],
)
def test_what_was_written_is_read_back_as_it_was(value: Whole) -> None:
    read = from_json(Whole, json.loads(json.dumps(as_json(value))))

    assert value == read
    assert isinstance(read.colour, Colour)


def test_a_missing_key_leaves_the_default_an_unknown_one_is_passed_over_a_needed_one_is_named() -> None:
    written = as_json(whole())

    assert whole() == from_json(Whole, {key: value for key, value in written.items() if key != "think"} | {"more": 1})
    with pytest.raises(ValueError, match="Whole needs 'n', which is not among"):
        from_json(Whole, {key: value for key, value in written.items() if key != "n"})


def test_every_comparison_is_read_back_as_it_was(store: Store) -> None:
    cases = cases_of(24)
    slow = {**right_on(cases, range(4)), **failed(cases, range(4, 9))}
    for run_id, others in (("two", ()), ("three", (candidate("c:1b", timed(cases, 2.0)),))):
        store_run(
            store,
            candidate("a:1b", slow, options={"stop": ["\n"]}),
            candidate("b:1b", timed(cases, 1.0)),
            *others,
            cases=cases,
            run_id=run_id,
        )
    for run_id, margin in (("two", "10pp"), ("three", None)):
        made = compared(store, run_id, margin=margin)

        assert made == from_json(ComparisonResult, json.loads(json.dumps(as_json(made))))
        assert made.metrics[0].gate is not None or len(made.sides) == 2
        assert made.sides[0].members[0].started_at is None or made.sides[0].members[0].started_at.tzinfo is not None


def test_comparisons_of_older_versions_are_read() -> None:
    later = ("statistics", "tails", "prompts")
    old = {key: value for key, value in as_json(a_pair()).items() if key not in later}
    counts = {"n_asked": 4, "n_answered": 4, "failures": {}, "own_failures": {}, "score_failures": {}, "n_reused": 0}

    assert a_pair() == from_json(PairResult, old)
    assert 0 == from_json(SideCounts, counts).n_cached


@dataclass(frozen=True)
class _Low:
    low: float


@dataclass(frozen=True)
class _Values:
    values: tuple[object, ...]


@dataclass(frozen=True)
class _OneOf:
    of: _Low | _Values
    by_name: Mapping[str, _Low | _Values | None]


def test_of_several_dataclasses_the_one_is_read_whose_keys_are_there() -> None:
    for each in (_Low(0.5), _Values((1, "a"))):
        result = _OneOf(of=each, by_name={"a": each, "b": None})

        assert result == from_json(_OneOf, as_json(result))
