"""Rows of tables: CSV and TSV are read cell by cell, Parquet batch by batch."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

import numpy as np

from evaluation.benchmarks.rows import Row, shown
from evaluation.errors import BenchmarkError
from evaluation.files.bounded_reading import LARGEST_FILE, LONGEST_LINE, TooLongError, bounded, bounded_lines
from evaluation.files.names import repeated_key

MMLU_COLUMNS = ("question", "A", "B", "C", "D", "answer")
"""Columns of MMLU's own files, which have no header line."""
INDEX_COLUMNS = frozenset({"", "Unnamed: 0", "__index_level_0__"})
"""Names of the column of row numbers that pandas writes by default."""
_PARQUET_BATCH = 256
"""Rows in memory at a time."""
EMPTY_CELLS = frozenset({"", "NaN", "nan"})
"""Cells that tools write for a missing value. None and NA are not among them, since they are often labels."""


def csv_rows(handle: IO[bytes], path: str, delimiter: str) -> Iterator[Row]:
    """Yield a row for each record after the header line; numbers count records."""
    records = _records(handle, path, delimiter)
    first = next(records, None)
    if first is not None and first[0].lower().startswith("sep="):  # Excel's own line, which names the separator
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
    """Return all records that are not blank. The limit of a cell's size is global to `csv`, so it is set only here."""
    text = io.TextIOWrapper(handle, encoding="utf-8-sig", newline="")
    limit = csv.field_size_limit(LONGEST_LINE)
    reader = csv.reader(bounded_lines(text, LONGEST_LINE), delimiter=delimiter, strict=True)
    try:
        records = [record for record in reader if record]
    except UnicodeDecodeError as error:
        raise BenchmarkError(
            path,
            f"is not UTF-8 (byte 0x{error.object[error.start]:02x})",
            expected="text in UTF-8",
            next_step="Save the table as UTF-8",
        ) from error
    except csv.Error as error:
        if "field limit" in str(error):
            raise TooLongError("a cell of the record", LONGEST_LINE, reader.line_num) from None
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
    columns = tuple(cell.strip() or (f"column {place}" if place > 1 else "") for place, cell in enumerate(record, 1))
    if any("\0" in name for name in columns):
        raise BenchmarkError(
            path, "holds NUL characters", line=1, expected="text in UTF-8", next_step="Save the table as UTF-8"
        )
    _check_twice(columns, path, line=1)
    other = next((mark for mark in ";\t|" if record[0].count(mark) >= len(columns)), None)
    if other:
        n_columns = "one column," if len(columns) == 1 else f"{len(columns)} columns, the first"
        raise BenchmarkError(
            path,
            f"has {n_columns} {shown(columns[0]).removeprefix('text: ')}",
            line=1,
            expected="columns separated by commas in a .csv file, by tabs in a .tsv file",
            next_step=f"Write the table with commas instead of {other!r}",
        )
    return columns


def _csv_row(columns: Sequence[str], record: Sequence[str], path: str, number: int) -> Row:
    cells = [None if cell in EMPTY_CELLS else cell for cell in record]
    row = Row(path=path, number=number, unit="row", values=dict(zip(columns, cells, strict=False)))
    if len(record) == len(columns):
        return row
    fault = row.error(
        f"has {len(record)} cells",
        expected=f"{len(columns)}, as the header line has",
        next_step="Put quotes around cells that hold the delimiter or a line break",
    )
    return row.with_fault(fault)


def parquet_rows(handle: IO[bytes], path: str) -> Iterator[Row]:
    """Yield a row for each of the file's; numbers that stand for named classes become their names."""
    import pyarrow
    from pyarrow import parquet

    source = io.BytesIO(bounded(handle).read()) if path.endswith(".gz") else handle
    number = n_bytes = 0
    try:
        file = parquet.ParquetFile(source)
        _check_twice(file.schema_arrow.names, path)
        _check_chunks(file.metadata)
        classes = _class_names(file.schema_arrow.metadata or {})
        singles = [field.name for field in file.schema_arrow if _is_of_single_floats(field.type)]
        for batch in file.iter_batches(batch_size=_PARQUET_BATCH):
            n_bytes += batch.nbytes
            if n_bytes > LARGEST_FILE:
                raise TooLongError("the table, unpacked,", LARGEST_FILE)
            for values in batch.to_pylist():
                number += 1
                values = _named(_as_written(values, singles), classes)
                yield Row(path=path, number=number, unit="row", values=values, classes=classes)
    except pyarrow.ArrowException as error:
        raise BenchmarkError(
            path,
            f"broken Parquet: {str(error).splitlines()[0]}",
            expected="a complete Parquet file",
            next_step="Write or download the file again",
        ) from error


def _check_twice(columns: Sequence[str], path: str, *, line: int | None = None) -> None:
    if twice := repeated_key(columns):
        name, how = twice
        raise BenchmarkError(
            path, f"names a column twice{how}", line=line, field=name, expected="a name for each column"
        )


def _check_chunks(metadata: Any) -> None:
    """Raise `TooLongError` before decompressing a row group that may not fit into memory."""
    for number in range(metadata.num_row_groups):
        if metadata.row_group(number).total_byte_size > LARGEST_FILE:
            raise TooLongError(f"row group {number + 1}, unpacked,", LARGEST_FILE)


def _class_names(metadata: Mapping[bytes, bytes]) -> dict[str, list[str]]:
    """Return the names of class columns, which Hugging Face's `datasets` stores beside the numbers."""
    try:
        features = json.loads(metadata.get(b"huggingface", b"{}"))["info"]["features"]
        return {
            column: list(feature["names"])
            for column, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _is_of_single_floats(kind: Any) -> bool:
    """Check whether a column, or the lists in it, holds 32-bit floats, where Python's have 64 bits."""
    if hasattr(kind, "value_type"):
        kind = kind.value_type
    return str(kind) == "float"


def _as_written(values: dict[str, Any], singles: Sequence[str]) -> dict[str, Any]:
    """Return `values` with the fewest digits that identify a 32-bit float: 0.1, not 0.10000000149011612."""
    return values | {column: _fewest_digits(values[column]) for column in singles}


def _fewest_digits(value: Any) -> Any:
    if isinstance(value, list):
        return [_fewest_digits(item) for item in value]
    return float(str(np.float32(value))) if isinstance(value, float) else value


def _named(values: dict[str, Any], classes: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    if not classes:
        return values
    named = dict(values)
    for column, names in classes.items():
        number = values.get(column)
        if isinstance(number, int):
            named[column] = names[number] if 0 <= number < len(names) else None
    return named
