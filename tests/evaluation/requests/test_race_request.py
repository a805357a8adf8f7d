"""What a person may say of a race, and what is refused."""

import math
from typing import Any

import pytest

from evaluation.errors import ConfigurationError
from evaluation.metrics.bleu import Bleu
from evaluation.metrics.exact_match import ExactMatch
from evaluation.races.grid import grid_of
from evaluation.races.raceable_metrics import refuse_unfit
from evaluation.races.rules import Budget, Level, Method, RaceRules
from evaluation.requests.race_request import read_race_request


class Endless(ExactMatch):
    """A metric without a greatest value."""

    value_range = (0.0, math.inf)


TWO: dict[str, Any] = {"benchmarks": ["b.jsonl"], "models": ["x", "y"]}


def _rules(**said: Any) -> RaceRules:
    return read_race_request({"evaluation": TWO, **said}).rules()


def test_the_default_is_the_method_with_a_guarantee_in_many_looks() -> None:
    assert RaceRules() == _rules()


def test_words_become_rules() -> None:
    found = _rules(
        method="halving", margin="2pp", levels="smoke, quick=200,full", confirm=30, budget=["calls=4e3,minutes=1.5"]
    )

    assert found == RaceRules(
        method=Method.HALVING,
        margin=0.02,
        levels=(Level(name="smoke", n_cases=20), Level(name="quick", n_cases=200), Level(name="full", n_cases=None)),
        confirm=30,
        budget=Budget(calls=4000, minutes=1.5),
    )
    assert () == _rules(levels=["continuous"]).levels


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"evaluation": {}}, "no benchmark: give at least one with --benchmark"),
        ({"evaluation": {**TWO, "models": ["x"]}}, "a race needs two candidates or more"),
        ({"evaluation": {**TWO, "benchmarks": ["a", "b"]}}, "a race takes one benchmark, and 2 are given"),
        ({"method": "elimination"}, "method must be 'evidence' or 'halving'"),
        ({"alpha": 0.7}, "alpha"),
        ({"margin": "wide"}, "--margin 'wide' is not a number or a number of points"),
        ({"levels": "smoke,silly"}, "unknown level 'silly'; allowed: continuous alone, smoke, quick, full"),
        ({"levels": "full,quick"}, "only the last level may ask all cases"),
        ({"levels": "one=50,two=20"}, "the level sizes [50, 20] do not increase"),
        ({"budget": "calls"}, "budget 'calls' is not of the form"),
        ({"budget": "calls=5,calls=6"}, "each once"),
        ({"budget": "minutes=0"}, "the budget of minutes is 0"),
        ({"confirm": -1}, "confirm must be at least 0"),
    ],
)
def test_what_makes_no_race_is_refused(said: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read_race_request({"evaluation": TWO, **said})

    assert message in refused.value.message


def test_a_margin_in_points_needs_a_metric_in_points() -> None:
    with pytest.raises(ConfigurationError, match="is in points"):
        read_race_request({"evaluation": TWO, "margin": "2pp"}).rules(metric="bleu", unit="BLEU points")


def test_only_metrics_with_a_bounded_value_of_each_case_are_raced_on() -> None:
    refuse_unfit(ExactMatch())
    with pytest.raises(ConfigurationError, match="is computed from all cases together"):
        refuse_unfit(Bleu())
    with pytest.raises(ConfigurationError, match="goes from 0 to inf"):
        refuse_unfit(Endless())


def test_a_grid_has_0_for_the_worst_and_1_for_the_best() -> None:
    rising = grid_of([{"x": 1.0, "y": 5.0}, {"y": 3.0}], ("y", "x"), value_range=(1.0, 5.0))
    falling = grid_of([{"x": 1.0, "y": 5.0}], ("y", "x"), value_range=(1.0, 5.0), higher_is_better=False)

    assert [[1.0, 0.5], [0.0, None]] == [[None if v != v else v for v in row] for row in rising.values.tolist()]
    assert [[0.0], [1.0]] == falling.values.tolist()
    assert [5.0, 1.0] == [falling.in_unit(score) for score in (0.0, 1.0)]
    assert 4.0 == rising.in_unit(0.75)
    with pytest.raises(ConfigurationError, match="outside of 0 to 1"):
        grid_of([{"x": 7.0}], ("x",), value_range=(0.0, 1.0))
