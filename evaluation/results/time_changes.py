"""Whether a candidate became slower or faster from one run to another."""

from dataclasses import dataclass
from typing import Literal

Pace = Literal["slower", "faster", "slightly slower", "slightly faster", "alike", "open", "not comparable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeChange:
    """One figure of speed of a candidate in two runs, on the cases that may be compared."""

    candidate: str
    """Label in the later run."""
    runs: tuple[str, str]
    """Ids of the earlier and the later run."""
    metric: str
    """`latency_s` or `tokens_per_s`."""
    pace: Pace
    """`slower` or `faster` beyond what two runs of one server often differ by; `slightly` where chance in the choice of
    cases does not explain a smaller difference; `alike` where it can be no larger; `open` where cases cannot tell."""
    ratio: float | None
    """Geometric mean of the later value divided by the earlier one, case by case."""
    low: float | None
    """Lower end of its interval, which allows for all figures that were tested together."""
    high: float | None
    p_value: float | None
    """Two-sided, adjusted by Holm for all of them."""
    n_cases: int
    first: float | None
    """Mean over these cases in the earlier run."""
    second: float | None
    remarks: tuple[str, ...] = ()
    """What else differed, or why the figures may not be compared."""
