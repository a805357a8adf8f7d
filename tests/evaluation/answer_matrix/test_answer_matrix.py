"""Answers side by side: filters, orders and pages, held against a walk over all outcomes."""

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from compared_runs import candidate, cases_of, failed, right_on
from stored_runs import store_run

from evaluation.answer_matrix import page
from evaluation.answer_matrix.cells import Standing
from evaluation.answer_matrix.figures import Mark, MatrixFigures, read_figures
from evaluation.answer_matrix.page import FiguresInUse, MatrixPage, matrix_page
from evaluation.answer_matrix.selection import MatrixView, Showing, Sorting
from evaluation.errors import UnknownNameError
from evaluation.shared_readings import SharedReadings
from evaluation.store.session import Store

N = 12
A, B = range(8), range(4, 10)
"""Cases that the first and the second candidate get right."""
Look = Callable[..., MatrixPage]


@pytest.fixture
def look(store: Store) -> Look:
    cases = [replace(case, tags=("even",) if i % 2 == 0 else ("odd", "50%_\\")) for i, case in enumerate(cases_of(N))]
    store_run(
        store,
        candidate("a:1b", right_on(cases, A)),
        candidate("b:1b", right_on(cases, B) | failed(cases, (11,))),
        cases=cases,
    )

    def looked(**view: object) -> MatrixPage:
        page = {name: view.pop(name) for name in ("offset", "limit", "metric") if name in view}
        return matrix_page(store, "run-1", MatrixView(**view), in_use=FiguresInUse(), **page)

    return looked


def ids(page: MatrixPage) -> list[int]:
    return [int(row.case_id.removeprefix("c")) for row in page.rows]


def test_all_cases_in_their_order(look: Look) -> None:
    page = look()
    assert (N, N, ("a:1b", "b:1b"), ("exact_match",)) == (page.n_cases, page.n_selected, page.labels, page.metrics)
    assert list(range(N)) == ids(page)
    first = page.rows[0]
    assert ([1.0, 0.0], ("even",)) == ([cell.score for cell in first.cells], first.tags)
    assert [Standing.BEST, Standing.LOWER] == [cell.standing for cell in first.cells]
    assert first.question
    assert all(cell.text for cell in first.cells)


def test_equal_scores_stand_by_what_the_metric_can_be(look: Look) -> None:
    rows = look().rows
    assert [Standing.BEST] * 2 == [cell.standing for cell in rows[5].cells]
    assert [Standing.LOWER] * 2 == [cell.standing for cell in rows[10].cells]


def test_a_failure_of_the_server_has_no_score(look: Look) -> None:
    cell = look().rows[11].cells[1]
    assert (None, Standing.NONE) == (cell.score, cell.standing)
    assert Mark.SERVER_FAILED in cell.marks
    assert cell.text


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        ({"showing": Showing.DISAGREE}, sorted(set(A) ^ set(B))),
        ({"showing": Showing.NOBODY}, [10, 11]),
        ({"showing": Showing.SERVER_FAILED}, [11]),
        ({"showing": Showing.SERVER_FAILED, "candidate": "a:1b"}, []),
        ({"showing": Showing.MISSING}, []),
        ({"better": "a:1b", "worse": "b:1b"}, sorted(set(A) - set(B))),
        ({"better": "b:1b", "worse": "a:1b"}, sorted(set(B) - set(A))),
        ({"better": "b:1b"}, list(range(N))),
        ({"tag": "even"}, list(range(0, N, 2))),
        ({"tag": "even", "showing": Showing.NOBODY}, [10]),
        ({"tag": "eve"}, []),
        ({"descending": True}, list(reversed(range(N)))),
        ({"sort": Sorting.SCORE, "candidate": "a:1b"}, [*range(8, N), *A]),
        ({"sort": Sorting.SCORE, "candidate": "b:1b", "descending": True}, [*B, *range(4), 10, 11]),
        ({"sort": Sorting.DISAGREEMENT, "descending": True}, [*range(4), 8, 9, *range(4, 8), 10, 11]),
    ],
)
def test_views(look: Look, view: dict[str, object], expected: list[int]) -> None:
    page = look(**view)
    assert expected == ids(page)
    assert len(expected) == page.n_selected
    assert list(range(len(expected))) == [row.position for row in page.rows]


@pytest.mark.parametrize("sort", [Sorting.LATENCY, Sorting.TOKENS, Sorting.LENGTH])
@pytest.mark.parametrize("descending", [False, True])
def test_orders_by_figures(look: Look, sort: Sorting, descending: bool) -> None:
    rows = look(sort=sort, descending=descending, candidate="a:1b").rows
    assert N == len(rows)
    figures = {Sorting.LATENCY: "seconds", Sorting.TOKENS: "tokens"}
    if sort in figures:
        values = [getattr(row.cells[0], figures[sort]) for row in rows]
    else:
        values = [len(row.cells[0].text) for row in rows]
    there = [value for value in values if value is not None]
    assert there == values[: len(there)]
    assert sorted(there, reverse=descending) == there


def test_texts_are_found_in_questions_answers_ids_and_references(look: Look) -> None:
    rows = look().rows
    answer = rows[3].cells[0].text
    question = rows[3].question
    assert 3 in ids(look(text=answer))
    assert 3 in ids(look(text=question.upper()))
    assert [7] == ids(look(text="C07"))
    assert [] == ids(look(text="no such text anywhere"))


@pytest.mark.parametrize("text", ["%", "_", "\\", "'", '"; DROP TABLE run;--'])
def test_a_text_stands_for_itself(look: Look, text: str) -> None:
    rows = look().rows
    expected = {
        int(row.case_id.removeprefix("c"))
        for row in rows
        if text in row.question or text in row.case_id or any(text in cell.text for cell in row.cells)
    }
    assert expected == set(ids(look(text=text)))


def test_pages_are_parts_of_the_whole(look: Look) -> None:
    whole = ids(look(sort=Sorting.SCORE))
    parts = [number for offset in range(0, N, 5) for number in ids(look(sort=Sorting.SCORE, offset=offset, limit=5))]
    assert whole == parts
    assert [] == ids(look(offset=N))


@pytest.mark.parametrize("view", [{"candidate": "c:1b"}, {"better": "a:1b", "worse": "nobody"}, {"metric": "bleu"}])
def test_unknown_names(look: Look, view: dict[str, object]) -> None:
    with pytest.raises(UnknownNameError):
        look(**view)


def test_a_run_without_any_answer(store: Store) -> None:
    store_run(store, candidate("a:1b", {}), cases=cases_of(3), run_id="empty", scored=False)
    page = matrix_page(store, "empty", MatrixView(showing=Showing.MISSING), in_use=FiguresInUse())
    assert 3 == page.n_selected
    assert {Mark.MISSING} == {row.cells[0].marks for row in page.rows}
    for view in (MatrixView(showing=Showing.NOBODY), MatrixView(showing=Showing.DISAGREE)):
        assert 0 == matrix_page(store, "empty", view, in_use=FiguresInUse()).n_selected


def test_figures_of_a_run_are_read_once_by_whoever_looks_at_the_same_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = cases_of(N)
    for number in range(3):
        store_run(store, candidate("a:1b", right_on(cases, A)), cases=cases, run_id=f"run-{number}")
    read: list[str] = []
    gate = threading.Barrier(4)

    def slowly(*args: Any) -> MatrixFigures:
        read.append(args[1].plan.run_id)
        time.sleep(0.05)
        return read_figures(*args)

    monkeypatch.setattr(page, "read_figures", slowly)
    monkeypatch.setattr(page, "current_state", lambda store, run_id: f"state of {run_id}")
    in_use = FiguresInUse(most_cells=2 * N)

    def look(run_id: str) -> int:
        gate.wait()
        return matrix_page(store, run_id, MatrixView(), in_use=in_use).n_cases

    with ThreadPoolExecutor(4) as people:
        assert [N] * 4 == list(people.map(look, ["run-0"] * 4))
    assert ["run-0"] == read
    for run_id in ("run-1", "run-0", "run-2", "run-0", "run-1"):
        matrix_page(store, run_id, MatrixView(), in_use=in_use)
    assert ["run-0", "run-1", "run-2", "run-1"] == read


def test_figures_are_kept_before_the_last_who_waited_for_them_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = cases_of(N)
    store_run(store, candidate("a:1b", right_on(cases, A)), cases=cases, run_id="run-0")
    read: list[str] = []

    def count(*args: Any) -> MatrixFigures:
        read.append(args[1].plan.run_id)
        return read_figures(*args)

    monkeypatch.setattr(page, "read_figures", count)
    monkeypatch.setattr(page, "current_state", lambda store, run_id: f"state of {run_id}")
    in_use = FiguresInUse()

    class WithSomebodyAfterIt(SharedReadings):
        """Has somebody else look at the moment at which a reading is over."""

        def get(self, name: Hashable, read_one: Callable[[], Any]) -> Any:
            value = super().get(name, read_one)
            if len(read) == 1:
                matrix_page(store, "run-0", MatrixView(), in_use=in_use)
            return value

    monkeypatch.setattr(in_use, "_readings", WithSomebodyAfterIt())
    matrix_page(store, "run-0", MatrixView(), in_use=in_use)
    assert ["run-0"] == read


def test_cases_on_which_half_are_right_differ_most(store: Store) -> None:
    cases = cases_of(4)
    rights = [(0, 2), (0, 2, 3), (0, 2, 3), (0, 1, 2, 3)]  # case 1: one of four, case 3: three of four
    sides = [candidate(f"m{i}:1b", right_on(cases, right)) for i, right in enumerate(rights)]
    sides[0] = candidate("m0:1b", right_on(cases, (0, 3)))  # case 2: three of four, case 3: all
    sides[1] = candidate("m1:1b", right_on(cases, (0, 3)))  # case 2: two of four
    store_run(store, *sides, cases=cases, run_id="halves")

    view = MatrixView(sort=Sorting.DISAGREEMENT, descending=True)
    page = matrix_page(store, "halves", view, in_use=FiguresInUse())

    assert [2, 1, 0, 3] == ids(page)
