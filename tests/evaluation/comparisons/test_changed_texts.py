"""Of a model whose texts change when it is asked again, a small difference says so; nothing else is bothered."""

from collections.abc import Mapping

import pytest
import sqlalchemy as sa
from compared_runs import compared
from stored_runs import answer, asked, numbers, store_run

from evaluation.comparisons.run_verdict import headline_verdict
from evaluation.generation import Outcome
from evaluation.run_results.run_result import run_result
from evaluation.store.changed_texts import find_changed_texts
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from evaluation.store.tables import generation

CASES = numbers(20)


def _texts(n_right: int, *, n_other: int = 0, seed: int = 7) -> Mapping[str, Outcome]:
    """The first ones right; the last `n_other` texts are others, and as wrong."""
    return {
        case.case_id: answer(
            case.references[0] if i < n_right else f"no{' idea' if i >= len(CASES) - n_other else ''}", seed=seed
        )
        for i, case in enumerate(CASES)
    }


def _store(store: Store, a: Mapping[str, Outcome], b: Mapping[str, Outcome], run_id: str = "before") -> str:
    return store_run(store, asked("a:1b", a), asked("b:1b", b), cases=CASES, run_id=run_id)


def test_a_difference_within_the_share_of_texts_that_change_says_so(store: Store) -> None:
    before = _store(store, _texts(10), _texts(12))
    run_id = _store(store, _texts(10, n_other=4), _texts(12), "now")

    said = headline_verdict(store, run_result(store, run_id))

    expected = (
        f"a:1b: 4 of 20 outputs changed when run {before} repeated the same cases and seeds (at most 1 at a time): a "
        "difference within 20 % of the cases, such as a:1b – b:1b (-10.0 points), may not reproduce"
    )
    assert expected == said[-1]
    assert expected in compared(store, run_id).notes


@pytest.mark.parametrize(
    ("before", "why"),
    [
        (_texts(10), "nothing changed"),
        (_texts(10, n_other=1), "the difference is larger than the share"),
        (_texts(10, n_other=4, seed=8), "other seeds are no repetition"),
    ],
)
def test_otherwise_nothing_is_said(store: Store, before: Mapping[str, Outcome], why: str) -> None:
    _store(store, before, _texts(12))
    run_id = _store(store, _texts(10), _texts(12), "now")

    assert [] == [line for line in headline_verdict(store, run_result(store, run_id)) if "otherwise" in line], why


def test_a_reused_answer_is_no_repetition_and_a_candidate_alone_has_none(store: Store) -> None:
    run_id = _store(store, _texts(10), _texts(12))
    row_id = find_run(store, run_id).candidates[0].run_candidate_id
    assert None is find_changed_texts(store, row_id)
    assert None is find_changed_texts(store, row_id + 1000)

    _store(store, {case_id: answer("x", seed=7) for case_id in _texts(10)}, _texts(12), "now")
    with store.write() as connection:
        connection.execute(sa.update(generation).values(reused=True))
    assert None is find_changed_texts(store, row_id)
