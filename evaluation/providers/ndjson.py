"""Where does one record of a stream end? At the byte for a line feed, and nowhere else.

A text reader's idea of a line also ends at U+2028 and U+0085, which models do write, and so breaks the JSON.
"""

import json
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any


async def split_lines(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Lines of a stream of bytes, without their line feeds and without blank ones; the last may lack its end."""
    rest = b""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line.strip():
                yield line
    if rest.strip():
        yield rest


def read_object(line: bytes) -> dict[str, Any] | None:
    """The JSON object in a line; None where it holds anything else."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
