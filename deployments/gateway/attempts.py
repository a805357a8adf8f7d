"""One attempt to have a request answered by one server: what is sent there, and the pieces that come back."""

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from deployments.gateway.case_words import worded
from deployments.gateway.dialects import AnswerWriter, Dialect
from deployments.gateway.plans import Target
from deployments.gateway.upstream import Upstream
from deployments.gateway.wires import reader_of
from evaluation.chat_protocols.answer_readers import AnswerReader
from evaluation.chat_protocols.deltas import Delta, joined
from evaluation.chat_protocols.measured_calls import as_measured
from evaluation.errors import FailureKind, TransientProviderError
from evaluation.providers.error_replies import RequestContext

if TYPE_CHECKING:
    from deployments.gateway.staged_answers import StagedSending

_NO_CHOICE = re.compile(rb'"choices"\s*:\s*\[\s*\]')


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A request to a server, and how its answer is passed on."""

    path: str
    body: dict[str, Any]
    reader: AnswerReader
    is_stream: bool
    """Whether the client gets a stream."""
    writer: AnswerWriter | None = None
    """Writes the answer in the client's protocol; None where the server speaks it and its words are passed on."""
    hides_counts: bool = False
    """Whether the event with the token counts alone is kept from the client, who did not ask for it."""
    convert: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    """Changes a whole reply that is passed on."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What came, and what of it goes to the client now."""

    data: bytes
    delta: Delta | None
    """None for what is no part of the answer, such as a comment that keeps a connection open."""


def sending(dialect: Dialect, body: Mapping[str, Any], target: Target) -> "Sending | StagedSending":
    """Return the request to a target for a client's body.

    Raises:
        ConfigurationError: the body cannot be read, or not be said in the server's protocol.
    """
    wire = target.upstream.wire
    is_stream = dialect.streams(body)
    if target.candidate is None and dialect.path in wire.own_paths:
        return Sending(path=dialect.path, body=dict(body), reader=reader_of(dialect.path), is_stream=is_stream)
    call = dialect.read(body)
    if target.staged is not None:
        from deployments.gateway.staged_answers import StagedSending

        writer = dialect.writer(replace(call, model=target.model))
        return StagedSending(target=target, staged=target.staged, is_stream=is_stream, writer=writer)
    call = call if target.wording is None else worded(call, target.wording)
    call = replace(call if target.candidate is None else as_measured(call, target.candidate), model=target.model)
    if dialect.path == wire.chat_path and dialect.rewritten is not None:
        return Sending(
            path=wire.chat_path,
            body=dialect.rewritten(body, call),
            reader=reader_of(wire.chat_path),
            is_stream=is_stream,
            hides_counts=not call.counts_in_stream,
        )
    return Sending(
        path=wire.chat_path,
        body=wire.chat_body(replace(call, stream=True)),
        reader=reader_of(wire.chat_path),
        is_stream=is_stream,
        writer=dialect.writer(call),
    )


async def pieces(upstream: Upstream, request: Sending) -> AsyncGenerator[Piece, None]:
    """Yield the answer as it arrives. Closing it early ends the server's work.

    Raises:
        ProviderError: the server refuses, breaks off, or its answer makes no sense.
    """
    context = RequestContext(url=upstream.name, model=str(request.body.get("model")))
    reader = request.reader
    answer: list[Delta] = []
    async with upstream.connection.stream(request.path, request.body, context=context, patient=False) as stream:
        async for line in _records(stream.lines, request):
            delta = reader.read(line)
            if delta is not None and delta.error is not None:
                raise upstream.error_in_stream(delta.error, context)
            answer += [] if delta is None or request.writer is None or request.is_stream else [delta]
            yield Piece(_data(line, delta, request), delta)
    last = reader.end()
    if not reader.is_complete:
        raise TransientProviderError(f"{context.subject}: the answer ended before its end", FailureKind.CUT_STREAM)
    if request.writer is None:
        return
    if request.is_stream:
        yield Piece(b"" if last is None else request.writer.piece(last), last)
    else:
        whole = request.writer.whole(joined([*answer, *([] if last is None else [last])]))
        yield Piece(json.dumps(whole).encode(), last)


async def _records(lines: AsyncIterator[bytes], request: Sending) -> AsyncIterator[bytes]:
    """Yield the records of a stream; a whole reply is one, over however many lines it goes."""
    if request.is_stream or request.writer is not None:
        async for line in lines:
            yield line
        return
    yield b"\n".join([line async for line in lines])


def _data(line: bytes, delta: Delta | None, request: Sending) -> bytes:
    """Return what of a record goes to the client now."""
    if request.writer is None:
        return _passed_on(line, request)
    return request.writer.piece(delta) if request.is_stream and delta is not None else b""


def _passed_on(line: bytes, request: Sending) -> bytes:
    """Return a line as the client gets it; events end with a blank line, which the reading left out."""
    if request.convert is not None:
        return json.dumps(request.convert(json.loads(line))).encode()
    if not request.is_stream:
        return line
    if request.hides_counts and _NO_CHOICE.search(line):
        return b""
    return line + (b"\n\n" if line.startswith((b"data:", b":")) else b"\n")
