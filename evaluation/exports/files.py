"""Rows as CSV, JSON or Parquet files, written row by row and atomically."""

import csv
import errno
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import IO, Any

from evaluation.errors import ConfigurationError
from evaluation.escaping import for_spreadsheet
from evaluation.outcome_fields import names_of

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_ROWS_AT_ONCE = 2_000
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
    PARQUET = "parquet"


def write_file(
    path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]], form: Format, *, metrics: Sequence[str] = ()
) -> int:
    """Write the rows to a new file and return their number.

    Args:
        path: Where to.
        columns: In their order; a row may lack some.
        rows: One after the other.
        form: The format.
        metrics: Columns that hold a metric's value.

    Raises:
        ConfigurationError: there is such a file already, or it cannot be written.
    """
    if path.exists():
        raise ConfigurationError(f"{str(path)!r} exists already", "Name another file, or remove that one.")
    try:
        with _whole_or_nothing(path) as file:
            return write_rows(file, columns, rows, form, metrics=metrics)
    except OSError as error:
        raise _unwritable(repr(str(path)), error) from error


def write_to_pipe(
    file: IO[bytes],
    columns: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    form: Format,
    *,
    metrics: Sequence[str] = (),
) -> int:
    """Write the rows to an open file and return their number; the arguments are those of `write_file`.

    Raises:
        ConfigurationError: it cannot be written.
        BrokenPipeError: the reader has closed it.
    """
    try:
        n = write_rows(file, columns, rows, form, metrics=metrics)
        file.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _unwritable("what was exported", error) from error
    return n


def _unwritable(what: str, error: OSError) -> ConfigurationError:
    next_step = "Make room, or name a file elsewhere." if error.errno in _FULL else "Name another file."
    return ConfigurationError(f"cannot write {what}: {error.strerror or error}", next_step)


@contextmanager
def _whole_or_nothing(path: Path) -> Iterator[IO[bytes]]:
    """Yield a temporary file next to `path` that is renamed to it once all is written."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        Path(name).chmod(0o666 & ~mask)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def write_rows(
    file: IO[bytes],
    columns: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    form: Format,
    *,
    metrics: Sequence[str] = (),
) -> int:
    """Write the rows and return their number."""
    if form is Format.CSV:
        return _write_csv(file, columns, rows)
    if form is Format.JSON:
        return _write_json(file, columns, rows)
    return _write_parquet(file, columns, rows, metrics)


def _write_csv(file: IO[bytes], columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> int:
    """Write CSV with unrounded numbers, without spreadsheet formulas or terminal control characters in texts."""

    class _Encoded:
        def write(self, text: str) -> int:
            return file.write(text.encode("utf-8", "replace"))

    writer = csv.writer(_Encoded(), lineterminator="\n")
    writer.writerow([for_spreadsheet(column) for column in columns])
    n = 0
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])
        n += 1
    return n


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
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


def _write_json(file: IO[bytes], columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> int:
    """Write one array of objects; missing values are null."""
    n = 0
    for row in rows:
        value = {column: _plain(row.get(column)) for column in columns}
        file.write((b"[\n" if n == 0 else b",\n") + json.dumps(value).encode())
        n += 1
    file.write(b"\n]\n" if n else b"[]\n")
    return n


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _write_parquet(
    file: IO[bytes], columns: Sequence[str], rows: Iterable[Mapping[str, Any]], metrics: Sequence[str]
) -> int:
    """Write Parquet with column types determined by name, so that files of different runs can be combined."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(column, _type(column, metrics, pa)) for column in columns])
    n = 0
    several = iter(rows)
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        while page := list(islice(several, _ROWS_AT_ONCE)):
            n += len(page)
            writer.write_table(
                pa.table(
                    [
                        pa.array([_for_parquet(row.get(field.name), field.type) for row in page], type=field.type)
                        for field in schema
                    ],
                    schema=schema,
                )
            )
    return n


def _type(column: str, metrics: Sequence[str], pa: Any) -> Any:
    if column in _REALS or column in metrics:
        return pa.float64()
    if column in _WHOLES:
        return pa.int64()
    if column in _TRUTHS:
        return pa.bool_()
    return pa.timestamp("us", tz="UTC") if column in _MOMENTS else pa.string()


def _for_parquet(value: Any, type_: Any) -> Any:
    """Return the text without lone surrogates, which UTF-8 cannot hold.

    Any other value in a text column becomes JSON.
    """
    if value is None or str(type_) != "string":
        return value
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else json.dumps(value)
