"""Case selection for review: cases on which candidates differ, flipped cases, and a random sample.

Controls are drawn first, from all cases: only then do they represent the whole benchmark.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement
from math import comb

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import ConfigurationError
from evaluation.formatting import listed, quantity

Matrix = NDArray[np.float64]

DISAGREEMENT, FLIP, CONTROL, FURTHER = "disagreement", "flip", "control", "further"
CHOSEN = "chosen"
"""Reason of the cases of a review that shows exactly those that a person chose."""
MOST_CHOSEN = 500
MOST_OUTPUTS = 4
"""Outputs shown side by side; with more candidates, each case shows a subset."""
RIGHT = 0.5
"""Value from which an answer counts as right where a binary decision is needed."""
_DIGITS = 12
_MOST_OPTIONS = 200
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStatistics:
    """Statistics of a case before review."""

    case_id: str
    sides: tuple[int, ...]
    """Indices of the sides that have an answer to it."""
    values: Mapping[int, float]
    """Headline value of each of these sides, where it has one."""
    n_wordings: int | None = None
    """Number of distinct answers; None if values are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedCase:
    """A selected case with the reason."""

    seen: CaseStatistics
    reason: str
    why: str


def spread_of(seen: CaseStatistics) -> float:
    """Return how far apart the candidates are on a case; 0 where they are equal."""
    if seen.n_wordings is not None:
        return float(seen.n_wordings - 1)
    return max(seen.values.values()) - min(seen.values.values()) if seen.values else 0.0


def flip_of(seen: CaseStatistics, changed: Sequence[tuple[int, int]]) -> float:
    """Return how far a case flipped; 0 where it did not.

    Args:
        seen: The case.
        changed: Sides that are one model in two runs. Empty: a flip is one candidate right and another wrong.
    """
    pairs = changed or [
        (a, b) for a, b in combinations(seen.values, 2) if (seen.values[a] >= RIGHT) != (seen.values[b] >= RIGHT)
    ]
    return max((abs(seen.values[a] - seen.values[b]) for a, b in pairs if {a, b} <= seen.values.keys()), default=0.0)


def pick(
    cases: Sequence[CaseStatistics],
    n: int,
    *,
    flip_share: float,
    control_share: float,
    changed: Sequence[tuple[int, int]] = (),
    rng: "np.random.Generator",
) -> list[SelectedCase]:
    """Return at most `n` cases in the order in which they are shown, which does not reveal why they were picked.

    Where one kind has too few cases, the next one fills its place; in the end, any case does.

    Args:
        cases: All that can be shown, in an order that never changes.
        n: Maximum number of cases.
        flip_share: Share of all cases to take from those that flipped.
        control_share: Share of all cases to draw at random from all.
        changed: Sides that are one model in two runs.
        rng: Seed it to pick the same again.
    """
    drawn = [cases[place] for place in rng.permutation(len(cases))]
    n = min(n, len(drawn))
    n_controls = round(n * control_share)
    n_flips = min(n - n_controls, round(n * flip_share))
    selected = {
        seen.case_id: SelectedCase(seen=seen, reason=CONTROL, why="drawn from all cases") for seen in drawn[:n_controls]
    }

    def take(
        reason: str, n_cases: int, size: Callable[[CaseStatistics], float], why: Callable[[CaseStatistics], str]
    ) -> None:
        left = [seen for seen in drawn if seen.case_id not in selected and size(seen) > 0]
        left.sort(key=lambda seen: -round(size(seen), _DIGITS))  # stable: equals stay as they were drawn
        for seen in left[: max(0, n_cases)]:
            selected[seen.case_id] = SelectedCase(seen=seen, reason=reason, why=why(seen))

    def flip(seen: CaseStatistics) -> float:
        return flip_of(seen, changed)

    def why_flipped(seen: CaseStatistics) -> str:
        return "a model's value changed between runs" if changed else "one candidate is right, another wrong"

    take(DISAGREEMENT, n - n_controls - n_flips, spread_of, _why_apart)
    take(FLIP, n - len(selected), flip, why_flipped)
    take(DISAGREEMENT, n - len(selected), spread_of, _why_apart)
    take(FURTHER, n - len(selected), lambda _: 1.0, lambda _: "no other case differs or flipped")
    shown = list(selected.values())
    return [shown[place] for place in rng.permutation(len(shown))]


def chosen_cases(
    cases: Sequence[CaseStatistics], case_ids: Sequence[str], *, rng: "np.random.Generator"
) -> list[SelectedCase]:
    """Return the cases of these ids in the random order in which they are shown.

    Raises:
        ConfigurationError: too many, or one that cannot be shown.
    """
    if len(case_ids) > MOST_CHOSEN:
        raise ConfigurationError(
            f"{len(case_ids):,} cases are more than people rate", f"Choose at most {MOST_CHOSEN}, by a filter."
        )
    by_id = {case.case_id: case for case in cases}
    absent = [case_id for case_id in case_ids if case_id not in by_id]
    if absent:
        raise ConfigurationError(
            f"two candidates at least must have answered a case, and did not answer {listed(absent, _MOST_NAMED)}",
            "Leave these cases out.",
        )
    drawn = [by_id[case_ids[place]] for place in rng.permutation(len(case_ids))]
    return [SelectedCase(seen=seen, reason=CHOSEN, why="chosen by a person") for seen in drawn]


def _why_apart(seen: CaseStatistics) -> str:
    if seen.n_wordings is not None:
        return f"{seen.n_wordings} different answers"
    return f"values from {quantity(min(seen.values.values()))} to {quantity(max(seen.values.values()))}"


def choose_sides(
    picked: Sequence[SelectedCase], size: int, n_sides: int, *, rng: "np.random.Generator"
) -> list[tuple[int, ...]]:
    """Return the sides that each case shows, in the random order of showing; each side appears about equally often.

    Args:
        picked: The cases, each with at least `size` sides.
        size: Maximum number of sides that a case shows.
        n_sides: Total number of sides.
        rng: Seed it to choose the same again.
    """
    met = np.zeros((n_sides, n_sides))
    chosen = []
    for case in picked:
        options = _options(case.seen.sides, size, rng)
        best = min(options, key=lambda option: (_times_met(met, option), -_apart(case.seen, option)))
        for a, b in combinations_with_replacement(best, 2):
            met[a, b] += 1
        chosen.append(tuple(best[place] for place in rng.permutation(len(best))))
    return chosen


def _options(sides: tuple[int, ...], size: int, rng: "np.random.Generator") -> list[tuple[int, ...]]:
    """Return the ways to choose that many sides, in random order: all, or a sample where there are many."""
    if comb(len(sides), size) > _MOST_OPTIONS:
        return [tuple(sorted(rng.choice(sides, size, replace=False).tolist())) for _ in range(_MOST_OPTIONS)]
    options = list(combinations(sides, min(size, len(sides))))
    return [options[place] for place in rng.permutation(len(options))]


def _times_met(met: Matrix, option: Sequence[int]) -> float:
    return sum(float(met[a, b]) for a, b in combinations_with_replacement(option, 2))


def _apart(seen: CaseStatistics, option: Sequence[int]) -> float:
    values = [seen.values[side] for side in option if side in seen.values]
    return round(max(values) - min(values), _DIGITS) if values else 0.0
