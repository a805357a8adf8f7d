"""Numbers of a race formatted for sentences."""

from evaluation.formatting import count, points, quantity


def in_points(difference: float, span: float) -> str:
    """Return `4.2 points` for a metric from 0 to 1; for any other, the amount in its own unit."""
    if span == 1.0:
        return f"{points(abs(difference))} points"
    return quantity(abs(difference) * span)


def against(difference: float, span: float, rival: str) -> str:
    """Return `4.2 points behind NAME`, for a difference from a rival."""
    if difference == 0:
        return f"level with {rival}"
    return f"{in_points(difference, span)} {'ahead of' if difference > 0 else 'behind'} {rival}"


MOST_ODDS = 1_000_000


def odds(value: float) -> str:
    """Return `24.2`, `1,600` or `over 1,000,000`, to be followed by "to 1"."""
    if value > MOST_ODDS:
        return f"over {count(MOST_ODDS)}"
    return quantity(value)
