"""Number formatting for terminal, pages, reports and messages. JSON and exports keep every digit.

A rounded number never claims what is not so. It is 0, 1 or 100 % only if the value is exactly that; where rounding
would say otherwise, more digits or a bound (`> 99.99 %`) are shown. A quantity ends in zeros if it was rounded, and has
none if it is exact. Counts have thousands separators; nothing ends in a bare decimal point.
"""

import math
from collections.abc import Sequence

P_FLOOR = 0.0001
"""Smaller p-values are not distinguished: no test here is that exact."""


_P_CEILING = 0.999


_ALPHA = 0.05
"""A p-value other than this one is not rounded to it, so that number and verdict agree."""


_MOST_DIGITS = 6


_MOST_PERCENT_DIGITS = 2


_LEAST_DECIMAL = 1e-9
"""Below it, and from a billion times its inverse, numbers are shown as powers of ten."""


_NOISE = 1e-12
"""Rounding error of sums of binary fractions: .7 may be .7000000000000002."""


_BYTES = ("B", "kB", "MB", "GB", "TB")


def p_value(value: float | None) -> str:
    """Return `p = .034`, `p = .0032`, `p < .0001`, `p > .999`; `no test` where there was none."""
    if value is None:
        return "no test"
    cell = p_cell(value)
    return f"p {cell}" if cell[0] in "<>" else f"p = {cell}"


def p_cell(value: float | None) -> str:
    """Return `p_value` for a table cell, without the p; `–` where there was no test."""
    if value is None:
        return "–"
    if value < P_FLOOR:
        return "< .0001"
    if _P_CEILING < value < 1:
        return "> .999"
    digits = 4 if value < 0.01 else 3
    text = _kept_off(value, digits, (_ALPHA,), digits + _MOST_DIGITS) or f"{value:.{digits}f}"
    return text.removeprefix("0") if text.startswith("0") else text


def count(n: int) -> str:
    """Return `1,319`."""
    return f"{n:,}"


def counted(n: int, noun: str, many: str | None = None) -> str:
    """Return `1 case`, `1,319 cases`."""
    return f"{n:,} {noun if n == 1 else many or noun + 's'}"


def excerpt(text: str, length: int) -> str:
    """Return the first characters of a text, at most `length`; an ellipsis stands for what is left out."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def score(value: float, *, digits: int = 3, signed: bool = False) -> str:
    """Return a metric's value with so many decimals: `0.390`; `0.9996` where fewer would say 1."""
    return _fixed(value, digits, (0.0, 1.0, -1.0), signed=signed)


def score_interval(low: float, high: float, *, digits: int = 3, signed: bool = False) -> str:
    """Return `[0.364, 0.417]`."""
    return f"[{score(low, digits=digits, signed=signed)}, {score(high, digits=digits, signed=signed)}]"


def coefficient(value: float, *, signed: bool = False) -> str:
    """Return a correlation, a kappa, an effect size: `0.62`, `+0.62`; ±1 and 0 only where they are exact."""
    return score(value, digits=2, signed=signed)


def with_article(number: str) -> str:
    """Return a number that is shown before a noun with its article: `a 4.1`, `an 8.5`, `an 11`."""
    whole = number.partition(".")[0]
    return f"an {number}" if whole.startswith("8") or whole in ("11", "18") else f"a {number}"


def points(value: float, *, digits: int = 1, signed: bool = False) -> str:
    """Return a share in points: `4.1`, and `0.04` where a tenth would hide it."""
    return _fixed(float(f"{100 * value:.12g}"), digits, (0.0, 100.0, -100.0), signed=signed)


def percent(share: float, *, digits: int = 0) -> str:
    """Return `62 %`, `99.6 %`, `> 99.99 %`: 0 % and 100 % only where they are exact."""
    return f"{percent_number(share, digits=digits)} %"


def percent_number(share: float, *, digits: int = 0) -> str:
    """Return `percent` without the sign."""
    value = float(f"{100 * share:.12g}")  # 100 * .29 is 28.999999999999996
    text = _kept_off(value, digits, (0.0, 100.0), max(digits, _MOST_PERCENT_DIGITS))
    if text is not None:
        return text
    step = 10.0 ** -max(digits, _MOST_PERCENT_DIGITS)
    bound = f"{100 - step:.{_MOST_PERCENT_DIGITS}f}" if value > 50 else f"{step:.{_MOST_PERCENT_DIGITS}f}"
    return f"> {bound}" if 50 < value < 100 else f"< {bound}" if 0 < value < 50 else f"{value:.{digits}f}"


def quantity(value: float, *, signed: bool = False) -> str:
    """Return a number of any size with three significant digits: `0.0730`, `4.2`, `1,234`.

    Trailing zeros before the decimal point mean rounding.
    """
    return _significant(value, 3, signed=signed)


def measured(value: float, *, signed: bool = False) -> str:
    """Return a measured number as it stands in a column or a picture: `0.850` beside `0.857`, `4.20`, `1,234`.

    Three significant digits as in `quantity`, whose zeros at the end are kept: rows of one column look alike.
    """
    return _significant(value, 3, signed=signed, keeps_zeros=True)


def measured_interval(low: float, high: float, *, signed: bool = False) -> str:
    """Return `[0.800, 0.891]`."""
    return f"[{measured(low, signed=signed)}, {measured(high, signed=signed)}]"


def precise(value: float, *, signed: bool = False) -> str:
    """Return a quantity with four significant digits, to tell close values apart: `0.07301`."""
    return _significant(value, 4, signed=signed)


def beyond(value: float, limit: float) -> tuple[str, str]:
    """Return a value and the limit that it exceeds, with enough digits to show that they differ."""
    allowed = f"{limit:,.10g}"
    for digits in (3, 5, 8, 12, 17):
        shown = _significant(value, digits, signed=False)
        if value == limit or _number(shown) not in (_number(allowed), _number(f"{limit:.{digits}g}")):
            break
    return shown, allowed


def rounded_to_hold(value: float, *, is_least: bool = False) -> float:
    """Return a limit to recommend, with three significant digits, that the value meets: `0.311` and not `0.310976`.

    Args:
        value: The value that must meet it.
        is_least: Whether it is a lower limit rather than an upper one.
    """
    if not value or not math.isfinite(value):
        return value
    shown = float(f"{value:.3g}")
    if shown == value or (shown < value) == is_least:
        return shown
    step = 10.0 ** (math.floor(math.log10(abs(value))) - 2)
    return float(f"{shown - step if is_least else shown + step:.3g}")


def percent_beyond(share: float, limit: float) -> tuple[str, str]:
    """Return two shares as percentages, with enough digits to show whether they differ."""
    for digits in range(3):
        shown, allowed = percent(share, digits=digits), percent(limit, digits=digits)
        if shown != allowed:
            break
    return shown, allowed


def quantity_interval(low: float, high: float, *, signed: bool = False) -> str:
    """Return `[0.0694, 0.0766]`."""
    return f"[{quantity(low, signed=signed)}, {quantity(high, signed=signed)}]"


def duration(seconds: float) -> str:
    """Return the seconds in a readable unit: `73 ms`, `4.2 s`, `40 s`, `3 min`, `1 h 20 min`."""
    if seconds < 0.0995:
        return f"{quantity(1000 * seconds)} ms" if seconds else "0 s"
    if seconds < 99.5:
        return f"{seconds:.0f} s" if seconds >= 9.95 else f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours:,} h {rest} min" if rest else f"{hours:,} h"


def seconds(value: float) -> str:
    """Return a measured time that is to be compared with others: `0.0730 s`, `81.2 s`."""
    return f"{measured(value)} s"


def size(n_bytes: float | None) -> str:
    """Return a number of bytes in the largest unit that fits: `2.0 GB`, `120 MB`; `–` where it is not known."""
    if n_bytes is None:
        return "–"
    amount = float(n_bytes)
    unit = next((unit for place, unit in enumerate(_BYTES) if amount / 1000**place < 999.5), _BYTES[-1])
    amount /= 1000.0 ** _BYTES.index(unit)
    return f"{amount:,.0f} {unit}" if unit == "B" or amount >= 99.95 else f"{amount:.1f} {unit}"


def usd(amount: float) -> str:
    """Return `$0.0123`, `$1,200`."""
    return f"{'-' if amount < 0 else ''}${quantity(abs(amount))}"


def usd_beyond(amount: float, budget: float) -> tuple[str, str]:
    """Return two amounts, with enough digits to show that they differ."""
    for digits in (3, 5, 8, 12, 17):
        shown, allowed = (_significant(value, digits, signed=False) for value in (amount, budget))
        if shown != allowed or amount == budget:
            break
    return f"${shown}", f"${allowed}"


def joules(energy: float) -> str:
    """Return `0.42 J`, `1,200 J`."""
    return f"{measured(energy)} J"


def watts(power: float) -> str:
    """Return `310 W`."""
    return f"{quantity(power)} W"


def ratio(value: float) -> str:
    """Return a ratio: `1.42 ×`."""
    return f"{quantity(value)} ×"


def per_second(rate: float, what: str = "") -> str:
    """Return `41.2 tokens/s`, `4.2/s`."""
    return f"{quantity(rate)}{' ' if what else ''}{what}/s"


def _significant(value: float, digits: int, *, signed: bool, keeps_zeros: bool = False) -> str:
    sign = "+" if signed else ""
    if not math.isfinite(value) or value == 0:
        return f"{value + 0.0:{sign}g}"  # which makes -0 to 0
    rounded = float(f"{value:.{digits}g}")
    if not _LEAST_DECIMAL <= abs(rounded) < 1 / _LEAST_DECIMAL:
        return f"{value:{sign}.{digits - 1}e}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    text = f"{value:{sign},.{decimals}f}"
    is_exact = not keeps_zeros and math.isclose(rounded, value, rel_tol=_NOISE)
    return text.rstrip("0").rstrip(".") if decimals and is_exact else text


def _fixed(value: float, digits: int, exact: tuple[float, ...], *, signed: bool) -> str:
    """Return so many decimals, more where fewer would show an `exact` value, and at last one significant digit."""
    value += 0.0  # which makes -0 to 0
    text = _kept_off(value, digits, exact, _MOST_DIGITS, signed=signed)
    if text is not None:
        return text
    if abs(value) < 0.5:
        return f"{value:{'+' if signed else ''}.0e}"
    near = min(exact, key=lambda bound: abs(bound - value))
    return f"{'<' if value < near else '>'} {near:{'+' if signed else ''}.{digits}f}"


def _kept_off(
    value: float, digits: int, exact: tuple[float, ...], most_digits: int, *, signed: bool = False
) -> str | None:
    """Return the fewest decimals, from `digits` on, that do not show an `exact` value; None if even the most do."""
    for places in range(digits, most_digits + 1):
        text = f"{value:{'+' if signed else ''},.{places}f}"
        shown = _number(text)
        if shown not in exact or abs(value - shown) < 1e-12:
            return text if shown or value >= 0 else text.replace("-", "+" if signed else "")
    return None


def _number(shown: str) -> float:
    return float(shown.replace(",", ""))


def listed(names: Sequence[str], at_most: int | None = None) -> str:
    """Return `a, b and c`; of more than `at_most` the first ones and the number of the others.

    Names are inserted verbatim: the code that displays them escapes them.
    """
    if at_most is not None and len(names) > at_most:
        return f"{', '.join(names[:at_most])} and {len(names) - at_most:,} more"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
