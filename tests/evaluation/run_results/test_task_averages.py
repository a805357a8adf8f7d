"""Averages of recent runs by task and headline."""

import pytest
from compared_runs import candidate, cases_of, failed, right_on
from stored_runs import store_run

from evaluation.run_results.task_averages import task_averages
from evaluation.store.session import Store


def test_averages_are_over_answers_by_task_and_quality_over_candidates(store: Store) -> None:
    cases = cases_of(10)
    good = candidate("good:1b", right_on(cases, range(10)))
    bad = candidate("bad:1b", right_on(cases[:8], range(4)) | failed(cases, (8, 9)))
    store_run(store, good, bad, cases=cases, run_id="first", task_type="reasoning")
    store_run(store, good, cases=cases, run_id="second", task_type="reasoning")
    others = cases_of(9)
    third = candidate("good:1b", right_on(others, range(9)))
    store_run(store, third, cases=others, run_id="third", task_type="summarization", name="other")
    reasoning, summarization = task_averages(store, ["first", "second", "third", "nobody"])
    assert ("reasoning", 2, 30, 2) == (
        reasoning.task,
        reasoning.n_runs,
        reasoning.n_answers,
        reasoning.n_candidates,
    )
    assert reasoning.success == pytest.approx(28 / 30)
    assert (reasoning.seconds, reasoning.tokens) == (1.5, 1300)
    assert (reasoning.least, reasoning.greatest) == (0.5, 1.0)
    assert reasoning.quality == pytest.approx(2.5 / 3)
    assert ("summarization", 9) == (summarization.task, summarization.n_answers)


def test_without_runs_there_are_no_averages(store: Store) -> None:
    assert () == task_averages(store, [])
