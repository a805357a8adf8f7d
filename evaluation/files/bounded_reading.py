"""Bounded file reading: limits on the size of a file, line or cell.

Files are untrusted: a small `.gz` may hold one endless line.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, AnyStr, Final

MIB: Final = 2**20
LONGEST_LINE: Final = 64 * MIB
"""Largest line in bytes or cell in characters: more than any model's context, about 16 million tokens."""
LARGEST_FILE: Final = 1024 * MIB
"""Largest file of rows in bytes, uncompressed."""
LARGEST_DOCUMENT: Final = 256 * MIB
"""Largest file of a single JSON value in bytes; it takes several times as much memory."""
LARGEST_YAML: Final = 16 * MIB
"""Largest YAML file in bytes; it takes a hundred times as much memory, and seconds for each MiB."""
LARGEST_SETTINGS: Final = MIB
"""Largest hand-written file in bytes: options, prices, a profile."""


class TooLongError(ValueError):
    """A file, line or cell exceeds its limit. The message states which one, and the limit."""

    def __init__(self, what: str, limit: int, line: int | None = None) -> None:
        super().__init__(what, limit, line)
        self.what, self.limit, self.line = what, limit, line

    def __str__(self) -> str:
        return f"{self.what} is longer than {in_mib(self.limit)}"


def in_mib(n_bytes: int) -> str:
    """Format a limit for people."""
    return f"{n_bytes // MIB:,} MiB" if n_bytes >= MIB else f"{n_bytes:,} bytes"


class BoundedReader(io.RawIOBase):
    """A binary file that returns at most `limit` bytes.

    Raises:
        TooLongError: from the read that would exceed the limit.
    """

    def __init__(self, source: IO[bytes], limit: int) -> None:
        self._source, self._limit, self._left = source, limit, limit

    def readable(self) -> bool:
        """Return True: the file is only for reading."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read into `buffer` and return the number of bytes."""
        data = self._source.read(min(len(buffer), self._left + 1))
        self._left -= len(data)
        if self._left < 0:
            raise TooLongError("the file", self._limit)
        buffer[: len(data)] = data
        return len(data)


def bounded(source: IO[bytes], limit: int = LARGEST_FILE) -> io.BufferedReader:
    """Return `source`, buffered, up to `limit` bytes."""
    return io.BufferedReader(BoundedReader(source, limit), buffer_size=MIB)


def bounded_lines(source: IO[AnyStr], limit: int = LONGEST_LINE) -> Iterator[AnyStr]:
    """Yield the lines of a file, each with its end.

    Raises:
        TooLongError: a line is longer than `limit` bytes, or characters of a text file; names it.
    """
    number = 0
    while line := source.readline(limit + 1):
        number += 1
        if len(line) > limit:
            raise TooLongError("the line", limit, number)
        yield line


def read_settings_text(path: Path) -> str:
    """Return the text of a small UTF-8 file that people write by hand, with or without a byte order mark.

    Raises:
        OSError: it cannot be read.
        UnicodeDecodeError: it is not UTF-8.
        TooLongError: it is longer than `LARGEST_SETTINGS`.
    """
    with path.open("rb") as file:
        data = file.read(LARGEST_SETTINGS + 1)
    if len(data) > LARGEST_SETTINGS:
        raise TooLongError("the file", LARGEST_SETTINGS)
    return data.decode("utf-8-sig")
