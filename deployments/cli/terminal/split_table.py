"""Tables that are never truncated: columns that do not fit the screen continue in a second table below."""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence

from evaluation.escaping import one_line

_WIDEST_NAME = 60
_WIDEST_WORDS = 30
_NARROWEST_NAME = 12
_BETWEEN = 3
"""Columns between two cells: their padding, and the box's own column."""
_NO_EDGE = 100_000


def screen_width(*, of_messages: bool = False) -> int | None:
    """Return the width of the screen in columns, or that of `COLUMNS`; None: a pipe or a file, without a limit.

    Args:
        of_messages: Whether stderr and not stdout decides.
    """
    stream = sys.stderr if of_messages else sys.stdout
    if stream.isatty() or os.environ.get("COLUMNS", "").isdigit():
        return max(40, shutil.get_terminal_size().columns)
    return None


def print_split_table(rows: Sequence[Mapping[str, str]], *, words: Sequence[str] = (), marked: str = "") -> None:
    """Print rows of short texts; the first column, the names, is repeated in every table needed.

    Args:
        rows: At least one, all with the same columns.
        words: Columns of words, which may be folded; the others hold numbers and stay whole.
        marked: The column whose title gets a star.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    cells = {
        column: [one_line(column) + (" *" if column == marked else ""), *(one_line(row[column]) for row in rows)]
        for column in rows[0]
    }
    screen = screen_width()
    widths = _widths(cells, words, screen)
    names = next(iter(cells))
    console = Console(markup=False, highlight=False, emoji=False, width=_NO_EDGE)
    for number, group in enumerate(_groups(widths, screen or _NO_EDGE)):
        if number:
            console.print()
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for column in (names, *group):
            table.add_column(
                Text(cells[column][0]),
                justify="left" if column in (names, *words) else "right",
                width=widths[column],
                overflow="fold",
            )
        for index in range(1, len(rows) + 1):
            table.add_row(*(Text(cells[column][index]) for column in (names, *group)))
        console.print(table)


def _widths(cells: Mapping[str, Sequence[str]], words: Sequence[str], screen: int | None) -> dict[str, int]:
    """Return the width of each column. Long names, titles and words are folded, numbers never."""
    from rich.cells import cell_len

    names, *others = cells
    widths = {column: max(map(cell_len, texts)) for column, texts in cells.items()}
    if screen is None:
        return widths
    titles = {column: _title_width(texts[0]) for column, texts in cells.items()}
    for column in others:
        widths[column] = max(titles[column], *map(cell_len, cells[column][1:]))
    for column in words:
        widths[column] = min(widths[column], max(_WIDEST_WORDS, titles[column]))
    left = screen - max((widths[column] for column in others), default=0) - _BETWEEN
    widths[names] = min(widths[names], _WIDEST_NAME, max(_NARROWEST_NAME, left))
    return widths


def _title_width(title: str) -> int:
    """Return the width of a title, which is the label of a candidate where candidates are compared in pairs."""
    from rich.cells import cell_len

    width = cell_len(title)
    return width if width <= _WIDEST_WORDS else min(_WIDEST_WORDS, max(map(cell_len, title.split())))


def _groups(widths: Mapping[str, int], screen: int) -> list[list[str]]:
    """Split the columns after the first into tables that each fit the screen beside the names."""
    names, *others = widths
    groups: list[list[str]] = [[]]
    used = widths[names]
    for column in others:
        if groups[-1] and used + _BETWEEN + widths[column] > screen:
            groups.append([])
            used = widths[names]
        groups[-1].append(column)
        used += _BETWEEN + widths[column]
    return groups
