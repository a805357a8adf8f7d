"""HTTP replies: whole ones, streamed ones, and errors in the words of a real Ollama."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from time import time_ns
from typing import Any

JSON = "application/json; charset=utf-8"
"""Content type of most JSON answers."""
BARE_JSON = "application/json"
"""Content type of `/v1` and of what is passed through from the runner."""
NDJSON = "application/x-ndjson"
EVENTS = "text/event-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A complete answer."""

    status: int = 200
    content_type: str = JSON
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """An answer in pieces. An error before the first piece becomes a status, a later one the last piece."""

    content_type: str
    pieces: AsyncIterator[bytes]
    late_error: Callable[[str], bytes]


class WireError(Exception):
    """An error with the status and text that the client gets."""

    def __init__(self, status: int, message: str, content_type: str = JSON) -> None:
        super().__init__(status, message, content_type)
        self.status, self.message, self.content_type = status, message, content_type


def json_bytes(value: Any) -> bytes:
    """Return compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def json_line(value: Any) -> bytes:
    """Return one record of a stream as a line of JSON."""
    return json_bytes(value) + b"\n"


def json_reply(value: Any, status: int = 200, content_type: str = JSON) -> Reply:
    """Return `value` as a complete JSON answer."""
    return Reply(status=status, content_type=content_type, body=json_bytes(value))


def text_reply(status: int, text: str, content_type: str = "text/plain") -> Reply:
    """Return the plain text as a complete answer."""
    return Reply(status=status, content_type=content_type, body=text.encode())


def error_reply(error: WireError) -> Reply:
    """Return an error in Ollama's native format."""
    return json_reply({"error": error.message}, error.status, error.content_type)


def go_time(at_ns: int | None = None) -> str:
    """Return a time (now by default, Unix time in ns) in Go's format: RFC 3339 in UTC, no trailing zeros."""
    seconds, nanoseconds = divmod(time_ns() if at_ns is None else at_ns, 1_000_000_000)
    fraction = f".{nanoseconds:09d}".rstrip("0").rstrip(".")
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"
