"""Measured quality of a candidate, and why the expected quality differs from it: as facts and as text."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from evaluation.formatting import counted, points, quantity
from selection.answers import Adjustments, Expected, MeasuredPart, MeasuredQuality
from selection.choosing.number_words import quality
from selection.scoreboard import Levels, TaskStanding

_SHOWN = 0.0005
"""Half of the last digit of a quality in percent: a smaller difference is not visible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """Facts of a candidate that do not depend on the question."""

    measured: MeasuredQuality
    n_missing: int
    """Number of parts (cases or tasks) that it was not asked."""
    filled_in: float
    other_tasks: float


def measured_of(standing: TaskStanding, place: int) -> MeasuredQuality | None:
    """Return the candidate's measured quality; None where nothing was measured."""
    measurement = _known_qualities(standing)[place]
    return None if measurement is None else measurement.measured


@lru_cache(maxsize=64)
def _known_qualities(standing: TaskStanding) -> tuple[_Known | None, ...]:
    """Return the facts of each candidate; cached, since a standing never changes and most questions repeat."""
    levels = standing.levels
    if levels is None:
        return (None,) * len(standing.n_measured)
    return tuple(
        None if math.isnan(value) else _known_quality(standing, levels, place)
        for place, value in enumerate(levels.measured.tolist())
    )


def _known_quality(standing: TaskStanding, levels: Levels, place: int) -> _Known:
    n_missing = (
        int((levels.n_by_part[place] == 0).sum())
        if levels.are_tasks
        else int(levels.n_cases.sum() - levels.n_by_part[place].sum())
    )
    measured = MeasuredQuality(
        value=float(levels.measured[place]),
        n_cases=int(standing.n_measured[place]),
        parts=tuple(_part(levels, place, part) for part in range(len(levels.parts))),
        over_tasks=levels.are_tasks,
    )
    return _Known(
        measured=measured,
        n_missing=n_missing,
        filled_in=round(float(levels.filled_in[place]), 9),
        other_tasks=round(float(levels.pulled[place]), 9),
    )


def n_not_asked(standing: TaskStanding, place: int) -> tuple[int, int, str]:
    """Return how many cases (or tasks) a candidate was not asked, of how many, and what they are called.

    Their part of its expected quality is imputed from the other candidates' results.
    """
    facts, levels = _known_qualities(standing)[place], standing.levels
    if facts is None or levels is None:
        return 0, 0, "case"
    if levels.are_tasks:
        return facts.n_missing, len(levels.parts), "task"
    return facts.n_missing, int(levels.n_cases.sum()), "case"


def _part(levels: Levels, place: int, part: int) -> MeasuredPart:
    value = float(levels.by_part[place, part])
    return MeasuredPart(
        name=levels.parts[part],
        value=None if math.isnan(value) else value,
        n_cases=int(levels.n_by_part[place, part]),
        n_answers=int(levels.n_answers[place, part]),
        of_n_cases=int(levels.n_cases[part]),
    )


def adjustments_of(standing: TaskStanding, place: int, expected: Expected, *, for_prompt: bool) -> Adjustments | None:
    """Return why the expectation differs from the measured quality; None where nothing was measured.

    Args:
        standing: Standing on the task, or over all tasks.
        place: Position of the candidate.
        expected: Its reported quality.
        for_prompt: Whether a selection model used the prompt.
    """
    measurement = _known_qualities(standing)[place]
    if measurement is None:
        return None
    # The rest: what the prompt adds, and what is cut off at the ends of what a quality can be.
    rest = round(expected.value - measurement.measured.value - measurement.filled_in - measurement.other_tasks, 9)
    return Adjustments(
        n_filled_in=measurement.n_missing,
        filled_in=measurement.filled_in if for_prompt else measurement.filled_in + rest,
        other_tasks=measurement.other_tasks,
        prompt=rest if for_prompt else None,
    )


def why_expected(adjustments: Adjustments | None, *, of_tasks: bool, is_fraction: bool) -> str:
    """Return text such as `-17.0 points by shrinkage towards …`; empty where the two do not differ."""
    if adjustments is None:
        return ""
    return ", ".join(_reasons(adjustments, of_tasks=of_tasks, is_fraction=is_fraction))


def difference_line(
    label: str, measured: MeasuredQuality | None, adjustments: Adjustments | None, *, is_fraction: bool
) -> str | None:
    """Return why the expected quality of a candidate differs from the measured one; None where it does not."""
    of_tasks = measured is not None and measured.over_tasks
    why = why_expected(adjustments, of_tasks=of_tasks, is_fraction=is_fraction)
    return f"{label}: expected differs from measured by {why}" if why else None


def _reasons(adjustments: Adjustments, *, of_tasks: bool, is_fraction: bool) -> Iterator[str]:
    shown = _SHOWN if is_fraction else 0.0
    if abs(adjustments.other_tasks) > shown:
        yield f"{_points(adjustments.other_tasks, is_fraction)} by shrinkage towards its results on other tasks"
    if adjustments.n_filled_in or abs(adjustments.filled_in) > shown:
        what = counted(adjustments.n_filled_in, "task" if of_tasks else "case")
        filled_in = _points(adjustments.filled_in, is_fraction)
        yield f"{filled_in} for {what} it was not asked, imputed from other candidates' results"
    if adjustments.prompt is not None and abs(adjustments.prompt) > shown:
        yield f"{_points(adjustments.prompt, is_fraction)} for this prompt"


def _points(value: float, is_fraction: bool) -> str:
    return f"{points(value, signed=True)} points" if is_fraction else quantity(value, signed=True)


def part_shown(part: MeasuredPart, *, is_fraction: bool) -> str:
    """Return text such as `67.5 % (40)`, `67.5 % (12 of 40, 24 answers)`, `not asked`."""
    if part.value is None:
        return "not asked"
    cases = f"{part.n_cases:,}" if part.n_cases == part.of_n_cases else f"{part.n_cases:,} of {part.of_n_cases:,}"
    answers = f", {part.n_answers:,} answers" if part.n_answers != part.n_cases else ""
    return f"{quality(part.value, is_fraction=is_fraction)} ({cases}{answers})"
