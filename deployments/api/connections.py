"""Connections of the HTTP interface: heads of requests are read strictly, within a time, on a bounded number of them.

The server's own reader waits for ever for a head, and takes ends of lines and folded headers that others read in
another way.
"""

import asyncio
import json
import re
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from deployments.api.access import CONNECTION, Connection
from deployments.api.problems import MEDIA_TYPE, ProblemError

HEAD_WITHIN_S = 10.0
"""Seconds for the head of a request to arrive."""
MOST_CONNECTIONS = 1024
LINGER_S = 1.0
"""Seconds for a client to read the answer to a request whose body was not."""
_AMBIGUOUS = re.compile(rb"(?<!\r)\n|\r(?!\n|\Z)|\n[ \t]")
"""A line that ends without CR LF, or that goes on in the next one."""
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_OUR_VERSION = re.compile(rb"\A(?:\r\n)*[^\r\n]* HTTP/1\.[01](?:\r\n|\Z)")
MOST_HEAD_BYTES = 64 * 1024
"""Longest head of a request, in however few pieces it arrives."""


class StrictConnection(H11Protocol):
    """A connection."""

    _timer: asyncio.TimerHandle | None = None
    _head = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state = {**self.app_state, CONNECTION: Connection()}
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self._refuse(ProblemError(503, "too many connections", kind="busy", headers={"Retry-After": "1"}))
        else:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self.conn.their_state is h11.IDLE:
            self._head += data
            head, end, _ = self._head.partition(b"\r\n\r\n")
            if (fault := _fault_of(head, is_whole=bool(end))) is not None:
                self._refuse(ProblemError(400, fault, kind="header"))
                return
            if self._timer is None:
                self._expect_head()
            if end:
                self._head = b""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._head = b""
            self._stop_timer()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: a line in the log for each request that names another protocol would only fill it."""

    def send_400_response(self, msg: str) -> None:
        """Answer to what is not HTTP with a problem."""
        self._refuse(ProblemError(400, "the request is not valid HTTP/1.1", kind="header"))

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY:
            self.loop.call_later(LINGER_S, self.transport.close)

    def _expect_head(self) -> None:
        self._timer = self.loop.call_later(HEAD_WITHIN_S, self._give_up)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        words = f"the head of the request did not arrive within {HEAD_WITHIN_S:.0f} s"
        self._refuse(ProblemError(408, words, kind="slow"))

    def _refuse(self, problem: ProblemError) -> None:
        self._stop_timer()
        if self.transport.is_closing():
            return
        body = json.dumps(problem.body(None)).encode()
        headers: list[tuple[bytes, bytes]] = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
        events: list[Any] = [
            h11.Response(status_code=problem.status, headers=headers, reason=b"Refused"),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ]
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            for event in events:
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def _fault_of(head: bytes, *, is_whole: bool) -> str | None:
    """Return what other servers would read in another way in the head of a request so far; None: nothing."""
    if len(head) > MOST_HEAD_BYTES:
        return f"the head of the request is larger than {MOST_HEAD_BYTES:,} bytes"
    if _AMBIGUOUS.search(head):
        return "a line of the head does not end with CR LF"
    if _CONTROL.search(head):
        return "the head contains a control character"
    if is_whole and not _OUR_VERSION.match(head):
        return "the request is not HTTP/1.1 or HTTP/1.0"
    return None
