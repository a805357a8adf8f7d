"""Messages of a known length between our process and another one."""

import struct
from typing import IO

_LENGTH = struct.Struct(">Q")


class TooLongMessageError(Exception):
    """Raised where a message is longer than it may be; the message says how long that is."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most

    def __str__(self) -> str:
        return f"a message of more than {self.most // 1024**2} MiB"


def write_message(pipe: IO[bytes], data: bytes, *, most: int) -> None:
    """Write a message: its length, and its bytes.

    Raises:
        TooLongMessageError: it is longer than `most` bytes; nothing was written.
    """
    if len(data) > most:
        raise TooLongMessageError(most)
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def read_message(pipe: IO[bytes], *, most: int) -> bytes:
    """Read a message of at most so many bytes.

    Raises:
        EOFError: there is none any more.
        TooLongMessageError: it is longer.
    """
    (length,) = _LENGTH.unpack(_exactly(pipe, _LENGTH.size))
    if length > most:
        raise TooLongMessageError(most)
    return _exactly(pipe, length)


def _exactly(pipe: IO[bytes], length: int) -> bytes:
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return data
