"""Numbers in the words of a reason. Names stand in them as they are: whoever shows them escapes them."""

from collections.abc import Sequence


def quantity(value: float) -> str:
    """A number with three digits that count: `0.0123`, `4.2`, `1,234`."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def beyond(value: float, limit: float) -> tuple[str, str]:
    """Both numbers with as many digits as show that they differ."""
    shown, allowed = quantity(value), f"{limit:,.10g}"
    for digits in (5, 8, 12, 17):
        if shown != f"{limit:,.3g}" and shown != allowed:
            break
        shown = f"{value:,.{digits}g}"
    return shown, allowed


def quality(value: float, *, is_fraction: bool) -> str:
    """`62.1 %` of a share, else the number."""
    return f"{value * 100:.1f} %" if is_fraction else quantity(value)


def quality_interval(low: float | None, high: float | None, *, is_fraction: bool) -> str:
    """`[58.0, 66.0]` in the unit of the value before it; empty without one."""
    if low is None or high is None:
        return ""
    return f" [{low * 100:.1f}, {high * 100:.1f}]" if is_fraction else f" [{quantity(low)}, {quantity(high)}]"


def p_value(value: float) -> str:
    """`p = .034`, `p < .0001`."""
    if value < 0.0001:
        return "p < .0001"
    return f"p = {value:.{4 if value < 0.01 else 3}f}".replace("= 0.", "= .")


def counted(n: int, one: str, many: str | None = None) -> str:
    """`1 case`, `1,200 cases`."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def listed(names: Sequence[str], limit: int = 5) -> str:
    """`a, b and c`; of many the first and how many more."""
    if len(names) > limit:
        return f"{', '.join(names[:limit])} and {len(names) - limit:,} more"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def ordinal(percentile: float) -> str:
    """`95th percentile`, `median`."""
    share = round(percentile * 100, 6)
    if share == 50:
        return "median"
    if share != int(share):
        return f"{share:g}th percentile"
    last = int(share) % 10 if int(share) // 10 != 1 else 0
    return f"{int(share)}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(last, 'th') } percentile"
