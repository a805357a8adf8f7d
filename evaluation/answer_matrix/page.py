"""A page of the matrix: the rows that are shown, with the beginnings of their texts."""

import threading
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from evaluation.answer_matrix.cells import MatrixCell, Standing
from evaluation.answer_matrix.figures import Mark, MatrixFigures, metrics_of, read_figures
from evaluation.answer_matrix.questions import QuestionsInUse, question_of
from evaluation.answer_matrix.selection import (
    MatrixView,
    PairCounts,
    Positions,
    count_marked,
    pair_counts,
    select_cases,
)
from evaluation.answer_parts import AnswerParts, answer_parts
from evaluation.errors import UnknownNameError
from evaluation.formatting import excerpt
from evaluation.metrics.metric_facts import reads_a_part
from evaluation.records.runs import RunRecord
from evaluation.shared_readings import SharedReadings
from evaluation.store.annotations import count_notes
from evaluation.store.answer_cells import AnswerBeginning, answer_beginnings, cases_with_text
from evaluation.store.answer_tags import cases_with_tag, tags_of_cases, tags_of_run
from evaluation.store.benchmarks import load_cases
from evaluation.store.kept_readings import current_state
from evaluation.store.runs import find_run
from evaluation.store.session import Store

BEGINNING = 280
"""Characters of an answer that a cell shows."""
QUESTION = 400
MOST_COUNTED = 12
"""Candidates of a run above which no page says how often one is better than another."""
_MOST_CELLS = 2_000_000
"""Answers whose figures are kept: 33 bytes each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRow:
    """A case with all answers to it."""

    position: int
    """Place in the view, from 0."""
    case_id: str
    question: str
    """Beginning of the question."""
    tags: tuple[str, ...]
    """Tags of the benchmark."""
    given_tags: tuple[str, ...]
    """Tags that people gave the case."""
    n_notes: int
    """Notes that people wrote on the whole case."""
    cells: tuple[MatrixCell, ...]
    """In the order of the candidates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixPage:
    """Some rows of a view."""

    run_id: str
    benchmark: str
    metric: str
    metrics: tuple[str, ...]
    """Metrics of the run by name."""
    labels: tuple[str, ...]
    given_tags: Mapping[str, int]
    """Tags that people gave in the run, with the number of their cases."""
    n_cases: int
    """Cases of the run."""
    n_selected: int
    """Cases of the view."""
    n_marked: int | None
    """Their answers that have what the view shows cases of, such as being cut; None: it is nothing of an answer."""
    pairs: PairCounts | None
    """Who is better on how many cases of the run; None for one candidate, and for more than `MOST_COUNTED`."""
    offset: int
    rows: tuple[MatrixRow, ...]


class FiguresInUse:
    """Figures of the runs that people look at; those of small runs and of runs that go on are read each time."""

    def __init__(self, *, most_cells: int = _MOST_CELLS) -> None:
        self._lock, self._most_cells = threading.Lock(), most_cells
        self._kept: dict[Hashable, MatrixFigures] = {}
        self._readings, self.questions = SharedReadings(), QuestionsInUse()

    def get(self, store: Store, run: RunRecord, metric: str, signature: str) -> MatrixFigures:
        """Return the figures of a run's answers; of several people who look at it at once, one waits for the other."""
        state = current_state(store, run.plan.run_id)
        if state is None:
            return read_figures(store, run, metric, signature)
        key = (store.url, run.plan.run_id, signature, state)

        def read() -> MatrixFigures:
            """Return what somebody has kept meanwhile, else read it, and keep it while others still wait for it."""
            figures = self._kept.get(key) or read_figures(store, run, metric, signature)
            self._keep(key, figures)
            return figures

        figures = self._kept.get(key)
        if figures is None:
            return self._readings.get(key, read)
        self._keep(key, figures)
        return figures

    def with_text(self, store: Store, figures: MatrixFigures, text: str) -> Set[str]:
        """Return the ids of the cases of which an answer contains the text; of several who ask for it one reads."""
        of_run = figures.run_candidate_ids
        return self._readings.get((store.url, figures.run_id, text), lambda: cases_with_text(store, of_run, text))

    def _keep(self, key: Hashable, figures: MatrixFigures) -> None:
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = figures
            while len(self._kept) > 1 and sum(each.marks.size for each in self._kept.values()) > self._most_cells:
                del self._kept[next(iter(self._kept))]


def matrix_page(
    store: Store,
    run_id: str,
    view: MatrixView,
    *,
    in_use: FiguresInUse,
    metric: str = "",
    offset: int = 0,
    limit: int = 100,
    answer_length: int = BEGINNING,
    question_length: int = QUESTION,
) -> MatrixPage:
    """Return some rows of a view of a run's answers.

    Args:
        store: The results.
        run_id: Id of the run, the beginning of one, or `last`.
        view: Which cases, in which order.
        in_use: Figures that were read already.
        metric: Name of the metric of the scores; empty: the one that ranks the run's candidates.
        offset: Place in the view of the first row.
        limit: Number of rows at most.
        answer_length: Characters of an answer at most.
        question_length: Characters of a question at most.

    Raises:
        UnknownNameError: no such run, candidate or metric.
    """
    run = find_run(store, run_id)
    figures, positions = _selected(store, run, view, in_use=in_use, metric=metric)
    return MatrixPage(
        run_id=run.plan.run_id,
        benchmark=run.plan.benchmark_name,
        metric=figures.metric,
        metrics=tuple(metrics_of(run)),
        labels=figures.labels,
        given_tags=tags_of_run(store, run.plan.run_id),
        n_cases=len(figures.case_ids),
        n_selected=len(positions),
        n_marked=count_marked(figures, view, positions),
        pairs=_pairs(figures),
        offset=offset,
        rows=tuple(
            _rows(
                store,
                run,
                figures,
                positions[offset : offset + limit],
                offset,
                answer_length=answer_length,
                question_length=question_length,
            )
        ),
    )


def run_pairs(store: Store, run_id: str, *, in_use: FiguresInUse) -> PairCounts | None:
    """Return who is better on how many cases of a run by its headline; None where `MatrixPage` has no such counts.

    Raises:
        UnknownNameError: no such run.
    """
    run = find_run(store, run_id)
    if not 1 < len(run.candidates) <= MOST_COUNTED:
        return None
    return _pairs(_figures(store, run, in_use))


def _pairs(figures: MatrixFigures) -> PairCounts | None:
    return pair_counts(figures) if 1 < len(figures.labels) <= MOST_COUNTED else None


def case_ids_of_view(
    store: Store, run_id: str, view: MatrixView, *, in_use: FiguresInUse, metric: str = ""
) -> tuple[str, ...]:
    """Return the ids of all cases of a view, in its order; the arguments are those of `matrix_page`.

    Raises:
        UnknownNameError: no such run, candidate or metric.
    """
    figures, positions = _selected(store, find_run(store, run_id), view, in_use=in_use, metric=metric)
    return tuple(figures.case_ids[position] for position in positions)


def _selected(
    store: Store, run: RunRecord, view: MatrixView, *, in_use: FiguresInUse, metric: str
) -> tuple[MatrixFigures, Positions]:
    """Return the figures of a run's answers, and the positions of the cases of a view in its order."""
    figures = _figures(store, run, in_use, metric)
    return figures, select_cases(figures, view, among=_named_cases(store, run, figures, view, in_use))


def _figures(store: Store, run: RunRecord, in_use: FiguresInUse, metric: str = "") -> MatrixFigures:
    metrics = metrics_of(run)
    metric = metric or next(iter(metrics))
    if metric not in metrics:
        raise UnknownNameError(f"metric of run {run.plan.run_id}", metric, list(metrics))
    return in_use.get(store, run, metric, metrics[metric])


def _named_cases(
    store: Store, run: RunRecord, figures: MatrixFigures, view: MatrixView, in_use: FiguresInUse
) -> Set[str] | None:
    """Return the cases with the text and the tag of the view; None: it has neither."""
    if not view.text and not view.tag:
        return None
    cases = in_use.questions.get(store, run.plan.benchmark_version)
    among: Set[str] | None = None
    if view.text:
        with_question = {case.case_id for case in cases if view.text.casefold() in case.text}
        among = in_use.with_text(store, figures, view.text) | with_question
    if view.tag:
        tagged = {case.case_id for case in cases if view.tag in case.tags}
        tagged |= cases_with_tag(store, run.plan.run_id, view.tag)
        among = tagged if among is None else among & tagged
    return among


def _rows(
    store: Store,
    run: RunRecord,
    figures: MatrixFigures,
    positions: Positions,
    offset: int,
    *,
    answer_length: int,
    question_length: int,
) -> Iterator[MatrixRow]:
    case_ids = [figures.case_ids[position] for position in positions]
    cases = {case.case_id: case for case in load_cases(store, run.plan.benchmark_version, case_ids)}
    beginnings = {
        (each.run_candidate_id, each.case_id): each
        for each in answer_beginnings(
            store, figures.run_candidate_ids, case_ids, figures.signature, length=answer_length
        )
    }
    written = _WrittenTexts.of(store, run.plan.run_id, case_ids)
    for place, (position, case_id) in enumerate(zip(positions, case_ids, strict=True)):
        case = cases[case_id]
        standings = _standings(figures, int(position))
        yield MatrixRow(
            position=offset + place,
            case_id=case_id,
            question=excerpt(question_of(case), question_length),
            tags=case.tags,
            given_tags=written.tags[case_id, None],
            n_notes=written.n_notes[case_id, None],
            cells=tuple(
                _cell(figures, row, int(position), beginnings.get((run_candidate_id, case_id)), standings[row], written)
                for row, run_candidate_id in enumerate(figures.run_candidate_ids)
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _WrittenTexts:
    """What people gave the cases of a page, by case and fingerprint; None stands for the whole case."""

    tags: Mapping[tuple[str, str | None], tuple[str, ...]]
    n_notes: Mapping[tuple[str, str | None], int]

    @classmethod
    def of(cls, store: Store, run_id: str, case_ids: Sequence[str]) -> "_WrittenTexts":
        tags: defaultdict[tuple[str, str | None], tuple[str, ...]] = defaultdict(tuple)
        for each in tags_of_cases(store, run_id, case_ids):
            tags[each.case_id, each.fingerprint] += (each.tag,)
        return cls(tags=tags, n_notes=count_notes(store, run_id))


def _standings(figures: MatrixFigures, position: int) -> list[Standing]:
    """Return how each score of a case stands to the best of them; where all are equal, to what the metric can be."""
    scores = [_number(value) for value in figures.scores[:, position]]
    values = {value for value in scores if value is not None}
    if len(values) > 1:
        best = (max if figures.higher_is_better else min)(values)
        standing = {value: Standing.BEST if value == best else Standing.LOWER for value in values}
    else:
        possible = ((figures.best_possible, Standing.BEST), (figures.worst_possible, Standing.LOWER))
        standing = {value: name for value, name in possible if value is not None}
    return [Standing.NONE if value is None else standing.get(value, Standing.NONE) for value in scores]


def _cell(
    figures: MatrixFigures,
    row: int,
    position: int,
    beginning: AnswerBeginning | None,
    standing: Standing,
    written: _WrittenTexts,
) -> MatrixCell:
    case_id, fingerprint = figures.case_ids[position], figures.fingerprints[row]
    return MatrixCell(
        text=beginning.text if beginning else "",
        is_whole=beginning.is_whole if beginning else True,
        parts=_parts(figures, beginning),
        read_as=beginning.rationale if beginning and reads_a_part(figures.metric) else None,
        score=_number(figures.scores[row, position]),
        label=beginning.label if beginning else None,
        seconds=_number(figures.seconds[row, position]),
        tokens=_number(figures.tokens[row, position]),
        marks=Mark(int(figures.marks[row, position])),
        standing=standing,
        fingerprint=fingerprint,
        given_tags=written.tags[case_id, fingerprint],
        n_notes=written.n_notes[case_id, fingerprint],
    )


def _parts(figures: MatrixFigures, beginning: AnswerBeginning | None) -> AnswerParts:
    if beginning is None:
        return AnswerParts(first="", folded="")
    end = "" if beginning.is_whole else beginning.end
    return answer_parts(beginning.text, end, reads_a_part=reads_a_part(figures.metric))


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
