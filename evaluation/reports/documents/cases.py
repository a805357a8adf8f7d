"""The cases of a report with the answers of all candidates, as many as its format has room for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape

from evaluation.answer_matrix.cells import MatrixCell
from evaluation.answer_matrix.figures import Mark, metrics_of
from evaluation.answer_matrix.page import FiguresInUse, MatrixPage, matrix_page
from evaluation.answer_matrix.selection import MatrixView, Sorting
from evaluation.formatting import counted
from evaluation.metrics.metric_facts import higher_is_better
from evaluation.reports.documents.report import CaseTable, ReportAnswer, ReportCase
from evaluation.results.comparisons import ComparisonResult
from evaluation.store.runs import find_run
from evaluation.store.session import Store

_MARKS = ((Mark.SERVER_FAILED, "server failed"), (Mark.FAILED_ITSELF, "failed by itself"), (Mark.CUT, "cut off"))
_MISSING = "not stored"
_SHORTER = (1000, 500, 280)
"""Characters to which answers are shortened, one after the other, until all cases fit."""
_CELL_BYTES = 190
"""What a cell takes besides its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRoom:
    """How much of the cases a format shows."""

    n_cases: int
    answer_length: int
    """Characters of an answer at most."""
    question_length: int
    n_bytes: int
    """Of all cases together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswersOf:
    """Candidates of a run whose answers are shown."""

    run_id: str
    names: tuple[tuple[str, str], ...]
    """A candidate's label in the run, and how the report names it; empty: all candidates, by their labels."""


def answers_of_comparison(result: ComparisonResult) -> tuple[AnswersOf, ...]:
    """Return whose answers a comparison is about; empty where a side has several candidates."""
    if any(len(side.members) != 1 for side in result.sides):
        return ()
    members = [(side.members[0], side.label) for side in result.sides]
    runs = dict.fromkeys(member.run_id for member, _ in members)
    return tuple(
        AnswersOf(
            run_id=run_id,
            names=tuple((member.candidate, label) for member, label in members if member.run_id == run_id),
        )
        for run_id in runs
    )


def case_table(store: Store, sources: Sequence[AnswersOf], room: CaseRoom) -> CaseTable | None:
    """Return the cases of runs of one benchmark with the answers of all candidates; None without any.

    Where there is no room for all, those on which the scores differ most come first; of one candidate, those with its
    worst scores.
    """
    if not sources or not room.n_cases:
        return None
    pages = [_page(store, source, room, is_alone=len(sources) == 1) for source in sources]
    first = pages[0]
    if not first.rows:
        return None
    columns = [_columns(page, source) for page, source in zip(pages, sources, strict=True)]
    if any(place is None for of_page in columns for place, _ in of_page):
        return None
    cases = _merged(pages, [[place for place, _ in of_page if place is not None] for of_page in columns])
    n_cases = max(page.n_cases for page in pages)
    if len(cases) > room.n_cases:
        cases = sorted(cases, key=_spread, reverse=True)[: room.n_cases]
    table = CaseTable(
        metric=first.metric,
        labels=tuple(name for of_page in columns for _, name in of_page),
        cases=tuple(cases),
        n_cases=n_cases,
        left_out="",
    )
    return _fitting(table, room)


def _page(store: Store, source: AnswersOf, room: CaseRoom, *, is_alone: bool) -> MatrixPage:
    run = find_run(store, source.run_id)
    in_use, view = FiguresInUse(), MatrixView()
    metric, signature = next(iter(metrics_of(run).items()))
    if is_alone and run.plan.n_cases > room.n_cases:
        is_pair = len(run.candidates) > 1
        view = MatrixView(
            sort=Sorting.DISAGREEMENT if is_pair else Sorting.SCORE,
            descending=is_pair or not higher_is_better(metric, signature),
        )
    return matrix_page(
        store,
        source.run_id,
        view,
        in_use=in_use,
        limit=room.n_cases if is_alone else run.plan.n_cases,
        answer_length=room.answer_length,
        question_length=room.question_length,
    )


def _columns(page: MatrixPage, source: AnswersOf) -> list[tuple[int | None, str]]:
    """Return where each candidate stands in the page, and how the report names it."""
    names = source.names or tuple((label, label) for label in page.labels)
    return [(page.labels.index(label) if label in page.labels else None, name) for label, name in names]


def _merged(pages: Sequence[MatrixPage], places: Sequence[Sequence[int]]) -> list[ReportCase]:
    """Return the cases of the first run that all others have too, with the answers of all."""
    others = [{row.case_id: row for row in page.rows} for page in pages[1:]]
    cases = []
    for row in pages[0].rows:
        rows = [row, *(of_page[row.case_id] for of_page in others if row.case_id in of_page)]
        if len(rows) == len(pages):
            cells = [each.cells[place] for each, of_page in zip(rows, places, strict=True) for place in of_page]
            cases.append(
                ReportCase(
                    case_id=row.case_id,
                    question=row.question,
                    tags=row.tags,
                    answers=tuple(_answer(cell) for cell in cells),
                )
            )
    return cases


def _answer(cell: MatrixCell) -> ReportAnswer:
    marks = [word for mark, word in _MARKS if mark & cell.marks]
    return ReportAnswer(
        text=cell.text,
        is_whole=cell.is_whole,
        score=cell.score,
        mark=_MISSING if Mark.MISSING & cell.marks else ", ".join(marks),
        standing=cell.standing.value,
    )


def _spread(case: ReportCase) -> float:
    scores = [answer.score for answer in case.answers if answer.score is not None]
    return max(scores) - min(scores) if scores else -1.0


def _fitting(table: CaseTable, room: CaseRoom) -> CaseTable:
    """Return the table with shorter answers, then with fewer cases, until it fits."""
    length = room.answer_length
    for length in (room.answer_length, *(each for each in _SHORTER if each < room.answer_length)):
        table = replace(table, cases=tuple(_shortened(case, length) for case in table.cases))
        if (n_bytes := _bytes_of(table.cases)) <= room.n_bytes:
            break
    else:
        n_fitting = max(1, int(len(table.cases) * room.n_bytes / n_bytes))
        table = replace(table, cases=tuple(sorted(table.cases, key=_spread, reverse=True)[:n_fitting]))
    return with_fewer_cases(table, len(table.cases), answer_length=length)


def with_fewer_cases(table: CaseTable, n_cases: int, *, answer_length: int | None = None) -> CaseTable:
    """Return the table with its first cases alone, and a sentence on what is left out.

    Args:
        table: The table.
        n_cases: Cases to keep.
        answer_length: Characters after which its answers are cut; None: what the table says of that stays.
    """
    cases = table.cases[:n_cases]
    words = []
    if len(cases) < table.n_cases:
        worst = "where the scores differ most" if len(table.labels) > 1 else "with the worst scores"
        words.append(f"{len(cases):,} of {counted(table.n_cases, 'case')}, those {worst}; the Excel report has all.")
    is_cut = any(not answer.is_whole for case in cases for answer in case.answers)
    if is_cut and answer_length is not None:
        words.append(f"Answers of more than {answer_length:,} characters are cut here.")
    elif is_cut and (end := table.left_out.find("Answers of more")) >= 0:
        words.append(table.left_out[end:])
    return replace(table, cases=cases, left_out=" ".join(words))


def _shortened(case: ReportCase, length: int) -> ReportCase:
    if all(len(answer.text) <= length for answer in case.answers):
        return case
    return replace(
        case,
        answers=tuple(
            answer if len(answer.text) <= length else replace(answer, text=answer.text[:length], is_whole=False)
            for answer in case.answers
        ),
    )


def _bytes_of(cases: Sequence[ReportCase]) -> int:
    """Return about how long the cases are as HTML."""
    return sum(
        _CELL_BYTES
        + len(escape(case.question).encode("utf-8", "replace"))
        + sum(_CELL_BYTES + len(escape(answer.text).encode("utf-8", "replace")) for answer in case.answers)
        for case in cases
    )
