"""A connection pool with less overhead per request than a general HTTP client, for evaluation's many requests."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from typing import cast

import h11
import httpx

MAX_HEAD_BYTES = 100 * 1024
MAX_WAITING_BYTES = 2**20
"""Unread bytes above which reading from the server is paused."""
MAX_INTERIM_ANSWERS = 20
"""Informational responses such as `100 Continue` that are accepted before the final one."""


class SocketExchange(asyncio.Protocol):
    """A connection with the state of its current exchange. Used by one request at a time."""

    def __init__(self) -> None:
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
        self._transport: asyncio.Transport
        self._received: list[bytes] = []
        self._n_received = 0
        self._has_ended = False
        self._broke_by: Exception | None = None
        self._news: asyncio.Future[None] | None = None
        self._silence_s: float | None = None
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.idle_since = 0.0
        self.has_answered = False
        """True once a byte of the current answer has arrived."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.has_answered = True
        self._received.append(data)
        self._n_received += len(data)
        if self._n_received > MAX_WAITING_BYTES:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._has_ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._has_ended = True
        self._broke_by = exc
        self._wake()
        if not self.closed.done():
            self.closed.set_result(None)

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def close(self) -> None:
        """Close at once, even in the middle of an exchange."""
        self._transport.abort()

    def is_fit(self, *, idle_s: float) -> bool:
        """Return True where another request may be sent.

        The last answer was complete, nothing has arrived since, and the connection was not idle for too long.
        """
        is_quiet = not (self._has_ended or self._received)
        return is_quiet and self._http.our_state is h11.IDLE and time.monotonic() - self.idle_since < idle_s

    async def send(self, request: httpx.Request) -> h11.Response:
        """Send a request, whose content is at hand as bytes, and return the head of the answer.

        Raises:
            httpx.TransportError: the connection broke, or one of the two does not speak HTTP.
        """
        self.has_answered = False
        self._silence_s = request.extensions.get("timeout", {}).get("read")
        try:
            self._transport.write(self._written(request))
        except h11.LocalProtocolError as error:
            raise httpx.LocalProtocolError(str(error)) from error
        n_interim = 0
        while isinstance(event := await self._event(), h11.InformationalResponse):
            n_interim += 1
            if n_interim > MAX_INTERIM_ANSWERS:
                raise httpx.RemoteProtocolError(f"more than {MAX_INTERIM_ANSWERS} interim answers")
        if not isinstance(event, h11.Response):
            raise httpx.RemoteProtocolError(f"no answer, but {type(event).__name__}")
        return event

    def _written(self, request: httpx.Request) -> bytes:
        head = h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
        events = [head, h11.Data(data=request.content), h11.EndOfMessage()]
        return b"".join(self._http.send(event) or b"" for event in events)

    async def body(self) -> AsyncIterator[bytes]:
        """Yield the answer's content as it arrives."""
        while isinstance(event := await self._event(), h11.Data):
            yield bytes(event.data)

    def finish(self) -> bool:
        """Return True where the exchange is complete and the connection can be reused; otherwise close it."""
        is_complete = self._http.our_state is h11.DONE and self._http.their_state is h11.DONE
        if is_complete and not (self._has_ended or self._http.trailing_data[0]):
            self._http.start_next_cycle()
            self.idle_since = time.monotonic()
            return True
        self.close()
        return False

    async def _event(self) -> object:
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                data = await self._read()
                if not data and self._http.their_state is h11.SEND_RESPONSE:
                    raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
                self._http.receive_data(data)
        except h11.RemoteProtocolError as error:
            raise httpx.RemoteProtocolError(str(error)) from error
        return event

    async def _read(self) -> bytes:
        """Wait for data and return what has arrived since the last call; empty at the stream's end."""
        if not self._received and not self._has_ended:
            self._news = asyncio.get_running_loop().create_future()
            try:
                # Not `wait_for`: Python 3.11's forgets a cancellation where the news come in the same moment.
                async with asyncio.timeout(self._silence_s):
                    await self._news
            except TimeoutError as error:
                raise httpx.ReadTimeout(f"nothing came for {self._silence_s:g} s") from error
        if not self._received and self._broke_by is not None:
            raise httpx.ReadError(str(self._broke_by)) from self._broke_by
        data = b"".join(self._received)
        self._received.clear()
        self._n_received = 0
        if not self._has_ended:
            self._transport.resume_reading()
        return data


KEEP_S = 3.0
"""Seconds to keep an idle connection; servers close theirs after five seconds or more."""
CLOSE_S = 1.0
NEXT_ADDRESS_S = 0.25
"""Seconds without a reply after which a host's next address is tried."""


class ConnectionPool(httpx.AsyncBaseTransport):
    """Sends requests to one server, with one connection for each concurrent request; no proxy, no redirect."""

    def __init__(self, *, keep_s: float = KEEP_S) -> None:
        """Create a pool without any connection.

        Args:
            keep_s: How long an idle connection may still be used.
        """
        self._keep_s = keep_s
        self._idle: list[SocketExchange] = []
        self._open: set[SocketExchange] = set()
        self._tls: ssl.SSLContext | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the answer with its content unread; closing it early closes its connection."""
        connection = self._kept()
        if connection is not None:
            try:
                return await self._answer(connection, request)
            except (httpx.RemoteProtocolError, httpx.ReadError):
                if connection.has_answered:
                    raise
                # The server closed it at the very moment when it was used again, which says nothing about the server.
        return await self._answer(await self._connected(request), request)

    async def aclose(self) -> None:
        """Close every connection."""
        for connection in self._open:
            connection.close()
        if self._open:
            await asyncio.wait([connection.closed for connection in self._open], timeout=CLOSE_S)

    def _kept(self) -> SocketExchange | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_fit(idle_s=self._keep_s):
                return connection
            connection.close()
        return None

    async def _connected(self, request: httpx.Request) -> SocketExchange:
        url, tls = request.url, self._tls_for(request.url)
        try:
            async with asyncio.timeout(request.extensions.get("timeout", {}).get("connect")):
                _, connection = await asyncio.get_running_loop().create_connection(
                    SocketExchange,
                    url.raw_host.decode(),
                    url.port or (443 if tls else 80),
                    ssl=tls,
                    happy_eyeballs_delay=None if _is_number(url.host) else NEXT_ADDRESS_S,
                )
        except TimeoutError as error:
            raise httpx.ConnectTimeout("no connection in time") from error
        except OSError as error:
            raise httpx.ConnectError(str(error)) from error
        self._open.add(connection)
        connection.closed.add_done_callback(lambda _: self._open.discard(connection))
        return connection

    def _tls_for(self, url: httpx.URL) -> ssl.SSLContext | None:
        if url.scheme not in ("http", "https"):
            raise httpx.UnsupportedProtocol(f"the scheme {url.scheme!r} is neither 'http' nor 'https'")
        if url.scheme == "http":
            return None
        if self._tls is None:
            # Loading the certificate authorities takes long; SSL_CERT_FILE is honoured.
            self._tls = httpx.create_ssl_context()
        return self._tls

    async def _answer(self, connection: SocketExchange, request: httpx.Request) -> httpx.Response:
        try:
            head = await connection.send(request)
        except BaseException:
            connection.close()
            raise
        return httpx.Response(
            head.status_code, headers=head.headers.raw_items(), stream=_Content(connection, self._idle)
        )


def _is_number(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdecimal()


class _Content(httpx.AsyncByteStream):
    """Remaining body of an answer; its connection is kept if the body was read completely, else closed."""

    def __init__(self, connection: SocketExchange, idle: list[SocketExchange]) -> None:
        self._connection = connection
        self._idle = idle
        self._is_over = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._connection.body()

    async def aclose(self) -> None:
        if not self._is_over:
            self._is_over = True
            if self._connection.finish():
                self._idle.append(self._connection)
