"""Figures of all answers of a run as arrays, small enough to be kept while people look at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag
from itertools import chain, compress
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics.metric_facts import higher_is_better, value_range
from evaluation.records.labels import unique_labels
from evaluation.records.metric_keys import metric_keys
from evaluation.records.runs import RunRecord
from evaluation.store.answer_cells import AnswerFigures, iterate_figures_of_answers
from evaluation.store.run_cases import run_case_ids
from evaluation.store.session import Store

Reals = NDArray[np.float64]
Places = NDArray[np.intp]


class Mark(IntFlag):
    """What happened to the answers of a candidate on a case, in any repeat."""

    SERVER_FAILED = 1
    FAILED_ITSELF = 2
    CUT = 4
    WAITED_FOR_LOAD = 8
    FROM_EARLIER_RUN = 16
    MISSING = 32
    """No outcome is stored yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixFigures:
    """Figures by candidate (rows) and case (columns); with several repeats their means, NaN where there is none."""

    run_id: str
    metric: str
    """Name of the metric of the scores."""
    signature: str
    higher_is_better: bool
    best_possible: float | None
    """Best value that the metric can have; None: there is no such."""
    worst_possible: float | None
    labels: tuple[str, ...]
    run_candidate_ids: tuple[int, ...]
    fingerprints: tuple[str, ...]
    """Of the candidates."""
    case_ids: tuple[str, ...]
    scores: Reals
    seconds: Reals
    tokens: Reals
    """Tokens of the answers."""
    characters: Reals
    marks: NDArray[np.uint8]
    """Of `Mark`."""

    def row_of(self, label: str) -> int | None:
        """Return the row of a candidate; None: there is none of that label."""
        return self.labels.index(label) if label in self.labels else None


class _Sums:
    """Sums of a figure, and how many values they are of."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.total, self.n = np.zeros(shape), np.zeros(shape)

    def add(self, row: int, columns: Places, values: Sequence[float | None]) -> None:
        numbers = np.array(values, dtype=np.float64)  # None becomes NaN
        is_number = ~np.isnan(numbers)
        np.add.at(self.total[row], columns[is_number], numbers[is_number])
        np.add.at(self.n[row], columns[is_number], 1)

    def means(self) -> Reals:
        with np.errstate(invalid="ignore"):
            return self.total / np.where(self.n == 0, np.nan, self.n)


def metrics_of(run: RunRecord) -> dict[str, str]:
    """Return the signatures of the run's metrics by their names, the one that ranks its candidates first."""
    keys = metric_keys(run.plan.metrics)
    named = {keys[use.signature]: use.signature for use in run.plan.metrics}
    first = [name for name, signature in named.items() if _name_of(run, signature) == run.plan.headline]
    return {name: named[name] for name in dict.fromkeys([*first, *named])}


def _name_of(run: RunRecord, signature: str) -> str:
    return next(use.name for use in run.plan.metrics if use.signature == signature)


def read_figures(store: Store, run: RunRecord, metric: str, signature: str) -> MatrixFigures:
    """Read the figures of all answers of a run, with their scores on a metric."""
    best, worst = _possible(metric, signature)
    case_ids = tuple(chain.from_iterable(run_case_ids(store, run.plan.run_id)))
    place = {case_id: position for position, case_id in enumerate(case_ids)}
    labels = unique_labels(run)
    shape = (len(run.candidates), len(case_ids))
    sums = {name: _Sums(shape) for name in ("score", "seconds", "tokens", "characters")}
    marks = np.full(shape, Mark.MISSING, dtype=np.uint8)
    for row, candidate in enumerate(run.candidates):
        for figures in iterate_figures_of_answers(store, candidate.run_candidate_id, signature):
            columns = np.array([place.get(case_id, -1) for case_id in figures.case_id], dtype=np.intp)
            is_of_run = columns >= 0
            columns = columns[is_of_run]
            marks[row, columns] &= ~np.uint8(Mark.MISSING)
            np.bitwise_or.at(marks[row], columns, _marks(figures)[is_of_run])
            for name, sum_of in sums.items():
                sum_of.add(row, columns, list(compress(getattr(figures, name), is_of_run)))
    return MatrixFigures(
        run_id=run.plan.run_id,
        metric=metric,
        signature=signature,
        higher_is_better=higher_is_better(metric, signature),
        best_possible=best,
        worst_possible=worst,
        labels=tuple(labels[candidate.run_candidate_id] for candidate in run.candidates),
        run_candidate_ids=tuple(candidate.run_candidate_id for candidate in run.candidates),
        fingerprints=tuple(candidate.plan.candidate_fingerprint for candidate in run.candidates),
        case_ids=case_ids,
        scores=sums["score"].means(),
        seconds=sums["seconds"].means(),
        tokens=sums["tokens"].means(),
        characters=sums["characters"].means(),
        marks=marks,
    )


def _possible(metric: str, signature: str) -> tuple[float | None, float | None]:
    """Return the best and the worst value that a metric can have; None where there is no bound."""
    least, greatest = (value if isfinite(value) else None for value in value_range(metric.partition(" by ")[0]))
    return (greatest, least) if higher_is_better(metric, signature) else (least, greatest)


def _marks(figures: AnswerFigures) -> NDArray[np.uint8]:
    marks = np.zeros(len(figures.case_id), dtype=np.uint8)
    for mark, is_marked in (
        (Mark.SERVER_FAILED, figures.server_failed),
        (Mark.FAILED_ITSELF, figures.failed_itself),
        (Mark.CUT, figures.was_cut),
        (Mark.WAITED_FOR_LOAD, figures.waited_for_load),
        (Mark.FROM_EARLIER_RUN, figures.from_earlier_run),
    ):
        marks |= np.array(is_marked, dtype=np.uint8) * np.uint8(mark)
    return marks
