"""One question to the same runs is one stored comparison, however it was asked."""

from typing import Any

import pytest
from compared_runs import candidate, cases_of, right_on, store_run

from evaluation.comparisons.saving import compare_and_store
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.store.comparisons import find_comparison, list_comparisons
from evaluation.store.session import Store

CASES = cases_of(40)


@pytest.fixture
def run(store: Store) -> str:
    """A run of two candidates."""
    good, poor = right_on(CASES, range(30)), right_on(CASES, range(9))
    return store_run(store, candidate("good:1b", good), candidate("poor:1b", poor), cases=CASES, run_id="one")


def test_what_was_compared_with_its_evaluation_is_found_again_when_its_run_is_compared(store: Store, run: str) -> None:
    evaluation = EvaluationRequest(benchmarks=["numbers"], models=["good:1b", "poor:1b"])
    (made,) = compare_and_store(store, ComparisonRequest(evaluation=evaluation), evaluated=[run])

    (again,) = compare_and_store(store, ComparisonRequest(runs=[run]))

    assert made.comparison_id == again.comparison_id
    assert [made.comparison_id] == [stored.comparison_id for stored in list_comparisons(store)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"margin": "2pp"}, {"margin": "2%"}),
        ({"against": "first"}, {"against": "good:1b"}),
        ({"n_flips": 2}, {"n_flips": 9}),
    ],
)
def test_the_same_question_in_other_words_is_one_comparison(
    store: Store, run: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    compare_and_store(store, ComparisonRequest(runs=[run], **one))
    (said,) = compare_and_store(store, ComparisonRequest(runs=[run], **other))

    (stored,) = list_comparisons(store)
    assert said == stored.result


@pytest.mark.parametrize(
    "other", [{"margin": "2pp"}, {"against": "first"}, {"by": "model"}, {"metrics": ["latency_s"]}]
)
def test_another_question_is_another_comparison(store: Store, run: str, other: dict[str, Any]) -> None:
    compare_and_store(store, ComparisonRequest(runs=[run]))
    compare_and_store(store, ComparisonRequest(runs=[run], **other))

    assert 2 == len(list_comparisons(store))


def test_a_comparison_follows_the_scores_of_its_run(store: Store, run: str) -> None:
    (before,) = compare_and_store(store, ComparisonRequest(runs=[run]))
    with store.write() as connection:  # as a metric that was mended scores it anew
        connection.exec_driver_sql("UPDATE score SET value = 0")

    (after,) = compare_and_store(store, ComparisonRequest(runs=[run]))

    assert before.comparison_id == after.comparison_id
    assert "inconclusive" == after.pairs[0].verdict
    assert after == find_comparison(store, after.comparison_id).result
