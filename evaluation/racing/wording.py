"""Numbers of a race as people say them."""


def in_points(difference: float, span: float) -> str:
    """`4.2 points` of a metric that goes from 0 to 1; in the metric's own unit for any other."""
    if span == 1.0:
        return f"{100 * abs(difference):.1f} points"
    return f"{abs(difference) * span:.3g}"


def against(difference: float, span: float, rival: str) -> str:
    """`4.2 points behind NAME`, of a difference to a rival."""
    if difference == 0:
        return f"level with {rival}"
    return f"{in_points(difference, span)} {'ahead of' if difference > 0 else 'behind'} {rival}"


def counted(n: int, what: str) -> str:
    """`1 case`, `1,200 cases`."""
    return f"{n:,} {what}{'' if n == 1 else 's'}"


MOST_ODDS = 1_000_000


def odds(value: float) -> str:
    """`24.2`, `1,600` or `over 1,000,000`, to be followed by "to 1"."""
    if value > MOST_ODDS:
        return f"over {MOST_ODDS:,}"
    return f"{value:.3g}" if value < 100 else f"{value:,.0f}"
