"""Totals of the store, of which those of ended runs are kept."""

import pytest
import sqlalchemy as sa
from compared_runs import candidate, cases_of, failed, right_on
from stored_runs import store_run
from watched_statements import watched

from evaluation.generation import PromptState
from evaluation.store.runs import delete_run
from evaluation.store.session import Store
from evaluation.store.tables import generation
from evaluation.store.totals import StoreTotals, store_totals


@pytest.fixture(autouse=True)
def keep_small_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.store.kept_readings.FEWEST_ANSWERS", 1)


def _fill(store: Store) -> None:
    cases = cases_of(6)
    good = candidate("good:1b", right_on(cases, range(6)))
    bad = candidate("bad:1b", right_on(cases, range(2)) | failed(cases, (4, 5)))
    store_run(store, good, bad, cases=cases, run_id="first")
    store_run(store, good, cases=cases, run_id="second")


def _counted(totals: StoreTotals) -> tuple[int, int, int, float, dict[str, int], int]:
    figures = (totals.answers, totals.prompt_tokens, totals.output_tokens, totals.energy_j)
    return (*figures, totals.failures, totals.cache_hits["prompt"])


def test_totals_are_the_sums_over_all_runs(store: Store) -> None:
    _fill(store)

    expected = (16, 16 * 12, 16 * 1300, 0.0, {"timed_out": 2}, 0)
    assert [expected, expected] == [_counted(store_totals(store)) for _ in range(2)]


def test_what_is_learned_of_an_answer_later_is_counted_then(store: Store) -> None:
    _fill(store)
    store_totals(store)
    first = sa.select(sa.func.min(generation.c.id)).scalar_subquery()
    with store.write() as connection:
        values = {"energy_j": 2.0, "prompt_state": PromptState.CACHED.value}
        connection.execute(sa.update(generation).where(generation.c.id == first).values(values))

    assert (16, 16 * 12, 16 * 1300, 2.0, {"timed_out": 2}, 1) == _counted(store_totals(store))


def test_answers_of_ended_runs_are_read_once(store: Store) -> None:
    _fill(store)
    store_totals(store)
    with watched() as seen:
        store_totals(store)

    assert not [statement for statement in seen.statements if "generation.prompt_tokens" in statement]


def test_a_run_that_is_gone_is_counted_no_more(store: Store) -> None:
    _fill(store)
    store_totals(store)
    delete_run(store, "first")

    assert (6, 6 * 12, 6 * 1300, 0.0, {}, 0) == _counted(store_totals(store))
