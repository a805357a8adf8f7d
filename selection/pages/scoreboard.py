"""A scoreboard as text and as JSON: the candidates' results on each task, best first."""

from dataclasses import dataclass

from evaluation.formatting import counted, listed, measured, quantity
from evaluation.records.loaded_memory import memory_basis
from selection.answers import Adjustments, Expected, MeasuredQuality
from selection.choosing.expectations import expected_quality, facts_of
from selection.choosing.measured_quality import adjustments_of, difference_line, measured_of
from selection.choosing.number_words import quality, quality_interval
from selection.pages.recommendation import rows_of_parts
from selection.scoreboard import Scoreboard, TaskStanding

PERCENTILE = 0.95
MEMORY, MEMORY_IS = "memory GB", "memory is"
"""Columns with the memory, and with what that rests on: measured, at which context length, or estimated."""
NOT_READY = "not ready"
"""Column with the reason why a candidate cannot be called, shown where there is one."""
NOT_OF_ONE_RUN = (
    "Expected quality and its interval (Student's) are of all runs and benchmarks of the task together; the page of a "
    "run has the interval of that run's cases alone (Wilson's for right and wrong answers), which differs."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateOnTask:
    """A candidate's result on a task."""

    candidate: str
    """Label of the candidate."""
    measured: MeasuredQuality | None
    quality: Expected
    """Expected quality; `measured` is its basis."""
    adjustments: Adjustments | None
    """Why `quality` differs from `measured`; None where nothing was measured."""
    latency_s: Expected | None
    """Latency at the percentile."""
    percentile: float
    cost_per_1k: Expected | None
    """US dollars for 1,000 answers."""
    energy_j: Expected | None
    memory_gb: float | None = None
    """Memory when loaded, in units of 10⁹ bytes; None: not known."""
    memory_is_measured: bool = False
    """Whether that was measured once it was loaded; otherwise it is the size of its file."""
    memory_context: int | None = None
    """Context length in tokens at which it was measured; None: not known."""
    not_ready: str | None
    """Why it cannot be called now; None if it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskScoreboard:
    """The results on a task, numbers not rounded."""

    task: str
    n_cases: int
    candidates: tuple[CandidateOnTask, ...]
    """Measured candidates, best first."""


def scoreboard_rows(
    board: Scoreboard, standing: TaskStanding, *, within_gb: float | None = None
) -> list[dict[str, str]]:
    """Return a row for each candidate measured on the task; columns without any value are left out.

    Args:
        board: The scoreboard.
        standing: The task.
        within_gb: Only candidates that are known to take at most this memory; None: all.
    """
    results = task_scoreboard(board, standing).candidates
    rows = [
        _row(result, is_fraction=standing.is_fraction)
        for result in results
        if within_gb is None or (result.memory_gb is not None and result.memory_gb <= within_gb)
    ]
    kept = [name for name in (rows[0] if rows else {}) if any(row[name] != "–" for row in rows)]
    kept = [name for name in kept if name != MEMORY_IS or MEMORY in kept]
    return [{name: row[name] for name in kept} for row in rows]


def scoreboard_part_rows(board: Scoreboard, standing: TaskStanding) -> list[dict[str, str]]:
    """Return the quality of each candidate on each of the task's benchmarks; empty where there is only one."""
    results = task_scoreboard(board, standing).candidates
    measured = [(result.candidate, result.measured) for result in results if result.measured]
    return rows_of_parts(measured, is_fraction=standing.is_fraction)


def memory_lines(board: Scoreboard, standing: TaskStanding, *, within_gb: float) -> list[str]:
    """Return which candidates a limit on memory leaves out, and of which it cannot be told."""
    results = task_scoreboard(board, standing).candidates
    over = [
        f"{result.candidate} ({quantity(result.memory_gb)} GB)"
        for result in results
        if result.memory_gb is not None and result.memory_gb > within_gb
    ]
    unknown = [result.candidate for result in results if result.memory_gb is None]
    lines = [f"Over {quantity(within_gb)} GB: {listed(over)}."] if over else []
    if unknown:
        lines.append(f"Left out, since their memory is not known: {listed(unknown)}. A run on Ollama measures it.")
    return lines


def difference_lines(board: Scoreboard, standing: TaskStanding) -> list[str]:
    """Return why the expected quality differs from the measured one, for each candidate where it does."""
    lines = (
        difference_line(result.candidate, result.measured, result.adjustments, is_fraction=standing.is_fraction)
        for result in task_scoreboard(board, standing).candidates
    )
    return [line for line in lines if line is not None]


def task_line(standing: TaskStanding) -> str:
    """Return the title of a task's table."""
    n_candidates = int((standing.n_measured > 0).sum())
    return f"{standing.task}: {counted(n_candidates, 'candidate')} on {counted(standing.n_cases, 'case')}"


def task_scoreboard(board: Scoreboard, standing: TaskStanding) -> TaskScoreboard:
    """Return the results of each candidate measured on the task."""
    facts = facts_of(standing, board.candidates, PERCENTILE, None)
    measured = [place for place, n_cases in enumerate(facts.n_measured) if n_cases > 0]
    candidates = [
        CandidateOnTask(
            candidate=board.candidates[place].label,
            measured=measured_of(standing, place),
            quality=value,
            adjustments=adjustments_of(standing, place, value, for_prompt=False),
            latency_s=facts.outlays.latency_s[place],
            percentile=PERCENTILE,
            cost_per_1k=facts.outlays.cost_per_1k[place],
            energy_j=facts.outlays.energy_j[place],
            memory_gb=None if (n_bytes := board.candidates[place].memory_bytes) is None else n_bytes / 1e9,
            memory_is_measured=board.candidates[place].memory_is_measured,
            memory_context=board.candidates[place].memory_context,
            not_ready=board.candidates[place].not_ready,
        )
        for place, value in zip(measured, expected_quality(standing, facts, None, measured), strict=True)
    ]
    best_first = sorted(candidates, key=lambda result: (-result.quality.value, result.candidate))
    return TaskScoreboard(task=standing.task, n_cases=standing.n_cases, candidates=tuple(best_first))


def _row(result: CandidateOnTask, *, is_fraction: bool) -> dict[str, str]:
    value, measured = result.quality, result.measured
    interval = quality_interval(value.low, value.high, is_fraction=is_fraction)
    return {
        "candidate": result.candidate,
        "measured": "–" if measured is None else quality(measured.value, is_fraction=is_fraction),
        "cases": f"{value.n_cases:,}",
        "expected": f"{quality(value.value, is_fraction=is_fraction)}{interval}",
        f"latency s (p{100 * PERCENTILE:g})": _short(result.latency_s),
        "USD/1,000": _short(result.cost_per_1k),
        "J/answer": _short(result.energy_j),
        MEMORY: "–" if result.memory_gb is None else quantity(result.memory_gb),
        MEMORY_IS: memory_basis(
            is_measured=result.memory_is_measured,
            context_length=result.memory_context,
            is_known=result.memory_gb is not None,
        ),
        NOT_READY: result.not_ready or "–",
    }


def _short(numbers: Expected | None) -> str:
    return "–" if numbers is None else measured(numbers.value)
