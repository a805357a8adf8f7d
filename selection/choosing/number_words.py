"""Numbers formatted for the sentences of a reason.

Names in them are not escaped: the code that displays them does that.
"""

from evaluation.formatting import percent, percent_number, points, quantity, quantity_interval

OUTLAYS = ("cost_per_1k", "energy_j", "latency_s", "memory_gb")
"""What an answer of a candidate takes, by the names of the fields that hold it, in the order of sentences."""
MOST_NAMED = 5
"""Maximum number of names in a sentence; of more the first ones and the number of the others."""


def quality(value: float, *, is_fraction: bool) -> str:
    """Return `62.1 %` for a share, otherwise the number."""
    return percent(round(value, 9) + 0.0, digits=1) if is_fraction else quantity(value)


def quality_interval(low: float | None, high: float | None, *, is_fraction: bool) -> str:
    """Return `[58.0, 66.0]` in the unit of the value before it; empty without an interval."""
    if low is None or high is None:
        return ""
    return (
        f" [{percent_number(low, digits=1)}, {percent_number(high, digits=1)}]"
        if is_fraction
        else f" {quantity_interval(low, high)}"
    )


def gap_interval(low: float | None, high: float | None, *, is_shown: bool, is_fraction: bool = True) -> str:
    """Return ` [1.9, 6.3]` in the unit of the gap before it, or ` (0.0, 6.3]`; empty without an interval.

    Args:
        low: Lower end of the difference.
        high: Upper end.
        is_shown: Whether the test shows a difference, so that an end at 0 is not part of the interval.
        is_fraction: Whether the difference is one of shares, shown in points.
    """
    if low is None or high is None:
        return ""
    words = f"[{points(low)}, {points(high)}]" if is_fraction else quantity_interval(low, high)
    left = "(" if is_shown and low == 0 else "["
    right = ")" if is_shown and high == 0 else "]"
    return f" {left}{words[1:-1]}{right}"


def ordinal(percentile: float) -> str:
    """Return `95th percentile`, `median`."""
    share = round(percentile * 100, 6)
    if share == 50:
        return "median"
    if share != int(share):
        return f"{share:g}th percentile"
    last = int(share) % 10 if int(share) // 10 != 1 else 0
    return f"{int(share)}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(last, 'th') } percentile"


def outlay(name: str, shown: str, percentile: float) -> str:
    """Return a figure with its unit and with what it is a figure of: `1.2 s at the 95th percentile`.

    Args:
        name: Which of `OUTLAYS` it is.
        shown: The number, with its interval where there is one.
        percentile: Percentile of latencies.
    """
    return {
        "cost_per_1k": f"${shown} for 1,000 answers",
        "energy_j": f"{shown} J an answer",
        "latency_s": f"{shown} s at the {ordinal(percentile)}",
        "memory_gb": f"{shown} GB of memory when loaded",
    }[name]
