"""Whatever a server sends, a provider gives a value or one of our errors, and holds no more than it has to."""

import asyncio
import gzip
import json
import random
import tracemalloc
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from odd_exchanges import Endless, OddServer, drawn_response

from evaluation.errors import FailureKind, ProviderError, TransientProviderError
from evaluation.providers import bounded_stream, detection
from evaluation.providers.bounded_stream import MAX_ERROR_BYTES, MAX_LINE_BYTES, MAX_WHOLE_BYTES
from evaluation.providers.error_replies import read_retry_after
from evaluation.providers.ollama import OllamaProvider
from evaluation.providers.openai_compatible import OpenAICompatibleProvider

MIB = 2**20
N_EXCHANGES = 1_000
DEEP = "[" * 200_000 + "]" * 200_000


async def _pulled(provider: OllamaProvider) -> Any:
    return [step async for step in provider.pull("tiny")]


def _ways(wire: Any) -> dict[str, tuple[type, Callable[[Any], Awaitable[Any]]]]:
    """Every question that a provider asks a server."""
    return {
        "chat": (OllamaProvider, lambda provider: provider.generate(wire.ask_for())),
        "show": (OllamaProvider, lambda provider: provider.show("tiny")),
        "tags": (OllamaProvider, OllamaProvider.models),
        "ps": (OllamaProvider, OllamaProvider.loaded),
        "version": (OllamaProvider, OllamaProvider.version),
        "embed": (OllamaProvider, lambda provider: provider.embed("tiny", ["a"])),
        "load": (OllamaProvider, lambda provider: provider.load("tiny", {}, keep_alive=0, timeout_s=20)),
        "unload": (OllamaProvider, lambda provider: provider.unload("tiny", wait=False)),
        "pull": (OllamaProvider, _pulled),
        "OpenAI chat": (OpenAICompatibleProvider, lambda provider: provider.generate(wire.ask_for())),
        "OpenAI models": (OpenAICompatibleProvider, OpenAICompatibleProvider.models),
        "OpenAI show": (OpenAICompatibleProvider, lambda provider: provider.show("tiny")),
        "OpenAI embed": (OpenAICompatibleProvider, lambda provider: provider.embed("tiny", ["a"])),
        "OpenAI version": (OpenAICompatibleProvider, OpenAICompatibleProvider.version),
    }


def _ask(wire: Any, way: str, draw: Callable[[httpx.Request], httpx.Response]) -> Any:
    kind, do = _ways(wire)[way]

    async def run() -> Any:
        async with kind(wire.url, transport=OddServer(draw)) as provider:
            return await do(provider)

    return asyncio.run(run())


WAYS = list(_ways(None))
LARGE_WAYS = ["chat", "tags", "pull", "OpenAI chat"]
"""One for each way in which an answer is read; large answers take long."""


def _peak_bytes(do: Callable[[], Any]) -> int:
    tracemalloc.start()
    try:
        do()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def _outcome(asked: Awaitable[Any]) -> str:
    try:
        await asked
    except ProviderError as error:
        return "refused" if len(str(error)) < 3_000 else "refused at length"
    return "answered"


def test_a_thousand_odd_exchanges_raise_nothing_but_our_errors_and_take_little_memory(wire: Any) -> None:
    rng = random.Random(20261122)
    ways = _ways(wire)
    kinds = {"answered": 0, "refused": 0}

    async def all_exchanges() -> None:
        for number in range(N_EXCHANGES):
            kind, do = ways[WAYS[number % len(WAYS)]]
            async with kind(wire.url, transport=OddServer(lambda request: drawn_response(rng, request))) as provider:
                kinds[await _outcome(do(provider))] += 1

    peak = _peak_bytes(lambda: asyncio.run(all_exchanges()))
    assert N_EXCHANGES == sum(kinds.values())
    assert min(kinds.values()) > 100, kinds
    assert peak < 20 * MIB


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("status", [200, 500])
def test_json_nested_without_end_is_refused_by_name(wire: Any, way: str, status: int) -> None:
    body = f'{{"message": {{"content": "y"}}, "done": false, "error": {DEEP}, "deep": {DEEP}}}\n'.encode()
    if status == 200 and way in ("load", "unload"):
        body = body.replace(b"false", b"true")
    with pytest.raises(ProviderError) as caught:
        _ask(wire, way, lambda _: httpx.Response(status, content=body))
    if status == 200:
        assert FailureKind.UNREADABLE_ANSWER == caught.value.kind
        assert "nested more than 100 levels deep" in str(caught.value)


@pytest.mark.no_cover
@pytest.mark.parametrize("way", LARGE_WAYS)
@pytest.mark.parametrize(
    "piece",
    [b"x" * 65_536, b'{"status": "a", "message": {"content": "ab"}}\n' * 1_000, b"\n" * 65_536, b"[" * 65_536],
    ids=["no line feed", "records", "blank lines", "brackets"],
)
def test_an_endless_answer_is_bounded_and_named(
    wire: Any, way: str, piece: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_stream, "MAX_STREAM_BYTES", 2 * MIB)
    endless = Endless(piece, at_most=100 * MIB)
    is_pull_of_records = way == "pull" and b"\n" in piece
    if is_pull_of_records:
        endless = Endless(piece, at_most=MIB)  # nothing of a pull is kept: it may go on for hours
    with pytest.raises(ProviderError) as caught:
        _ask(wire, way, lambda _: httpx.Response(200, stream=endless))
    if not is_pull_of_records:
        assert FailureKind.UNREADABLE_ANSWER == caught.value.kind
        assert "of more than" in str(caught.value)
        assert endless.n_taken <= MAX_WHOLE_BYTES + len(piece)


def test_an_endless_line_takes_no_more_memory_than_a_line_may(wire: Any) -> None:
    endless = Endless(b"x" * 65_536)

    def ask() -> None:
        with pytest.raises(ProviderError, match=r"a record of more than 4,194,304 bytes"):
            _ask(wire, "chat", lambda _: httpx.Response(200, stream=endless))

    assert _peak_bytes(ask) < 4 * MAX_LINE_BYTES
    assert endless.n_taken <= MAX_LINE_BYTES + 65_536


@pytest.mark.parametrize("way", LARGE_WAYS)
def test_of_an_endless_error_only_the_beginning_is_read(wire: Any, way: str) -> None:
    endless = Endless(b"the server is on fire. " * 3_000)
    with pytest.raises(ProviderError, match=r"the server is on fire"):
        _ask(wire, way, lambda _: httpx.Response(500, stream=endless))
    assert endless.n_taken <= MAX_ERROR_BYTES + 69_000


@pytest.mark.parametrize("way", LARGE_WAYS)
@pytest.mark.parametrize("status", [200, 500])
def test_a_small_answer_that_unpacks_to_gigabytes_takes_little_memory(wire: Any, way: str, status: int) -> None:
    bomb = gzip.compress(bytes(50 * MIB))
    headers = {"content-encoding": "gzip"}

    def ask() -> None:
        with pytest.raises(ProviderError):
            _ask(wire, way, lambda _: httpx.Response(status, headers=headers, stream=Endless(bomb, at_most=len(bomb))))

    assert _peak_bytes(ask) < 40 * MIB


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "x" * 1_000])
def test_an_encoding_that_nobody_asked_for_is_named(wire: Any, encoding: str) -> None:
    with pytest.raises(ProviderError, match="unsupported content encoding") as caught:
        _ask(wire, "tags", lambda _: httpx.Response(200, headers={"content-encoding": encoding}, stream=Endless(b"x")))
    assert FailureKind.UNREADABLE_ANSWER == caught.value.kind


ODD_COUNTS = [10**30, -5, "three", True, [], {}, 1.5, 2**31]


@pytest.mark.parametrize("key", ["eval_count", "prompt_eval_count"])
@pytest.mark.parametrize("value", ODD_COUNTS, ids=repr)
def test_a_count_that_cannot_be_meant_fails_its_case_by_name(wire: Any, key: str, value: Any) -> None:
    with pytest.raises(ProviderError, match=f"{key}.* is .*expected a whole number from 0 to") as caught:
        wire.chat(wire.said("hi"), wire.final(**{key: value})).generate()
    assert FailureKind.UNREADABLE_ANSWER == caught.value.kind
    assert not isinstance(caught.value, TransientProviderError)


@pytest.mark.parametrize("key", ["total_duration", "load_duration", "prompt_eval_duration", "eval_duration"])
@pytest.mark.parametrize("value", [10**400, 10**300, -1, "1s", 2**62, False], ids=lambda value: repr(value)[:20])
def test_a_duration_that_cannot_be_meant_fails_its_case_by_name(wire: Any, key: str, value: Any) -> None:
    with pytest.raises(ProviderError, match=f"{key}.* is .*expected a whole number from 0 to") as caught:
        wire.chat(wire.said("hi"), wire.final(**{key: value})).generate()
    assert FailureKind.UNREADABLE_ANSWER == caught.value.kind
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("key", ["prompt_tokens", "completion_tokens"])
@pytest.mark.parametrize("value", ODD_COUNTS, ids=repr)
def test_a_count_of_a_compatible_server_is_read_likewise(wire: Any, key: str, value: Any) -> None:
    events = [
        {"choices": [{"delta": {"content": "hi"}, "finish_reason": "stop"}]},
        {"choices": [], "usage": {key: value}},
    ]
    body = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)
    with pytest.raises(ProviderError, match=f"{key}.* is .*expected a whole number from 0 to"):
        wire.on("/v1/chat/completions", httpx.Response(200, content=body)).compatible(
            lambda provider: provider.generate(wire.ask_for())
        )


def test_whole_numbers_that_are_written_with_a_point_are_read(wire: Any) -> None:
    assert 12 == wire.chat(wire.said("hi"), wire.final(eval_count=12.0)).generate().output_tokens


@pytest.mark.parametrize("content", [5, [], {"text": "hi"}, True])
def test_a_text_that_is_none_fails_its_case_by_name(wire: Any, content: Any) -> None:
    with pytest.raises(ProviderError, match=r"'content' is .*expected a text") as caught:
        wire.chat(wire.said(content), wire.final()).generate()
    assert FailureKind.UNREADABLE_ANSWER == caught.value.kind


def test_a_model_is_described_without_what_no_database_holds(wire: Any) -> None:
    entry = {"name": "tiny", "digest": 5, "size": 10**30, "details": {"context_length": -1, "family": [], "x": "y"}}
    answer = httpx.Response(200, json={"models": [entry, {"name": "n" * 2_000}, {"name": 5}, None, [], "tiny"]})
    (model,) = wire.on("/api/tags", answer).ollama(OllamaProvider.models)
    assert ("tiny", None, None, None, None) == (
        model.name,
        model.digest,
        model.size_bytes,
        model.context_length,
        model.family,
    )


@pytest.mark.parametrize(
    "value", ["(" * 5_000, "9" * 9_000, "1e999", "-" * 100_000 + "1", "[" * 3_000 + "]" * 3_000, "'" + "x" * 10**6]
)
def test_a_models_own_parameters_of_any_form_are_read(wire: Any, value: str) -> None:
    wire.on("/api/tags", httpx.Response(200, json={"models": []}))
    wire.on("/api/show", httpx.Response(200, json={"parameters": f"temperature {value}\ntop_k 5"}))
    assert 5 == wire.ollama(lambda provider: provider.show("tiny")).parameters["top_k"]


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe{\x00}\x00", b"null", b"3", b'"x"', b"<html>", b"{", b"\xef\xbb\xbf"]
)
@pytest.mark.parametrize("way", [way for way in WAYS if way != "OpenAI version"])  # which most servers do not tell
def test_what_is_no_json_object_is_an_error(wire: Any, way: str, content: bytes) -> None:
    with pytest.raises(ProviderError):
        _ask(wire, way, lambda _: httpx.Response(200, content=content))


def test_a_thought_that_is_closed_a_million_times_is_split_in_one_pass(wire: Any) -> None:
    text = "</think>" * 400_000
    assert "" == wire.chat(wire.said(text), wire.final()).generate().answer


@pytest.mark.parametrize(
    "header",
    ["Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Mon, 01 Jan 2035 00:00:00 +9999999", "nan", "\xff", ",,"],
)
def test_an_odd_time_to_wait_is_none(header: str) -> None:
    assert read_retry_after(header) is None


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\n" + b"X-Odd: " + b"x" * 300_000,
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 100_000,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000,
        b"HTTP/1.1 307 Moved\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 999 \r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 300_000,
        b"SSH-2.0-OpenSSH\r\n",
        b"\0" * 300_000,
    ],
    ids=["long header", "many headers", "interim", "redirect", "status", "length", "chunk", "ssh", "zeros"],
)
def test_an_odd_head_is_one_of_our_errors(raw: Any, head: bytes) -> None:
    async def run() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(head)
            await writer.drain()
            writer.close()

        async with raw.server(answer) as url, OllamaProvider(url) as provider:
            with pytest.raises(ProviderError):
                await provider.models()

    asyncio.run(run())


def test_a_server_that_sends_faster_than_it_is_read_has_to_wait(raw: Any) -> None:
    n_sent = 0

    async def run() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal n_sent
            writer.write(raw.head + raw.chunked(b'{"status": "pulling"}\n'))
            while True:
                writer.write(raw.chunked(b"\n" * 65_536))
                await writer.drain()
                n_sent += 65_536

        async with raw.server(answer) as url, OllamaProvider(url) as provider:
            steps = provider.pull("tiny")
            await anext(steps)
            for _ in range(200):
                await asyncio.sleep(0.005)
            await steps.aclose()

    asyncio.run(run())
    assert n_sent < 30 * MIB  # what the two ends of a socket hold, and ours


def test_detecting_what_a_server_speaks_meets_odd_ones_too(wire: Any) -> None:
    transport = OddServer(lambda _: httpx.Response(200, content=DEEP.encode()))
    with pytest.raises(ProviderError, match="cannot be read"):
        asyncio.run(detection.detect_provider(wire.url, transport=transport))
