"""Writers of rows in each format: the beginning at once, then a page at a time, then the end."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import IO, Any, Protocol

from evaluation.escaping import for_spreadsheet
from evaluation.exports.excel import ExcelWriter
from evaluation.exports.parquet import ParquetWriter

Row = Mapping[str, Any]
_SHORT = 64


class Format(StrEnum):
    """A file format."""

    CSV = "csv"
    JSON = "json"
    NDJSON = "ndjson"
    PARQUET = "parquet"
    XLSX = "xlsx"

    @property
    def media_type(self) -> str:
        """Its media type in HTTP."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.JSON: "application/json",
    Format.NDJSON: "application/x-ndjson",
    Format.PARQUET: "application/vnd.apache.parquet",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class RowWriter(Protocol):
    """Writes rows to an open file. Making one writes what stands before the rows."""

    def write(self, rows: Sequence[Row]) -> None:
        """Write some rows."""

    def close(self) -> None:
        """Write what stands after the rows; the file stays open."""

    def discard(self) -> None:
        """Give up in the middle: what is written is not a whole file, and nobody reads it."""


def writer_of(form: Format, file: IO[bytes], columns: Sequence[str], metrics: Sequence[str] = ()) -> RowWriter:
    """Return a writer.

    Args:
        form: The format.
        file: Where to; no writer seeks in it.
        columns: In their order; a row may lack some.
        metrics: Columns that hold a metric's value.
    """
    match form:
        case Format.CSV:
            return _CsvWriter(file, columns)
        case Format.JSON:
            return _JsonWriter(file, columns)
        case Format.NDJSON:
            return _JsonLinesWriter(file, columns)
        case Format.PARQUET:
            return ParquetWriter(file, columns, metrics)
        case Format.XLSX:
            return ExcelWriter(file, columns)


class _CsvWriter:
    """CSV with unrounded numbers, without spreadsheet formulas or terminal control characters in texts."""

    def __init__(self, file: IO[bytes], columns: Sequence[str]) -> None:
        self._file, self._columns = file, columns
        self._write_lines([_line([_text_cell(column) for column in columns])])

    def write(self, rows: Sequence[Row]) -> None:
        cells = _CELLS
        self._write_lines(
            _line(
                [
                    "" if value is None else cells.get(type(value), _other_cell)(value)
                    for value in map(row.get, self._columns)
                ]
            )
            for row in rows
        )

    def close(self) -> None:
        """CSV has no end."""

    def discard(self) -> None:
        """Nothing is held."""

    def _write_lines(self, lines: Iterable[str]) -> None:
        self._file.write("".join(lines).encode("utf-8", "replace"))


def _line(cells: Sequence[str]) -> str:
    """Return a line; one of a single empty cell is quoted, since an empty line is none."""
    return (",".join(cells) if cells != [""] else '""') + "\n"


def _quoted(text: str) -> str:
    shown = for_spreadsheet(text)
    if '"' in shown:
        return '"' + shown.replace('"', '""') + '"'
    return f'"{shown}"' if "," in shown or "\n" in shown or "\r" in shown else shown


_short_cell = lru_cache(maxsize=4096)(_quoted)
"""Most columns repeat a few names, such as those of models and metrics."""


def _text_cell(text: str) -> str:
    return _short_cell(text) if len(text) < _SHORT else _quoted(text)


def _json_cell(value: Any) -> str:
    return _text_cell(json.dumps(value))


_CELLS: Mapping[type, Callable[[Any], str]] = {
    str: _text_cell,
    float: repr,
    int: repr,
    bool: lambda value: str(value).lower(),
    datetime: datetime.isoformat,
    list: _json_cell,
    dict: _json_cell,
}
"""By type; None is an empty cell."""


def _other_cell(value: Any) -> str:
    """Return a value of a subclass as its class is written, and any other as text."""
    match value:
        case int():
            return int.__repr__(value)
        case float():
            return float.__repr__(value)
        case _:
            return _text_cell(str(value))


class _JsonWriter:
    """One array of objects; missing values are null."""

    def __init__(self, file: IO[bytes], columns: Sequence[str]) -> None:
        self._file, self._columns, self._is_empty = file, columns, True
        file.write(b"[")

    def write(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._file.write((b"\n" if self._is_empty else b",\n") + _object(row, self._columns))
            self._is_empty = False

    def close(self) -> None:
        self._file.write(b"]\n" if self._is_empty else b"\n]\n")

    def discard(self) -> None:
        """Nothing is held."""


class _JsonLinesWriter:
    """An object a line; missing values are null."""

    def __init__(self, file: IO[bytes], columns: Sequence[str]) -> None:
        self._file, self._columns = file, columns

    def write(self, rows: Sequence[Row]) -> None:
        self._file.write(b"".join(_object(row, self._columns) + b"\n" for row in rows))

    def close(self) -> None:
        """Lines have no end."""

    def discard(self) -> None:
        """Nothing is held."""


def _object(row: Row, columns: Sequence[str]) -> bytes:
    return _encode(dict(zip(columns, map(row.get, columns), strict=True))).encode()


def _moment(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no cell of a table holds a {type(value).__name__}")


_encode = json.JSONEncoder(default=_moment).encode
