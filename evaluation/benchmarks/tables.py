"""Which rows does a table hold? CSV and TSV cell by cell, Parquet batch by batch."""

import csv
import io
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

from evaluation.benchmarks.rows import Row
from evaluation.errors import BenchmarkError

MMLU_COLUMNS = ("question", "A", "B", "C", "D", "answer")
"""MMLU's own files have these columns and no line that names them."""
EMPTY_CELLS = frozenset({"", "NaN", "nan"})
"""What tools write for a missing cell. The words None and NA are labels as often as not, so they stay."""


def csv_rows(handle: IO[bytes], path: str, delimiter: str) -> Iterator[Row]:
    """A row for each record after the header line; numbers count records."""
    records = _records(handle, path, delimiter)
    first = next(records, None)
    if first is None:
        return
    columns: tuple[str, ...]
    if _is_headerless_mmlu(first):
        yield _csv_row(MMLU_COLUMNS, first, path, 1)
        columns, start = MMLU_COLUMNS, 2
    else:
        columns, start = _columns(first, path), 1
    for number, record in enumerate(records, start=start):
        yield _csv_row(columns, record, path, number)


def _records(handle: IO[bytes], path: str, delimiter: str) -> Iterator[list[str]]:
    """All records that are not blank. The limit of a cell's size is global to `csv`, so it is lifted only here."""
    text = io.TextIOWrapper(handle, encoding="utf-8-sig", newline="")
    limit = csv.field_size_limit(sys.maxsize)
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        records = [record for record in reader if record]
    except UnicodeDecodeError as error:
        raise BenchmarkError(
            path,
            f"is not UTF-8 (byte 0x{error.object[error.start]:02x})",
            expected="text in UTF-8",
            next_step="save the table as UTF-8",
        ) from error
    except csv.Error as error:
        raise BenchmarkError(
            path,
            f"broken CSV: {error}",
            line=reader.line_num,
            expected='cells with a quote in them written as "a ""quoted"" word"',
        ) from error
    finally:
        csv.field_size_limit(limit)
        text.detach()
    return iter(records)


def _is_headerless_mmlu(record: Sequence[str]) -> bool:
    return len(record) == len(MMLU_COLUMNS) and record[-1].strip() in {"A", "B", "C", "D"} and record[1] != "A"


def _columns(record: Sequence[str], path: str) -> tuple[str, ...]:
    columns = tuple(cell.strip() for cell in record)
    twice = [name for name, n in Counter(columns).items() if n > 1]
    if twice:
        raise BenchmarkError(path, "names a column twice", line=1, field=twice[0], expected="a name for each column")
    other = next((mark for mark in ";\t|" if len(columns) == 1 and mark in columns[0]), None)
    if other:
        raise BenchmarkError(
            path,
            f"has one column, {columns[0]!r}",
            line=1,
            expected="columns separated by commas in a .csv file, by tabs in a .tsv file",
            next_step=f"write the table with commas instead of {other!r}",
        )
    return columns


def _csv_row(columns: Sequence[str], record: Sequence[str], path: str, number: int) -> Row:
    cells = [None if cell in EMPTY_CELLS else cell for cell in record]
    row = Row(path=path, number=number, unit="row", values=dict(zip(columns, cells, strict=False)))
    if len(record) != len(columns):
        raise row.error(
            f"has {len(record)} cells",
            expected=f"{len(columns)}, as the header line has",
            next_step="put quotes around cells that hold the delimiter or a line break",
        )
    return row


def parquet_rows(handle: IO[bytes], path: str) -> Iterator[Row]:
    """A row for each of the file's; numbers that stand for named classes come as their names."""
    import pyarrow
    from pyarrow import parquet

    source = io.BytesIO(handle.read()) if path.endswith(".gz") else handle
    number = 0
    try:
        file = parquet.ParquetFile(source)
        classes = _class_names(file.schema_arrow.metadata or {})
        for batch in file.iter_batches():
            for values in batch.to_pylist():
                number += 1
                yield Row(path=path, number=number, unit="row", values=_named(values, classes))
    except pyarrow.ArrowException as error:
        raise BenchmarkError(
            path,
            f"broken Parquet: {str(error).splitlines()[0]}",
            expected="a complete Parquet file",
            next_step="write or download the file again",
        ) from error


def _class_names(metadata: Mapping[bytes, bytes]) -> dict[str, list[str]]:
    """The names of class columns, which Hugging Face's `datasets` stores beside the numbers."""
    try:
        features = json.loads(metadata.get(b"huggingface", b"{}"))["info"]["features"]
        return {
            column: list(feature["names"])
            for column, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _named(values: dict[str, Any], classes: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    if not classes:
        return values
    named = dict(values)
    for column, names in classes.items():
        number = values.get(column)
        if isinstance(number, int):
            named[column] = names[number] if 0 <= number < len(names) else None
    return named
