"""Connections that are used again, with less work a request than a general client does: evaluation asks very often."""

import asyncio
import ssl
from collections.abc import AsyncIterator

import httpx

from evaluation.providers.socket_exchange import SocketExchange

KEEP_S = 3.0
"""Servers close idle connections after five seconds or more; ours are given up before."""
CLOSE_S = 1.0
NEXT_ADDRESS_S = 0.25
"""A host's next address is tried when the one before has not answered for this long."""


class ConnectionPool(httpx.AsyncBaseTransport):
    """Sends requests to one server. As many connections as there are requests at a time; no proxy, no redirect."""

    def __init__(self, *, keep_s: float = KEEP_S) -> None:
        """Nothing is connected yet.

        Args:
            keep_s: How long an idle connection may still be used.
        """
        self._keep_s = keep_s
        self._idle: list[SocketExchange] = []
        self._open: set[SocketExchange] = set()
        self._tls: ssl.SSLContext | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer, whose content is still to be read; closing it early closes its connection."""
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
    """What is still to come of an answer; its connection is kept if all of it was read, else closed."""

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
