"""Rows as files, written page by page and atomically."""

import errno
import io
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

from evaluation.errors import ConfigurationError
from evaluation.exports.writers import Format, RowWriter, writer_of

_ROWS_AT_ONCE = 500
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


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
    with new_file(path) as file:
        return write_rows(file, columns, rows, form, metrics=metrics)


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """Yield a file that is there, and whole, once the block has ended; where the block fails there is none.

    Raises:
        ConfigurationError: there is such a file already, or it cannot be written.
    """
    must_not_exist(path)
    try:
        with _whole_or_nothing(path) as file:
            yield file
    except OSError as error:
        raise _unwritable(repr(str(path)), error) from error


def must_not_exist(path: Path) -> None:
    """Check that there is no such file.

    Raises:
        ConfigurationError: there is.
    """
    if os.path.exists(path):
        raise ConfigurationError(f"{str(path)!r} exists already", "Name another file, or remove that one.")


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
    n = 0
    with _open_writer(form, file, columns, metrics) as writer:
        for page in _pages(rows):
            writer.write(page)
            n += len(page)
    return n


def written_chunks(
    columns: Sequence[str], rows: Iterable[Mapping[str, Any]], form: Format, *, metrics: Sequence[str] = ()
) -> Iterator[bytes]:
    """Yield the file of the rows in pieces, each as soon as its rows are read; the first before any."""
    sink = _Sink()
    with _open_writer(form, cast("IO[bytes]", sink), columns, metrics) as writer:
        yield sink.taken()
        for page in _pages(rows):
            writer.write(page)
            yield sink.taken()
    yield sink.taken()


@contextmanager
def _open_writer(form: Format, file: IO[bytes], columns: Sequence[str], metrics: Sequence[str]) -> Iterator[RowWriter]:
    """Yield a writer that is closed at the end, and discarded where the rows break off."""
    writer = writer_of(form, file, columns, metrics)
    try:
        yield writer
        writer.close()
    except BaseException:
        writer.discard()
        raise


def _pages(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    rest = iter(rows)
    while page := list(islice(rest, _ROWS_AT_ONCE)):
        yield page


class _Sink(io.RawIOBase):
    """A file that hands out what was written since the last time, and knows its whole length, as Parquet needs."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._n_bytes = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._n_bytes += len(part)
        return len(part)

    def tell(self) -> int:
        return self._n_bytes

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        written = b"".join(self._parts)
        self._parts.clear()
        return written
