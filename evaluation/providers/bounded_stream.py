"""Bounded reading of a server's answer, by line or whole, compressed or not.

A server may send endlessly, without a line feed, or a few bytes that decompress to gigabytes. The limit applies while
reading, so memory is bounded whatever arrives.
"""

import zlib
from collections.abc import AsyncIterable, AsyncIterator

from evaluation.formatting import excerpt
from evaluation.providers.json_reading import OddRecordError

MAX_LINE_BYTES = 4 * 2**20
"""Bytes of one record of a stream: an answer that a proxy sends in one piece has to fit."""
MAX_STREAM_BYTES = 64 * 2**20
"""Bytes of all records of one answer: half a million tokens, at about 130 bytes each."""
MAX_WHOLE_BYTES = 8 * 2**20
"""Bytes of an unstreamed answer, such as a list of models."""
MAX_ERROR_BYTES = 2**20
"""Bytes read of an error's body; the rest is not awaited."""
_PIECE_BYTES = 2**16
_COMPRESSED = ("gzip", "x-gzip", "deflate")


async def read_whole(chunks: AsyncIterable[bytes], *, max_bytes: int = MAX_WHOLE_BYTES) -> bytes:
    """Read the whole stream.

    Raises:
        OddRecordError: it is longer than allowed.
    """
    data = bytearray()
    async for chunk in chunks:
        data += chunk
        if len(data) > max_bytes:
            raise OddRecordError(f"an answer of more than {max_bytes:,} bytes")
    return bytes(data)


async def read_beginning(chunks: AsyncIterable[bytes], *, max_bytes: int = MAX_ERROR_BYTES) -> bytes:
    """Read up to `max_bytes` bytes of the stream; the rest is left unread."""
    data = bytearray()
    async for chunk in chunks:
        data += chunk[: max_bytes - len(data)]
        if len(data) >= max_bytes:
            break
    return bytes(data)


async def decompressed(chunks: AsyncIterable[bytes], encoding: str) -> AsyncIterator[bytes]:
    """Yield, in pieces of bounded size, the content of an answer that is compressed although the request forbade it.

    Raises:
        OddRecordError: an unknown compression, or invalid bytes.
    """
    if encoding.strip().casefold() not in _COMPRESSED:
        raise OddRecordError(f"unsupported content encoding {excerpt(encoding, 40)!r} (the request asked for none)")
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        async for chunk in chunks:
            while chunk and not unpacking.eof:
                piece = unpacking.decompress(chunk, _PIECE_BYTES)
                chunk = unpacking.unconsumed_tail
                if piece:
                    yield piece
    except zlib.error as error:
        raise OddRecordError("bytes that cannot be unpacked") from error
