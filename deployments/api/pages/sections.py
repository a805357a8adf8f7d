"""Parts of a page as values: tables whose cells may lead somewhere, lines, bars and pictures under a heading."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from deployments.api.pages.drawn_charts import DrawnChart, drawn_charts
from deployments.api.pages.word_diff import Piece
from evaluation.charts.kinds import Chart

_NUMBER = re.compile(r"[<>+−-]? ?\$?\.?\d[\d.,]*( ?(%|s|ms|min|h|B|kB|MB|GB|TB|J|W|points|times))?( ?\[.*\])?\*?")
_NOTHING = ("", "–", "—")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A text that leads to another page."""

    text: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A word that says how something stands: `completed`, `open`, `critical`."""

    word: str


@dataclass(frozen=True, slots=True)
class Compared:
    """A text of which those words are marked that another one does not have."""

    pieces: tuple[Piece, ...]


Cell = str | int | datetime | Link | State | Compared | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under columns; the first cell of a row names it."""

    label: str
    """Of what it is a table, for whoever hears it."""
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    stacks: bool = True
    """On a narrow screen a row is a list of its cells; False: it stays a row, and the table scrolls."""

    @property
    def names_metrics(self) -> bool:
        """Return whether rows are named after metrics."""
        return bool(self.columns) and self.columns[0].casefold() in ("metric", "figure")

    @property
    def numbers(self) -> frozenset[int]:
        """Return the positions of the columns of numbers."""
        return frozenset(place for place in range(len(self.columns)) if _are_numbers([row[place] for row in self.rows]))


def _are_numbers(cells: Sequence[Cell]) -> bool:
    texts = (cell.text if isinstance(cell, Link) else cell for cell in cells)
    filled_cells = [cell for cell in texts if cell is not None and cell not in _NOTHING]
    return bool(filled_cells) and all(
        isinstance(cell, int) or (isinstance(cell, str) and _NUMBER.fullmatch(cell) is not None)
        for cell in filled_cells
    )


def table_of(
    label: str,
    rows: Sequence[Mapping[str, str]],
    *,
    links: Mapping[str, Callable[[Mapping[str, str]], str]] | None = None,
) -> Table:
    """Return rows of texts, as the command line has them, as a table.

    Args:
        label: Of what it is a table.
        rows: The texts by column, the same columns in each.
        links: How to make the address of a cell from its row, by column.
    """
    columns = tuple(rows[0]) if rows else ()
    leads = links or {}
    return Table(
        label=label,
        columns=columns,
        rows=tuple(
            tuple(Link(text=row[name], address=leads[name](row)) if name in leads else row[name] for name in columns)
            for row in rows
        ),
    )


def headed(table: Table, headings: Mapping[str, str]) -> Table:
    """Return the table with other headings for the columns of these names."""
    return replace(table, columns=tuple(headings.get(name, name) for name in table.columns))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """How many cases each of two sides won, and on how many they are alike."""

    first: str
    second: str
    n_first: int
    n_equal: int
    n_second: int
    sentence: str = ""
    """What follows from it, in a sentence."""
    links: tuple[str, str, str] | None = None
    """Addresses of the cases of the three counts; None: no page shows them."""

    @property
    def shares(self) -> tuple[float, float, float]:
        """Return the three parts as shares of the whole; zeros where there is no case."""
        whole = self.n_first + self.n_equal + self.n_second or 1
        return self.n_first / whole, self.n_equal / whole, self.n_second / whole


@dataclass(frozen=True, slots=True, kw_only=True)
class PairChoice:
    """A form that asks for two of several names."""

    names: tuple[str, ...]
    first: str
    second: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a page."""

    title: str = ""
    """Empty: it stands under the heading of the page."""
    lines: tuple[str, ...] = ()
    bars: tuple[Bar, ...] = ()
    table: Table | None = None
    pictures: tuple[DrawnChart, ...] = ()
    links: tuple[Link, ...] = ()
    after: tuple[str, ...] = ()
    """Lines below the table."""
    words: tuple[str, ...] = ()
    """Words of the lines and of the table that need explaining."""
    folded: str = ""
    """What to press to see the bars; empty: they are in sight."""
    choice: PairChoice | None = None
    """Which two of several are shown."""
    anchor: str = ""
    """What addresses name the section by."""

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to show under the heading."""
        has_rows = self.table is not None and bool(self.table.rows)
        return not (self.lines or self.choice or self.bars or has_rows or self.pictures or self.links or self.after)


def filled(*sections: Section) -> tuple[Section, ...]:
    """Return the sections that have something to show."""
    return tuple(section for section in sections if not section.is_empty)


def drawn(*charts: Chart | None) -> tuple[DrawnChart, ...]:
    """Return where the pictures of the charts that there are will be."""
    return drawn_charts.draw(*charts)
