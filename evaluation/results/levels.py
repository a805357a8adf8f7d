"""What a level of an evaluation leaves open: the higher levels, their cost, and whether they can change its verdict."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GoingOn:
    """A higher level to which a run can go on."""

    run_id: str
    benchmark: str
    """Name of the benchmark."""
    level: str
    """The higher level: `quick` or `full`."""
    n_cases: int
    """Cases at that level."""
    n_more: int
    """Cases that each candidate has not been asked yet."""
    n_calls: int
    """Answers left to ask of all candidates."""
    seconds: float | None
    """Time for them at the pace measured so far; None if it is not known."""
    can_change: bool | None
    """Whether the verdict on the best candidate can still change; None if there is no verdict."""
    chance: float | None
    """Probability that it changes; None if it cannot be forecast, and then `can_change` is true."""
    interval_width: float | None
    """Expected width of the headline's interval for a single candidate, in the metric's unit; None for several."""
    sentence: str
    """All of this in words."""
    command: str
    """The command that goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelResult:
    """The level of an evaluation, and those to which it can go on."""

    level: str
    """The requested level."""
    going_on: tuple[GoingOn, ...]
    """The higher levels of each run, the next one first; empty if no case is left, or if a run has not completed."""
