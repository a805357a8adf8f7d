"""Tables narrow enough for Prefect's artifact pages, where cells do not wrap and nothing scrolls."""

from collections import Counter
from collections.abc import Mapping, Sequence

from evaluation.escaping import for_markdown
from evaluation.reports.markdown_tables import as_markdown_table

WIDTH_PX = 700
"""Width of a table in pixels in a window of 1,280."""
_LETTER_PX, _EDGES_PX = 8, 24
_LONGEST_NAME = 40


def as_narrow_tables(rows: Sequence[Mapping[str, str]], *, name: str) -> list[str]:
    """Return the rows as Markdown, with their columns spread over as many tables as they need.

    Args:
        rows: Texts, not escaped; all with the same columns.
        name: The column that identifies the row: it is repeated in every table, shortened in its middle where it is
            long.
    """
    shown = short_names([row[name] for row in rows])
    named = [{**row, name: shown[row[name]]} for row in rows]
    return [_table(named, [name, *columns]) for columns in _spread(named, name)]


def _spread(rows: Sequence[Mapping[str, str]], name: str) -> list[list[str]]:
    """Return the columns of each table, without the one that identifies the row."""
    free_px = WIDTH_PX - _width_px(rows, name)
    tables: list[list[str]] = [[]]
    used_px = 0
    for column in rows[0]:
        if column == name:
            continue
        width_px = _width_px(rows, column)
        if tables[-1] and used_px + width_px > free_px:
            tables.append([])
            used_px = 0
        tables[-1].append(column)
        used_px += width_px
    return tables


def _width_px(rows: Sequence[Mapping[str, str]], column: str) -> int:
    return _LETTER_PX * max(len(column), *(len(row[column]) for row in rows)) + _EDGES_PX


def _table(rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> str:
    return as_markdown_table(
        [for_markdown(column) for column in columns],
        [{for_markdown(column): for_markdown(row[column]) for column in columns} for row in rows],
    )


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Return the shown form of each name, by name.

    Long names are cut in the middle, unless two would then look the same.
    """
    cut = {name: _cut(name) for name in names}
    n_alike = Counter(cut.values())
    return {name: short if n_alike[short] == 1 else name for name, short in cut.items()}


def _cut(name: str) -> str:
    if len(name) <= _LONGEST_NAME:
        return name
    n_last = (_LONGEST_NAME - 1) // 2
    return f"{name[: _LONGEST_NAME - 1 - n_last]}…{name[-n_last:]}"
