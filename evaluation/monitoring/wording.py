"""Numbers in the words of an alert. Names stand in them as they are: whoever shows them escapes them."""

from collections.abc import Sequence


def quantity(value: float) -> str:
    """A number with three digits that count: `0.0123`, `4.2`, `1,234`."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def share(value: float) -> str:
    """`87.5 %`."""
    return f"{100 * value:.3g} %"


def p_value(value: float) -> str:
    """`p = .034`, `p = 2e-06`."""
    if value < 0.0001:
        return f"p = {value:.0e}"
    return f"p = {value:.{4 if value < 0.01 else 3}f}".replace("= 0.", "= .")


def counted(n: int, one: str) -> str:
    """`1 case`, `1,200 cases`."""
    return f"{n:,} {one if n == 1 else one + 's'}"


def listed(names: Sequence[str], limit: int = 3) -> str:
    """`a, b and c`; of many the first and how many more."""
    if len(names) > limit:
        return f"{', '.join(names[:limit])} and {len(names) - limit:,} more"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
