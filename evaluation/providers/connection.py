"""An HTTP connection to one server: sends JSON, and translates transport failures into Benchwright's errors."""

import asyncio
import json
import re
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, cast

import httpx

from evaluation.errors import FailureKind, ProviderError, TransientProviderError
from evaluation.formatting import excerpt
from evaluation.providers import bounded_stream
from evaluation.providers.bounded_stream import decompressed, read_beginning, read_whole
from evaluation.providers.connection_pool import ConnectionPool
from evaluation.providers.error_replies import Refusal, RequestContext
from evaluation.providers.json_reading import OddRecordError
from evaluation.providers.ndjson import read_object, split_lines

_ERROR_NUMBER = re.compile(r"^\[Errno -?\d+\] ")
_CONNECT_CALL = "Connect call failed"
"""Words of asyncio, before an address as Python writes it."""
QUICK_S = 30.0
"""Timeout in seconds for requests that a server answers from memory."""
CONNECT_S = 5.0
SILENCE_S = 600.0
"""Longest silence in seconds where no deadline covers the whole request."""

LINGER_S = 1.0
"""Seconds for a complete answer's stream to end, so that the server does not see the client disconnect."""

_to_json = json.JSONEncoder(allow_nan=False).encode

ErrorOf = Callable[[Refusal, RequestContext], ProviderError]


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer whose head has been received."""

    content_type: str
    lines: AsyncIterator[bytes]


class Connection:
    """Holds the connections, opened on first use, and the key, which is never shown."""

    def __init__(
        self, url: str, *, error_of: ErrorOf, api_key: str | None, transport: httpx.AsyncBaseTransport | None
    ) -> None:
        self.url = url.rstrip("/")
        self._error_of = error_of
        self._api_key = api_key
        self._transport = transport or ConnectionPool()
        self._urls: dict[str, httpx.URL] = {}
        # An answer in small pieces gains nothing from compression.
        self._headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "benchwright"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"

    def __repr__(self) -> str:
        return f"Connection({self.url!r})"

    async def close(self) -> None:
        """Close every connection; a later request opens new ones."""
        await self._transport.aclose()

    async def ask(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        context: RequestContext,
        timeout_s: float = QUICK_S,
        too_late: FailureKind = FailureKind.TIMED_OUT,
    ) -> dict[str, Any]:
        """Return the JSON object that the server answers with.

        Raises:
            TransientProviderError: no connection, or no answer in time, which is then of kind `too_late`.
            ProviderError: a refusal, or an answer that is not a JSON object.
        """
        try:
            async with asyncio.timeout(timeout_s), self._sent(method, path, body, context) as response:
                answer = _parsed(await read_whole(_content(response)))
        except TimeoutError as error:
            raise TransientProviderError(
                f"{context.subject}: {method} {path} got no answer within {timeout_s:g} s", too_late
            ) from error
        if isinstance(answer, dict):
            return answer
        raise ProviderError(
            f"{context.subject}: {path} answered with something else than a JSON object: "
            f"{excerpt(answer[:400].decode('utf-8', 'replace'), 80)!r}",
            FailureKind.BAD_OPTION,
            "Is this the address of a model server?",
        )

    async def tell(self, method: str, path: str, body: dict[str, Any], *, context: RequestContext) -> None:
        """Send a request whose answer has no content.

        Raises:
            TransientProviderError: no connection, or no answer in time.
            ProviderError: a refusal.
        """
        try:
            async with asyncio.timeout(QUICK_S), self._sent(method, path, body, context) as response:
                await read_beginning(_content(response))
        except TimeoutError as error:
            raise TransientProviderError(
                f"{context.subject}: {method} {path} got no answer within {QUICK_S:g} s", FailureKind.TIMED_OUT
            ) from error

    @asynccontextmanager
    async def stream(
        self,
        path: str,
        body: dict[str, Any],
        *,
        context: RequestContext,
        patient: bool,
        is_kept: bool = True,
    ) -> AsyncIterator[Stream]:
        """Yield the answer line by line. Leaving early closes the connection, which stops the server's work.

        Args:
            path: Path of the request.
            body: Body of the request.
            context: What error messages name.
            patient: No limit on silence, because the caller has set a deadline for the whole.
            is_kept: The caller keeps what comes, so that all of it together is bounded as each line is.
        """
        async with self._sent("POST", path, body, context, patient=patient) as response:
            max_bytes = bounded_stream.MAX_STREAM_BYTES if is_kept else None
            lines = split_lines(_content(response), max_bytes=max_bytes)
            yield Stream(response.headers.get("content-type", ""), lines)

    @asynccontextmanager
    async def _sent(
        self, method: str, path: str, body: dict[str, Any] | None, context: RequestContext, *, patient: bool = False
    ) -> AsyncIterator[httpx.Response]:
        answering = False
        try:
            response = await self._transport.handle_async_request(self._request(method, path, body, patient=patient))
            try:
                if not response.is_success:
                    raise self._refused(response, await read_beginning(_content(response)), context)
                answering = True
                yield response
            finally:
                await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise broken(error, context, answering=answering) from error
        except OddRecordError as error:
            raise unreadable(error, context) from error

    def _request(self, method: str, path: str, body: dict[str, Any] | None, *, patient: bool) -> httpx.Request:
        timeout = {"connect": CONNECT_S, "read": None if patient else SILENCE_S}
        headers = self._headers if body is None else {**self._headers, "Content-Type": "application/json"}
        # Escaped to ASCII: a lone surrogate in a case must not break the encoding.
        content = None if body is None else _to_json(body).encode()
        url = self._urls.get(path) or self._urls.setdefault(path, httpx.URL(self.url + path))
        return httpx.Request(method, url, headers=headers, content=content, extensions={"timeout": timeout})

    def _refused(self, response: httpx.Response, body: bytes, context: RequestContext) -> ProviderError:
        if self._api_key:
            # Some servers repeat a wrong key in their refusal.
            body = body.replace(self._api_key.encode(), b"***")
        return self._error_of(Refusal.read(response.status_code, body, response.headers.get("retry-after")), context)


def _content(response: httpx.Response) -> AsyncIterable[bytes]:
    """Yield the content as it arrives, decompressed where the server compressed it all the same."""
    content = cast("httpx.AsyncByteStream", response.stream)
    encoding = response.headers.get("content-encoding", "identity")
    return content if encoding.strip().casefold() in ("", "identity") else decompressed(content, encoding)


def _parsed(content: bytes) -> dict[str, Any] | bytes:
    """Return the JSON object that an answer consists of; the answer itself where it is not one."""
    record = read_object(content)
    return content if record is None else record


async def drain(stream: Stream) -> None:
    """Read and discard the rest of a complete answer, ignoring any error."""
    with suppress(httpx.HTTPError, TimeoutError, OddRecordError):
        async with asyncio.timeout(LINGER_S):
            async for _ in stream.lines:
                pass


@contextmanager
def readable(context: RequestContext) -> Iterator[None]:
    """Turn the error of a record that no honest server sends into one that names the server.

    Raises:
        ProviderError: reading a reply in the block raised `OddRecordError`.
    """
    try:
        yield
    except OddRecordError as error:
        raise unreadable(error, context) from error


def unreadable(error: OddRecordError, context: RequestContext) -> ProviderError:
    """Return the error for an answer of a server that makes no sense."""
    return ProviderError(
        f"{context.subject}: the server's answer cannot be read: {error}",
        FailureKind.UNREADABLE_ANSWER,
        "Check the server's response, for example with `curl`; a proxy may be changing it.",
    )


def broken(error: Exception, context: RequestContext, *, answering: bool) -> ProviderError:
    """Return the error for a connection that could not be made, or that broke.

    Args:
        error: From httpx.
        context: What the message names.
        answering: True where the server had begun its answer.
    """
    reason = _ERROR_NUMBER.sub("", str(error)) or type(error).__name__
    if _CONNECT_CALL in reason:
        reason = "no connection could be made"
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return ProviderError(f"{context.url!r} is not the address of a server: {reason}", FailureKind.BAD_OPTION)
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return TransientProviderError(
            f"no server answers at {context.url} ({reason})",
            FailureKind.SERVER_DOWN,
            next_step="Start it, for example with `ollama serve`.",
        )
    if isinstance(error, httpx.TimeoutException):
        return TransientProviderError(
            f"{context.subject}: the server stopped responding ({reason})", FailureKind.TIMED_OUT
        )
    if answering:
        return TransientProviderError(f"{context.subject}: the answer was cut off ({reason})", FailureKind.CUT_STREAM)
    return TransientProviderError(
        f"{context.subject}: the connection was closed before an answer ({reason})", FailureKind.SERVER_DOWN
    )
