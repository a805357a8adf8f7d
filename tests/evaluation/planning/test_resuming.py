"""A resume asks for all that was asked for before, and for more where its user wants that, never for something else."""

from pathlib import Path
from typing import Any

import pytest

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.planning.resuming import grown, resumed
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.store.session import open_store


def before(**given: Any) -> EvaluationRequest:
    return EvaluationRequest(**{"benchmarks": ["b"], "models": ["x"], **given})


def test_nothing_said_is_the_same_again() -> None:
    asked = before(limit=3, repeats=2, options=["temperature=0.5"])
    assert asked == grown(asked, {})


def test_models_and_candidates_are_added_once_each() -> None:
    asked = grown(before(), {"models": ["x", "y"], "candidates": ["z num_ctx=2048"]})
    assert (["x", "y"], ["z num_ctx=2048"]) == (asked.models, asked.candidates)


def test_more_repeats_and_a_higher_limit_take_the_place_of_fewer() -> None:
    asked = grown(before(limit=3), {"repeats": 5, "limit": 10})
    assert (5, 10) == (asked.repeats, asked.limit)


def test_how_the_work_is_done_may_change() -> None:
    asked = grown(before(), {"endpoints": ["http://there:1"], "slots": 8, "timeout_s": 5.0, "max_failures": "50%"})
    assert (["http://there:1"], 8, 5.0, "50%") == (asked.endpoints, asked.slots, asked.timeout_s, asked.max_failures)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"repeats": 1}, "--repeats 1 is less than the 3 that the run has"),
        ({"limit": 5}, "--limit 5 is less than the 10 that the run has"),
        ({"seed": 7}, "--seed is fixed for a run and cannot be changed on resume"),
        ({"benchmarks": ["c"]}, "--benchmark is fixed for a run"),
        ({"options": ["temperature=1"]}, "--option is fixed for a run"),
        ({"metrics": ["bleu"]}, "--metric is fixed for a run"),
        ({"candidates": ["z num_ctx=nonsense"]}, "num_ctx"),
    ],
)
def test_less_or_something_else_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        grown(before(repeats=3, limit=10), given)
    assert said in error.value.message
    assert error.value.next_step


def test_a_limit_where_all_cases_are_asked_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="--limit 5: the run asks all cases already"):
        grown(before(), {"limit": 5})


def test_a_run_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "results.db")) as store, pytest.raises(UnknownNameError, match="unknown run 'last'"):
        resumed(store, "last", {})
