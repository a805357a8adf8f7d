"""NDJSON records of a byte stream, split at line feed bytes only.

A text reader also ends lines at U+2028 and U+0085, which models do write, and thereby breaks the JSON.
"""

from collections.abc import AsyncIterable, AsyncIterator
from typing import Any

from evaluation.providers.bounded_stream import MAX_LINE_BYTES
from evaluation.providers.json_reading import OddRecordError, parse_json


async def split_lines(
    chunks: AsyncIterable[bytes], *, max_line_bytes: int = MAX_LINE_BYTES, max_bytes: int | None = None
) -> AsyncIterator[bytes]:
    """Yield the lines of a stream of bytes, without line feeds and blank lines; the last line may lack its line feed.

    Where `max_bytes` is None, only the length of each line is limited.

    Raises:
        OddRecordError: a line, or all of them together, are longer than allowed.
    """
    parts: list[bytes] = []
    n_waiting = n_bytes = 0
    async for chunk in chunks:
        n_bytes += len(chunk)
        if max_bytes is not None and n_bytes > max_bytes:
            raise OddRecordError(f"an answer of more than {max_bytes:,} bytes")
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            line = b"".join((*parts, end))
            parts.clear()
            n_waiting = 0
            _refuse_long(len(line), max_line_bytes)
            if line.strip():
                yield line
        parts.append(rest)
        n_waiting += len(rest)
        _refuse_long(n_waiting, max_line_bytes)
    line = b"".join(parts)
    if line.strip():
        yield line


def _refuse_long(n_bytes: int, max_line_bytes: int) -> None:
    if n_bytes > max_line_bytes:
        raise OddRecordError(f"a record of more than {max_line_bytes:,} bytes")


def read_object(line: bytes) -> dict[str, Any] | None:
    """Parse the JSON object in a line; None where it holds anything else.

    Raises:
        OddRecordError: it is JSON that no honest server writes.
    """
    try:
        record = parse_json(line)
    except OddRecordError:
        raise
    except ValueError:
        return None
    return record if isinstance(record, dict) else None
