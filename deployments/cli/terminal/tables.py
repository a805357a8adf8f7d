"""Lists and details on the terminal: tables, sizes, moments."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from deployments.cli.terminal.output import result
from deployments.cli.terminal.split_table import screen_width
from deployments.cli.terminal.text_block import wrapped
from evaluation.errors import ConfigurationError
from evaluation.escaping import for_terminal

_UNITS: Mapping[str, int] = {
    "": 1,
    "B": 1,
    **{f"{letter}{end}": 1000**power for power, letter in enumerate("KMGT", start=1) for end in ("", "B")},
    **{f"{letter}IB": 1024**power for power, letter in enumerate("KMGT", start=1)},
}
_WHOLE_WORD = 16
"""Maximum length of words that are not broken on a narrow terminal; reduced on a narrower one to at least"""
_SHORTEST_WORD = 10
_BETWEEN = 3
"""Columns between two cells, or at the edges."""


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under columns on stdout; numbers are right-aligned, None is a dash."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    words = [[in_words(cell) for cell in row] for row in rows]
    cells = [[column, *(line[index] for line in words)] for index, column in enumerate(columns)]
    screen = screen_width()
    widths = _widths(cells, None if screen is None else screen - _BETWEEN * len(columns))
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for index, column in enumerate(columns):
        numbers = bool(rows) and all(isinstance(row[index], int | float | None) for row in rows)
        table.add_column(column, justify="right" if numbers else "left", overflow="fold", width=widths[index])
    for line in words:
        table.add_row(*map(Text, line))
    width = sum(widths) + _BETWEEN * len(columns)
    Console(markup=False, highlight=False, emoji=False, width=width).print(table)


def _widths(cells: Sequence[Sequence[str]], room: int | None) -> list[int]:
    """Return the width of each column; together no wider than `room` where possible.

    The first column is what users copy into the next command, and stays whole. In the others, short words stay whole;
    where a terminal is too narrow even for that, its own line breaks are better than columns that are cut off.

    Args:
        cells: The texts of each column, its name first.
        room: Width available to all of them; None: a pipe or a file, without a limit.
    """
    from rich.cells import cell_len

    natural = [max(cell_len(line) for text in column for line in text.split("\n")) for column in cells]
    if room is None:
        return natural
    longest = [max(cell_len(word) for text in column for word in text.split() or [""]) for column in cells]
    for whole_word in range(_WHOLE_WORD, _SHORTEST_WORD - 1, -1):
        widths = [natural[0], *(min(n, whole_word) for n in longest[1:])]
        if sum(widths) <= room:
            break
    else:
        return [natural[0], *(min(n, _WHOLE_WORD) for n in longest[1:])]
    for _ in range(room - sum(widths)):
        short = [index for index, width in enumerate(widths) if width < natural[index]]
        if not short:
            break
        widths[min(short, key=widths.__getitem__)] += 1
    return widths


def print_line(text: str = "", *, hang: int = 0) -> None:
    """Print a line of the result, escaped for terminals and wrapped to their width.

    Args:
        text: The line.
        hang: Columns by which to indent all but its first line on the screen.
    """
    result().print(wrapped(for_terminal(text), width=screen_width(), hang=hang))


def print_details(details: Mapping[str, object]) -> None:
    """Print names and values on stdout, one on each line; unknown ones are left out."""
    shown = {name: value for name, value in details.items() if value not in (None, "", (), [], {})}
    width = max((len(name) for name in shown), default=0)
    for name, value in shown.items():
        first, *others = in_words(value).split("\n")
        print_line(f"{name:<{width}}  {first}", hang=width + 2)
        for line in others:
            print_line(" " * (width + 2) + line)


def in_words(value: object) -> str:
    """Return `value` as text for a cell, safe for a terminal."""
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case datetime():
            return moment(value)
        case Mapping():
            return for_terminal(", ".join(f"{key}={item}" for key, item in value.items()))
        case list() | tuple():
            return for_terminal(", ".join(str(item) for item in value))
        case _:
            return for_terminal(str(value))


def moment(when: datetime | None) -> str:
    """Return `when` in local time, to the minute."""
    return when.astimezone().strftime("%Y-%m-%d %H:%M") if when else "–"


def read_size(text: str, *, option: str) -> int:
    """Return the bytes in `8GB`, `500 MB`, `7.5GiB` or a plain number.

    Raises:
        ConfigurationError: it is none of these, or not above zero.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", text)
    factor = _UNITS.get(match[2].upper()) if match else None
    if match is None or factor is None or not 0 < float(match[1]) * factor < math.inf:
        raise ConfigurationError(f"{option} {text!r} is not a size", "For example 8GB, 500MB or 7.5GiB.")
    return int(float(match[1]) * factor)
