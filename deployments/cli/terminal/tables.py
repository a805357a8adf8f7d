"""Lists and details on the terminal: tables, sizes, moments."""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Literal

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
_WHOLE_WORD = 32
"""Maximum length of words that are never broken: labels of candidates are made of such words."""
_NARROWEST_NAME = 12
_BETWEEN = 3
"""Columns between two cells, or at the edges."""


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under columns on stdout; numbers are right-aligned, None is a dash.

    Columns that do not fit the screen continue in a further table below, beside the first column.
    """
    words = [[in_words(cell) for cell in row] for row in rows]
    cells = [[column, *(line[index] for line in words)] for index, column in enumerate(columns)]
    numbers = {
        index
        for index in range(len(columns))
        if rows and all(isinstance(row[index], int | float | None) for row in rows)
    }
    for widths in _tables(cells, screen_width()):
        _print_part({index: cells[index] for index in widths}, widths, numbers)


def _print_part(cells: Mapping[int, Sequence[str]], widths: Mapping[int, int], numbers: Collection[int]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for index, width in widths.items():
        justify: Literal["left", "right"] = "right" if index in numbers else "left"
        table.add_column(Text(cells[index][0]), justify=justify, overflow="fold", width=width)
    for line in zip(*(cells[index][1:] for index in widths), strict=True):
        table.add_row(*map(Text, line))
    width = sum(widths.values()) + _BETWEEN * len(widths)
    Console(markup=False, highlight=False, emoji=False, width=width).print(table)


def _tables(cells: Sequence[Sequence[str]], screen: int | None) -> list[dict[int, int]]:
    """Return the widths of the columns of each table that is needed, by the column's position.

    The first column is what users copy into the next command, and stays whole where it can. Words stay whole up to a
    length.

    Args:
        cells: The texts of each column, its name first.
        screen: Width available to a table; None: a pipe or a file, without a limit.
    """
    from rich.cells import cell_len

    natural = [max(cell_len(line) for text in column for line in text.split("\n")) for column in cells]
    if screen is None:
        return [dict(enumerate(natural))]
    longest = [max(cell_len(word) for text in column for word in text.split() or [""]) for column in cells]
    least = [min(width, _WHOLE_WORD) for width in longest]
    least[0] = min(natural[0], max(_NARROWEST_NAME, screen - _BETWEEN * 2 - max(least[1:], default=0)))
    groups: list[list[int]] = [[0]]
    for index in range(1, len(cells)):
        if len(groups[-1]) > 1 and _total(least, [*groups[-1], index]) > screen:
            groups.append([0])
        groups[-1].append(index)
    return [_widened(least, natural, group, screen) for group in groups]


def _total(widths: Sequence[int], group: Sequence[int]) -> int:
    return sum(widths[index] + _BETWEEN for index in group)


def _widened(least: Sequence[int], natural: Sequence[int], group: Sequence[int], screen: int) -> dict[int, int]:
    """Return the widths of a table's columns, with what is left of the screen given to the narrowest first."""
    widths = {index: least[index] for index in group}
    for _ in range(screen - _total(least, group)):
        short = [index for index in group if widths[index] < natural[index]]
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
