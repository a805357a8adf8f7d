"""The paper of a chart: its margins, the height of its rows, and names that fit on it. Nothing here draws."""

from dataclasses import dataclass, replace

from evaluation.charts.theme import NARROW, WIDTH
from evaluation.charts.xml_text import xml_line

ROW, NARROW_ROW = 30, 46
"""Height of a row in pixels."""
MOST_ROWS = 30
KEY_Y = 42
"""Pixels from the upper edge of the paper to the middle of the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """Pixels around the plotted area."""

    left: int
    right: int
    top: int
    bottom: int
    paper: int = WIDTH
    """Pixels across of the whole chart."""

    @property
    def width(self) -> int:
        """Pixels across that are plotted on."""
        return self.paper - self.left - self.right

    @property
    def is_narrow(self) -> bool:
        """Whether it is a chart for a narrow screen."""
        return self.paper < WIDTH


def clipped(text: str, longest: int) -> str:
    """Return text on one line without its middle where it is too long: names of candidates differ at their ends."""
    line = xml_line(text)
    if len(line) <= longest:
        return line
    n_end = longest // 2
    return f"{line[: longest - 1 - n_end]}…{line[-n_end:]}"


def row_margins(margins: Margins, *, narrow: bool) -> Margins:
    """Return the margins of a chart of rows; on a narrow screen labels and numbers stand above what is drawn."""
    return replace(margins, left=16, right=16, paper=NARROW) if narrow else margins


def rows_height(n: int, *, narrow: bool = False) -> int:
    """Return the pixels that so many rows take; without any, those of one."""
    return (NARROW_ROW if narrow else ROW) * max(1, n) + 6
