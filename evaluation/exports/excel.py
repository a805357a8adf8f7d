"""Rows as sheets of an Excel workbook, written as they come: nothing but the row at work is in memory.

Sheets are the last members of the archive, and their rows hold their texts themselves, so that each piece can be sent
as soon as it is compressed. Texts are written as texts: no formula, link or number is read out of them.
"""

import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import isfinite
from types import NoneType
from typing import IO, Any, cast

from evaluation.errors import ConfigurationError
from evaluation.exports.workbook import AFTER_ROWS, before_rows, parts_of, sheet_member

MOST_ROWS = 1_048_575
"""Rows of a sheet of Excel, below that of the headings."""
LONGEST_TEXT = 32_767
"""Characters of a cell of Excel; it counts those beyond U+FFFF as two."""
MOST_BYTES = 2**31 - 1
"""Bytes of a sheet before compression; beyond, the archive would need a layout that Excel does not read."""
_EXACT = 2**53
"""Whole numbers up to which Excel, which has floating-point numbers alone, holds each of them."""
_SHORT = 64
_FIRST_DAY = datetime(1899, 12, 30, tzinfo=UTC)
_FIRST_MOMENT = datetime(1900, 3, 1, tzinfo=UTC)
"""Before it, Excel counts a day that there was not."""
_DAY = timedelta(days=1)
_LEVEL = 1
"""Of compression: a third of the time of the usual one, for a file a fifth longer."""
_SPECIAL = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
"""What XML cannot hold, and what Excel would read as an escape."""
_PLAIN = bytes(set(range(256)) - {*range(9), *range(0x0B, 0x20), *b"&<>\xef"})
"""Bytes that stand for themselves in a cell."""


class WorkbookWriter:
    """Writes one sheet after the other.

    Raises:
        ConfigurationError: there are more rows than a sheet of Excel holds.
    """

    def __init__(self, file: IO[bytes], names: Sequence[str]) -> None:
        self._stream = _Stream(file)
        self._archive = zipfile.ZipFile(
            cast("IO[bytes]", self._stream), "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL
        )
        self._sheet: IO[bytes] | None = None
        self._n_sheets = 0
        for name, content in parts_of(names).items():
            self._archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)

    def begin(self, columns: Sequence[str], *, widths: Sequence[int] = (), heading: bytes = b"") -> None:
        """Begin the next sheet with the row of its headings.

        Args:
            columns: In their order; a row may lack some.
            widths: Of the columns, in characters; empty: as Excel chooses.
            heading: Attributes of the cells of the headings.
        """
        self._end_sheet()
        self._columns, self._n_rows, self._n_bytes = columns, 0, 0
        self._heads = [b'<c r="' + _letters(at).encode() for at in range(len(columns))]
        self._n_sheets += 1
        self._sheet = self._archive.open(sheet_member(self._n_sheets), "w")
        titles = [heading + _string(column) for column in columns]
        cells = [part for head, title in zip(self._heads, titles, strict=True) for part in (head, b'1"', title)]
        before = before_rows(widths=widths, is_first=self._n_sheets == 1)
        self._send([before, b'<row r="1">', *cells, b"</row>"])

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        parts: list[bytes] = []
        for row in rows:
            if self._n_rows >= MOST_ROWS:
                raise _too_much(f"{MOST_ROWS:,} rows")
            self._n_rows += 1
            parts += self._row(self._n_rows + 1, row)
        self._send(parts)

    def close(self) -> None:
        self._end_sheet()
        self._archive.close()

    def discard(self) -> None:
        self._stream.is_dropped = True
        with suppress(OSError, ValueError, RuntimeError):
            if self._sheet is not None:
                self._sheet.close()
            self._archive.close()

    def _end_sheet(self) -> None:
        if self._sheet is not None:
            self._send([AFTER_ROWS])
            self._sheet.close()
            self._sheet = None

    def _row(self, number: int, row: Mapping[str, Any]) -> list[bytes]:
        place = b'%d"' % number
        parts = [b'<row r="', place, b">"]
        for head, value in zip(self._heads, map(row.get, self._columns), strict=True):
            if value is not None:
                parts += (head, place, _WRITTEN.get(type(value), _other)(value))
        parts.append(b"</row>")
        return parts

    def _send(self, parts: Sequence[bytes]) -> None:
        data = b"".join(parts)
        self._n_bytes += len(data)
        if self._n_bytes > MOST_BYTES:
            raise _too_much(f"{MOST_BYTES / 2**30:.0f} GiB")
        assert self._sheet is not None  # noqa: S101 - a sheet was begun
        self._sheet.write(data)


class ExcelWriter(WorkbookWriter):
    """Writes rows to the only sheet of a workbook."""

    def __init__(self, file: IO[bytes], columns: Sequence[str]) -> None:
        super().__init__(file, ("export",))
        self.begin(columns)


class _Stream(io.RawIOBase):
    """A file to which an archive is written from beginning to end, as if it were a pipe."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.is_dropped = False

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if not self.is_dropped:
            self._file.write(data)
        return len(data)


def _too_much(what: str) -> ConfigurationError:
    return ConfigurationError(
        f"a sheet of Excel holds {what}, and there are more",
        "Choose rows with --candidate or --metric, or export Parquet or CSV.",
    )


def _letters(at: int) -> str:
    """Return the name of a column: A to Z, then AA."""
    before, last = divmod(at, 26)
    return (_letters(before - 1) if before else "") + chr(ord("A") + last)


def _string(text: str) -> bytes:
    return _short(text) if len(text) < _SHORT else _inline(text)


def _inline(text: str) -> bytes:
    space = b' xml:space="preserve"' if text[:1].isspace() or text[-1:].isspace() else b""
    return b' t="inlineStr"><is><t%b>%b</t></is></c>' % (space, _escaped(_text(text)))


_short = lru_cache(maxsize=4096)(_inline)
"""Most columns repeat a few names, such as those of models and metrics."""


def _escaped(text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    odd = data.translate(None, _PLAIN)
    if b"_x" in data or odd.translate(None, b"&<>"):
        data = _SPECIAL.sub(lambda match: f"_x{ord(match[0]):04X}_", text).encode("utf-8", "replace")
    return data.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;") if odd else data


def _truth(value: bool) -> bytes:
    return b' t="b"><v>%d</v></c>' % value


def _whole(value: int) -> bytes:
    return b"><v>%d</v></c>" % value if abs(value) <= _EXACT else _string(str(value))


def _real(value: float) -> bytes:
    return b"><v>%b</v></c>" % float.__repr__(value).encode() if isfinite(value) else _string(str(value))


def _moment(value: datetime) -> bytes:
    if value < _FIRST_MOMENT:
        return _string(value.isoformat())
    return b' s="1"><v>%b</v></c>' % repr((value - _FIRST_DAY) / _DAY).encode()


def _other(value: Any) -> bytes:
    """Return a value of a subclass as its class is written, and any other as text."""
    for kind, write in _WRITTEN.items():
        if isinstance(value, kind):
            return write(value)
    return _string(str(value))


def _json(value: Any) -> bytes:
    return _string(json.dumps(value))


_WRITTEN: Mapping[type, Callable[[Any], bytes]] = {
    str: lambda value: _string(str(value)),
    float: _real,
    bool: _truth,
    int: _whole,
    datetime: _moment,
    list: _json,
    dict: _json,
    NoneType: lambda _: b"/>",
}
"""By type, what stands behind the place of a cell."""


def _text(text: str) -> str:
    """Return a text that a cell holds: with a remark where its end is cut off."""
    if len(text) <= LONGEST_TEXT // 2:
        return text
    n_units = len(text.encode("utf-16-le", "replace")) // 2
    if n_units <= LONGEST_TEXT:
        return text
    remark = f" … [cut: the text has {len(text):,} characters]"
    return text[: (LONGEST_TEXT - len(remark)) // 2 if n_units > len(text) else LONGEST_TEXT - len(remark)] + remark
