"""Names beside the rows of a chart: whole in one line or two, and shortened only where that is too little room."""

from collections.abc import Sequence

from evaluation.charts.paper import clipped
from evaluation.charts.theme import LETTER_PX
from evaluation.charts.xml_text import xml_line

LINE_LETTERS = (28, 34, 40)
"""Letters of a line, the fewest that suffice."""
NARROW_LETTERS = 23
_BREAKS = " -:/_.,"
_LEAST_PX, _GAP_PX = 130, 16


def label_lines(labels: Sequence[str], *, narrow: bool = False) -> list[tuple[str, ...]]:
    """Return each name in one line or two; one that is longer loses a part in which it does not differ from others."""
    names = [xml_line(label) for label in labels]
    widths = (NARROW_LETTERS,) if narrow else LINE_LETTERS
    lines = [next((lines for width in widths if (lines := _lines(name, width))), ()) for name in names]
    longer = [name for name, of_name in zip(names, lines, strict=True) if not of_name]
    short = iter(_shortened(longer, 2 * widths[-1]))
    return [of_name or _in_two(next(short)) for of_name in lines]


def label_px(labels: Sequence[str]) -> int:
    """Return the pixels that the names beside rows take."""
    longest = max((len(line) for lines in label_lines(labels) for line in lines), default=0)
    return max(_LEAST_PX, int(longest * LETTER_PX) + _GAP_PX)


def label_fields(lines: tuple[str, ...]) -> dict[str, str]:
    """Return the fields of a row in which a name stands: in the middle, or above and below it."""
    if len(lines) == 1:
        return {"label": lines[0], "upper": "", "lower": ""}
    return {"label": "", "upper": lines[0], "lower": lines[1]}


def _lines(name: str, width: int) -> tuple[str, ...]:
    """Return the name in lines of at most so many letters; empty where two are too few."""
    if len(name) <= width:
        return (name,)
    before, dash, after = name.partition(" – ")
    if dash and max(len(before) + 2, len(after)) <= width:
        return f"{before} –", after
    if dash and width == LINE_LETTERS[-1]:
        return f"{clipped(before, width - 2)} –", clipped(after, width)
    for place in range(min(width, len(name) - 1), 0, -1):
        if name[place - 1] in _BREAKS and len(name) - place <= width:
            return name[:place].rstrip(), name[place:].lstrip()
    return _in_two(name) if len(name) <= 2 * width and not dash else ()


def _in_two(name: str) -> tuple[str, ...]:
    middle = -(-len(name) // 2)
    return name[:middle], name[middle:]


def _shortened(names: Sequence[str], longest: int) -> list[str]:
    """Return the names with at most so many letters: without their middles, or around what differs if these agree."""
    by_ends = [clipped(name, longest) for name in names]
    short = list(by_ends)
    for place, name in enumerate(names):
        alike = {other for other, text in zip(names, by_ends, strict=True) if text == by_ends[place]}
        if len(alike) > 1:
            start = max(0, _common_length(sorted(alike)) - longest // 3)
            end = start + longest - 2
            short[place] = f"{'…' if start else ''}{name[start:end]}{'…' if end < len(name) else ''}"
    return short


def _common_length(names: Sequence[str]) -> int:
    first, last = names[0], names[-1]
    return next((place for place, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
