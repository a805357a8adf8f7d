"""The parts of a notebook's page, and `html_of`, with which each kind of result registers its page.

Everything that somebody else wrote, models above all, passes through these parts, which escape it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import singledispatch
from itertools import chain, islice
from typing import TypeVar

from evaluation.escaping import for_html
from evaluation.formatting import counted, measured
from evaluation.results.listings import Listing

SHOWN_ROWS = 20
"""Rows shown of a listing: a run may have thousands of answers."""
LONGEST_TEXT = 160
_PART = "margin:.6em 0"
_TEXT = "white-space:pre-wrap;margin-left:1em"
_CELL = "text-align:left;vertical-align:top;white-space:normal;max-width:36em"
Row = Mapping[str, str]
T = TypeVar("T")


@singledispatch
def html_of(result: object) -> str:
    """Return a result as HTML. Whatever somebody else wrote, models above all, is escaped.

    Raises:
        TypeError: it is not a result that has a page.
    """
    raise TypeError(f"a {type(result).__name__} has no page")


def listing(results: Listing[T], unit: str, cells: Callable[[T], Row]) -> str:
    """Return the page of a listing: its first rows, and how many there are."""
    rows = [cells(each) for each in islice(results, SHOWN_ROWS)]
    left = len(results) - len(rows)
    more = f"… and {left:,} more; to_frame() has all." if left else ""
    return page(heading(counted(len(results), unit)), table(rows), paragraph([more] if more else []))


def page(*parts: str) -> str:
    """Return a page of these parts."""
    return f"<div>{''.join(parts)}</div>"


def heading(text: str) -> str:
    """Return a heading."""
    return f'<div style="{_PART}"><b>{for_html(text)}</b></div>'


def paragraph(lines: Sequence[str]) -> str:
    """Return a paragraph with a line for each text; nothing where there is none."""
    text = "<br>".join(map(for_html, lines))
    return f'<div style="{_PART}">{text}</div>' if lines else ""


def block(title: str, text: str) -> str:
    """Return a text of several lines under its title."""
    shown = "<br>".join(map(for_html, text.splitlines()))
    return f'<div style="{_PART}">{for_html(title)}:<div style="{_TEXT}">{shown}</div></div>'


def table(rows: Sequence[Row]) -> str:
    """Return a table of texts, with the columns of all rows, the first row's first; empty columns are left out."""
    if not rows:
        return ""
    columns = [column for column in dict.fromkeys(chain.from_iterable(rows)) if any(row.get(column) for row in rows)]
    head = "".join(f'<th style="{_CELL}">{for_html(column)}</th>' for column in columns)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(_rows(rows, columns))}</tbody></table>"


def _rows(rows: Sequence[Row], columns: Sequence[str]) -> Iterator[str]:
    for row in rows:
        texts = (for_html(row.get(column, ""), max_length=LONGEST_TEXT) for column in columns)
        cells = "".join(f'<td style="{_CELL}">{text}</td>' for text in texts)
        yield f"<tr>{cells}</tr>"


def moment(time: datetime | None) -> str:
    """Return a moment as local time; empty if there is none."""
    return "" if time is None else time.astimezone().strftime("%Y-%m-%d %H:%M")


def number(value: float | None) -> str:
    """Return a number; empty if there is none."""
    return "" if value is None else measured(value)


def count(value: int | None) -> str:
    """Return a whole number; empty if there is none."""
    return "" if value is None else f"{value:,}"
