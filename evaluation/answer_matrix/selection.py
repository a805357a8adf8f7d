"""Which cases a view of the matrix shows, and in which order."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from evaluation.answer_matrix.figures import Mark, MatrixFigures, Reals
from evaluation.errors import UnknownNameError

Positions = NDArray[np.intp]


class Sorting(StrEnum):
    """What the cases are sorted by."""

    CASE = "case"
    SCORE = "score"
    DISAGREEMENT = "disagreement"
    LENGTH = "length"
    LATENCY = "latency"
    TOKENS = "tokens"


class Showing(StrEnum):
    """Which cases are shown, by what happened to an answer to them."""

    ALL = "all"
    DISAGREE = "disagree"
    """The candidates' scores differ."""
    NOBODY = "nobody"
    """No candidate has the best score of the run."""
    SERVER_FAILED = "server_failed"
    FAILED_ITSELF = "failed_itself"
    CUT = "cut"
    WAITED_FOR_LOAD = "waited_for_load"
    MISSING = "missing"


_MARK_OF = {
    Showing.SERVER_FAILED: Mark.SERVER_FAILED,
    Showing.FAILED_ITSELF: Mark.FAILED_ITSELF,
    Showing.CUT: Mark.CUT,
    Showing.WAITED_FOR_LOAD: Mark.WAITED_FOR_LOAD,
    Showing.MISSING: Mark.MISSING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixView:
    """What somebody wants to see of a run's answers."""

    text: str = ""
    """Only cases with this text in their id, their question or an answer."""
    tag: str = ""
    """Only cases with this tag."""
    showing: Showing = Showing.ALL
    better: str = ""
    """Only cases on which this candidate has a better score than `worse`."""
    worse: str = ""
    equal: bool = False
    """Of these two, the cases on which they have the same score instead."""
    candidate: str = ""
    """The candidate that `showing` and `sort` are about; empty: all of them."""
    sort: Sorting = Sorting.CASE
    descending: bool = False


def select_cases(figures: MatrixFigures, view: MatrixView, *, among: Set[str] | None = None) -> Positions:
    """Return the positions of the cases of a view, in its order.

    Args:
        figures: Those of the run.
        view: What to show. Its text and its tag are looked up by the caller.
        among: Only these cases; None: all.

    Raises:
        UnknownNameError: the run has no such candidate.
    """
    rows = _rows(figures, view)
    chosen = np.ones(len(figures.case_ids), dtype=bool)
    if among is not None:
        chosen &= np.fromiter((case_id in among for case_id in figures.case_ids), bool, len(figures.case_ids))
    if view.showing in _MARK_OF:
        chosen &= _is_marked(figures, view).any(axis=0)
    elif view.showing is Showing.DISAGREE:
        chosen &= _spread(figures.scores) > 0
    elif view.showing is Showing.NOBODY:
        chosen &= _nobody_is_best(figures)
    if view.better and view.worse:
        is_chosen = _is_equal if view.equal else _is_better
        chosen &= is_chosen(figures, _row(figures, view.better), _row(figures, view.worse))
    positions = np.flatnonzero(chosen)
    if view.sort is Sorting.CASE:
        return positions[::-1] if view.descending else positions
    return _sorted(positions, _KEYS[view.sort](figures, rows)[positions], descending=view.descending)


def _rows(figures: MatrixFigures, view: MatrixView) -> list[int]:
    """Return the rows of the candidates that a view is about."""
    return [_row(figures, view.candidate)] if view.candidate else list(range(len(figures.labels)))


def _is_marked(figures: MatrixFigures, view: MatrixView) -> NDArray[np.bool_]:
    """Return which answers of the view's candidates have the mark that it shows, candidates × cases."""
    is_marked: NDArray[np.bool_] = (figures.marks[_rows(figures, view)] & _MARK_OF[view.showing]) != 0
    return is_marked


def _row(figures: MatrixFigures, label: str) -> int:
    row = figures.row_of(label)
    if row is None:
        raise UnknownNameError("candidate", label, figures.labels)
    return row


def _sorted(positions: Positions, keys: Reals, *, descending: bool) -> Positions:
    """Return the positions by their keys, those without one at the end; equal ones keep the order of the benchmark."""
    has_none = np.isnan(keys)
    order = np.lexsort((positions, -keys if descending else keys, has_none))
    return positions[order]


def _mean(values: Reals, rows: list[int]) -> Reals:
    some = values[rows]
    n = (~np.isnan(some)).sum(axis=0)
    with np.errstate(invalid="ignore"):
        means: Reals = np.nansum(some, axis=0) / np.where(n == 0, np.nan, n)
    return means


def _spread(scores: Reals) -> Reals:
    """Return the difference between the greatest and the least score of each case; 0 where there is one score."""
    if not len(scores):
        return np.zeros(scores.shape[1])
    greatest = np.where(np.isnan(scores), -np.inf, scores).max(axis=0)
    least = np.where(np.isnan(scores), np.inf, scores).min(axis=0)
    spread: Reals = np.where(np.isfinite(greatest), greatest - least, 0.0)
    return spread


def _deviation(scores: Reals) -> Reals:
    """Return the standard deviation of each case's scores: of right and wrong it is greatest where half are right."""
    is_scored = ~np.isnan(scores)
    n = np.maximum(is_scored.sum(axis=0), 1)
    means = np.nansum(scores, axis=0) / n
    deviation: Reals = np.sqrt(np.where(is_scored, (scores - means) ** 2, 0.0).sum(axis=0) / n)
    return deviation


def _nobody_is_best(figures: MatrixFigures) -> NDArray[np.bool_]:
    worst = -np.inf if figures.higher_is_better else np.inf
    scores = np.where(np.isnan(figures.scores), worst, figures.scores)
    best_of_cases = (np.max if figures.higher_is_better else np.min)(scores, axis=0, initial=worst)
    best_of_run = (np.max if figures.higher_is_better else np.min)(best_of_cases, initial=worst)
    nobody: NDArray[np.bool_] = np.isfinite(best_of_cases) & (best_of_cases != best_of_run)
    return nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class PairCounts:
    """How often each candidate of a run has a better score than each other one, and how often the same."""

    metric: str
    labels: tuple[str, ...]
    better: tuple[tuple[int, ...], ...]
    """Cases on which the candidate of the row has a better score than that of the column."""
    equal: tuple[tuple[int, ...], ...]
    """Cases on which both have the same score."""


def pair_counts(figures: MatrixFigures) -> PairCounts:
    """Return the counts of all pairs of candidates."""
    rows = range(len(figures.labels))
    return PairCounts(
        metric=figures.metric,
        labels=figures.labels,
        better=tuple(tuple(int(_is_better(figures, a, b).sum()) for b in rows) for a in rows),
        equal=tuple(tuple(int(_is_equal(figures, a, b).sum()) for b in rows) for a in rows),
    )


def count_marked(figures: MatrixFigures, view: MatrixView, positions: Positions) -> int | None:
    """Return how many answers of these cases have what the view shows cases of; None: it is nothing of an answer."""
    if view.showing not in _MARK_OF:
        return None
    return int(_is_marked(figures, view)[:, positions].sum())


def _is_better(figures: MatrixFigures, better: int, worse: int) -> NDArray[np.bool_]:
    first, second = figures.scores[better], figures.scores[worse]
    with np.errstate(invalid="ignore"):
        is_better: NDArray[np.bool_] = (first > second) if figures.higher_is_better else (first < second)
    return is_better


def _is_equal(figures: MatrixFigures, first: int, second: int) -> NDArray[np.bool_]:
    is_equal: NDArray[np.bool_] = figures.scores[first] == figures.scores[second]
    return is_equal


_KEYS: Mapping[Sorting, Callable[[MatrixFigures, list[int]], Reals]] = {
    Sorting.SCORE: lambda figures, rows: _mean(figures.scores, rows),
    Sorting.DISAGREEMENT: lambda figures, rows: _deviation(figures.scores),
    Sorting.LENGTH: lambda figures, rows: _mean(figures.characters, rows),
    Sorting.LATENCY: lambda figures, rows: _mean(figures.seconds, rows),
    Sorting.TOKENS: lambda figures, rows: _mean(figures.tokens, rows),
}
