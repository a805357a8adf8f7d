"""Which columns of a table of texts hold numbers alone, which stand at the right edge."""

from evaluation.reports.documents.report import TextTable

_NONE = "[no interval]"
_LETTERS = frozenset("0123456789.,[]()+-−–—<> %*/")


def numbers_of(table: TextTable) -> frozenset[int]:
    """Return the places of the columns that hold numbers; never the first, which names the row."""
    return frozenset(place for place in range(1, len(table.columns)) if _holds_numbers(table, place))


def _holds_numbers(table: TextTable, place: int) -> bool:
    cells = [row[place] for row in table.rows if row[place]]
    return bool(cells) and all(_LETTERS.issuperset(cell.removesuffix(_NONE)) for cell in cells)
