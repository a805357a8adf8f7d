"""A sign that the measuring is at fault, rather than a candidate."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One sign of a fault."""

    kind: str
    """`near_chance`, `zero_variance`, `extraction_failed`, `empty_answers`, `cut_answers`, `too_many_slots`,
    `score_failures` or `no_number`."""
    metric: str | None
    candidate: str | None
    """None: all of them."""
    share: float | None
    """Of the answers or scores, in [0, 1]; None for an alarm that counts none."""
    n: int
    """How many answers or scores it is about; for `near_chance` and `zero_variance`, how many cases."""
    message: str
    """What it is and what to do next."""
    about_baseline: bool = False
    """True for a baseline, which fails in ways of its own."""
