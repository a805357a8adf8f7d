"""Averages of recent runs on one task."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAverages:
    """What answers took and what candidates scored, over the recent runs of a task that have one headline."""

    task: str
    headline: str
    n_runs: int
    n_answers: int
    """Outcomes, failures among them."""
    seconds: float | None
    """Mean duration of an answer; None where none was timed."""
    tokens: float | None
    """Mean output tokens of an answer."""
    success: float | None
    """Share of outcomes that are answers, in [0, 1]."""
    n_candidates: int
    """Different labels among them."""
    quality: float | None
    """Mean of the candidates' means of the headline. It describes who was tried, and has no interval."""
    least: float | None
    greatest: float | None
    """The lowest and the highest of those means."""
