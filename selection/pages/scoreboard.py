"""A scoreboard as text and as JSON: the candidates' results on each task, best first."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from evaluation.formatting import counted, quantity
from selection.answers import Adjustments, Expected, MeasuredQuality
from selection.choosing.expectations import expected_quality, facts_of
from selection.choosing.measured_quality import adjustments_of, difference_line, measured_of
from selection.choosing.number_words import quality, quality_interval
from selection.pages.recommendation import rows_of_parts
from selection.scoreboard import Scoreboard, TaskStanding

PERCENTILE = 0.95
_NUMBERS = (Adjustments, Expected, MeasuredQuality)
NOT_READY = "not ready"
"""Column with the reason why a candidate cannot be called, shown where there is one."""


def scoreboard_as_json(board: Scoreboard, standings: Sequence[TaskStanding]) -> list[dict[str, Any]]:
    """Return an entry for each task, numbers not rounded."""
    return [
        {
            "task": standing.task,
            "n_cases": standing.n_cases,
            "candidates": [
                {name: asdict(value) if isinstance(value, _NUMBERS) else value for name, value in place.items()}
                for place in _places(board, standing)
            ],
        }
        for standing in standings
    ]


def scoreboard_rows(board: Scoreboard, standing: TaskStanding) -> list[dict[str, str]]:
    """Return a row for each candidate measured on the task; columns without any value are left out."""
    rows = [_row(place, is_fraction=standing.is_fraction) for place in _places(board, standing)]
    kept = [name for name in (rows[0] if rows else {}) if any(row[name] != "–" for row in rows)]
    return [{name: row[name] for name in kept} for row in rows]


def scoreboard_part_rows(board: Scoreboard, standing: TaskStanding) -> list[dict[str, str]]:
    """Return the quality of each candidate on each of the task's benchmarks; empty where there is only one."""
    measured = [(place["candidate"], place["measured"]) for place in _places(board, standing) if place["measured"]]
    return rows_of_parts(measured, is_fraction=standing.is_fraction)


def difference_lines(board: Scoreboard, standing: TaskStanding) -> list[str]:
    """Return why the expected quality differs from the measured one, for each candidate where it does."""
    lines = (
        difference_line(place["candidate"], place["measured"], place["adjustments"], is_fraction=standing.is_fraction)
        for place in _places(board, standing)
    )
    return [line for line in lines if line is not None]


def task_line(standing: TaskStanding) -> str:
    """Return the title of a task's table."""
    n_candidates = int((standing.n_measured > 0).sum())
    return f"{standing.task}: {counted(n_candidates, 'candidate')} on {counted(standing.n_cases, 'case')}"


def _places(board: Scoreboard, standing: TaskStanding) -> list[dict[str, Any]]:
    """Return the values of each measured candidate, best first."""
    facts = facts_of(standing, board.candidates, PERCENTILE, None)
    measured = [place for place, n_cases in enumerate(facts.n_measured) if n_cases > 0]
    rows = [
        {
            "candidate": board.candidates[place].label,
            "measured": measured_of(standing, place),
            "quality": value,
            "adjustments": adjustments_of(standing, place, value, for_prompt=False),
            "latency_s": facts.outlays.latency_s[place],
            "percentile": PERCENTILE,
            "cost_per_1k": facts.outlays.cost_per_1k[place],
            "energy_j": facts.outlays.energy_j[place],
            "not_ready": board.candidates[place].not_ready,
        }
        for place, value in zip(measured, expected_quality(standing, facts, None, measured), strict=True)
    ]
    return sorted(rows, key=lambda row: (-row["quality"].value, row["candidate"]))


def _row(place: dict[str, Any], *, is_fraction: bool) -> dict[str, str]:
    value: Expected = place["quality"]
    measured: MeasuredQuality | None = place["measured"]
    interval = quality_interval(value.low, value.high, is_fraction=is_fraction)
    return {
        "candidate": place["candidate"],
        "measured": "–" if measured is None else quality(measured.value, is_fraction=is_fraction),
        "cases": f"{value.n_cases:,}",
        "expected": f"{quality(value.value, is_fraction=is_fraction)}{interval}",
        f"s (p{100 * PERCENTILE:g})": _short(place["latency_s"]),
        "USD/1,000": _short(place["cost_per_1k"]),
        "J/answer": _short(place["energy_j"]),
        NOT_READY: place["not_ready"] or "–",
    }


def _short(numbers: Expected | None) -> str:
    return "–" if numbers is None else quantity(numbers.value)
