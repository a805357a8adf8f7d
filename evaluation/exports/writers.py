"""Writers of rows in each format: the beginning at once, then a page at a time, then the end."""

import csv
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from types import NoneType
from typing import IO, Any, Protocol

from evaluation.escaping import for_spreadsheet
from evaluation.exports.excel import ExcelWriter
from evaluation.outcome_fields import names_of

Row = Mapping[str, Any]
_SHORT = 64
_GROUP_ROWS = 2_000
"""Rows of a group of a Parquet file, in which it is compressed and read."""
_REALS = names_of(float) | {
    "value", "low", "high", "difference", "p_value", "p_adjusted", "effect_size", "mde", "vram_share", "mean_a",
    "mean_b", "margin", "p_equivalence", "p_a_not_worse", "p_b_not_worse", "confidence_level", "standard_error", "aim",
    "design_effect", "mean_logprob",
}  # fmt: skip
_WHOLES = names_of(int) | {
    "repeat", "position", "effective_context", "n", "n_pairs", "n_more", "n_only_a", "n_only_b", "n_clusters",
    "n_better_a", "n_better_b", "n_equal",
}  # fmt: skip
_TRUTHS = names_of(bool) | {"higher_is_better"}
_MOMENTS = frozenset({"started_at", "finished_at"})


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
            return _ParquetWriter(file, columns, metrics)
        case Format.XLSX:
            return ExcelWriter(file, columns)


class _CsvWriter:
    """CSV with unrounded numbers, without spreadsheet formulas or terminal control characters in texts."""

    def __init__(self, file: IO[bytes], columns: Sequence[str]) -> None:
        self._columns = columns
        self._writer = csv.writer(_Encoded(file), lineterminator="\n")
        self._writer.writerow([for_spreadsheet(column) for column in columns])

    def write(self, rows: Sequence[Row]) -> None:
        as_is = _WRITTEN_AS_IS
        self._writer.writerows(
            [
                value if type(value) in as_is else _text_cell(value) if type(value) is str else _cell(value)
                for value in map(row.get, self._columns)
            ]
            for row in rows
        )

    def close(self) -> None:
        """CSV has no end."""

    def discard(self) -> None:
        """Nothing is held."""


class _Encoded:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        return self._file.write(text.encode("utf-8", "replace"))


_WRITTEN_AS_IS = frozenset({int, float, NoneType})
"""Types that Python's own writer writes by `repr`, and None as an empty cell."""


_short_cell = lru_cache(maxsize=4096)(for_spreadsheet)
"""Most columns repeat a few names, such as those of models and metrics."""


def _text_cell(text: str) -> str:
    return _short_cell(text) if len(text) < _SHORT else for_spreadsheet(text)


def _cell(value: Any) -> str:
    match value:
        case str():
            return for_spreadsheet(value)
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case datetime():
            return value.isoformat()
        case list() | dict():
            return for_spreadsheet(json.dumps(value))
        case _:
            return for_spreadsheet(str(value))


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


class _ParquetWriter:
    """Parquet with column types determined by name, so that files of different runs can be combined."""

    def __init__(self, file: IO[bytes], columns: Sequence[str], metrics: Sequence[str]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._schema = pa.schema([(column, _type(column, metrics, pa)) for column in columns])
        self._writer = pq.ParquetWriter(file, self._schema, compression="zstd")
        self._rows: list[Row] = []

    def write(self, rows: Sequence[Row]) -> None:
        self._rows += rows
        if len(self._rows) >= _GROUP_ROWS:
            self._write_group()

    def close(self) -> None:
        if self._rows:
            self._write_group()
        self._writer.close()

    def discard(self) -> None:
        with suppress(OSError, ValueError):
            self._writer.close()

    def _write_group(self) -> None:
        import pyarrow as pa

        values = [_column([row.get(field.name) for row in self._rows], field.type, pa) for field in self._schema]
        self._writer.write_table(pa.table(values, schema=self._schema))
        self._rows = []


def _type(column: str, metrics: Sequence[str], pa: Any) -> Any:
    if column in _REALS or column in metrics:
        return pa.float64()
    if column in _WHOLES:
        return pa.int64()
    if column in _TRUTHS:
        return pa.bool_()
    return pa.timestamp("us", tz="UTC") if column in _MOMENTS else pa.string()


def _column(values: Sequence[Any], type_: Any, pa: Any) -> Any:
    if type_ != pa.string():
        return pa.array(values, type=type_)
    try:
        return pa.array(values, type=type_)
    except (UnicodeEncodeError, pa.ArrowTypeError, pa.ArrowInvalid):
        return pa.array([_text(value) for value in values], type=type_)


def _text(value: Any) -> str | None:
    """Return the text without lone surrogates, which UTF-8 cannot hold.

    Any other value in a text column becomes JSON.
    """
    if value is None:
        return None
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else json.dumps(value)
