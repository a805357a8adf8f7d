"""A request that is cancelled in the moment in which something of its answer arrives."""

import asyncio
import gzip
import shutil
import ssl
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from evaluation.errors import FailureKind, TransientProviderError
from evaluation.providers.connection_pool import ConnectionPool, SocketExchange
from evaluation.providers.ollama import OllamaProvider


class Wire(asyncio.Transport):
    """A connection that goes nowhere."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Sends nothing."""

    def resume_reading(self) -> None:
        """Reads nothing."""


@pytest.mark.parametrize("silence_s", [None, 300.0])
def test_a_request_that_is_cancelled_while_a_part_of_its_answer_arrives_is_cancelled(silence_s: float | None) -> None:
    """Else Ctrl-C, or the time that a case may take, is lost, and the rest of the answer is waited for without end."""

    async def cancelled_while_data_arrives() -> bool:
        exchange = SocketExchange()
        exchange.connection_made(Wire())
        request = httpx.Request("GET", "http://127.0.0.1/", content=b"", extensions={"timeout": {"read": silence_s}})
        sending = asyncio.create_task(exchange.send(request))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        exchange.data_received(b"HTTP/1.1 2")
        sending.cancel()
        await asyncio.wait({sending}, timeout=2.0)
        is_cancelled = sending.cancelled()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        return is_cancelled

    assert asyncio.run(cancelled_while_data_arrives())


@pytest.fixture(autouse=True)
def _kept_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection is given up because a machine is slow."""
    monkeypatch.setitem(ConnectionPool.__init__.__kwdefaults__, "keep_s", 3600.0)


def whole(raw: Any, wire: Any, text: str = "a") -> bytes:
    answer: bytes = raw.head + raw.chunked(raw.ndjson(wire.said(text), wire.final())) + b"0\r\n\r\n"
    return answer


class Server:
    """Does with the n-th request of all what the n-th of `acts` does, the last of them for ever; counts connections."""

    def __init__(self, raw: Any, *acts: Any) -> None:
        self._raw = raw
        self._acts = list(acts)
        self.n_connections = 0
        self.n_requests = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.n_connections += 1
        while True:
            self.n_requests += 1
            act = self._acts.pop(0) if len(self._acts) > 1 else self._acts[0]
            if isinstance(act, bytes):
                writer.write(act)
            elif await act(reader, writer):
                return
            try:
                await self._raw.read_request(reader)
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()
                return


async def aborts(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    writer.transport.abort()
    return True


def asked(raw: Any, wire: Any, server: Server, n: int = 3) -> list[Any]:
    """Texts or error kinds of `n` requests, one after the other."""

    async def run() -> list[Any]:
        found: list[Any] = []
        async with raw.server(server) as url, OllamaProvider(url) as provider:
            for _ in range(n):
                try:
                    found.append((await provider.generate(wire.ask_for())).text)
                except TransientProviderError as error:
                    found.append(error.kind)
        return found

    return asyncio.run(run())


def test_one_connection_serves_request_after_request(raw: Any, wire: Any) -> None:
    server = Server(raw, whole(raw, wire))
    assert ["a", "a", "a"] == asked(raw, wire, server)
    assert 1 == server.n_connections


def test_requests_at_one_time_have_a_connection_each(raw: Any, wire: Any) -> None:
    met = asyncio.Event()

    async def meet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if server.n_requests == 3:
            met.set()
        await met.wait()
        writer.write(whole(raw, wire))
        return False

    server = Server(raw, meet)

    async def run() -> None:
        async with raw.server(server) as url, OllamaProvider(url) as provider:
            for _ in range(2):
                await asyncio.gather(*(provider.generate(wire.ask_for()) for _ in range(3)))

    asyncio.run(run())
    assert (3, 6) == (server.n_connections, server.n_requests)


def test_a_connection_that_was_closed_while_idle_is_not_used_again(raw: Any, wire: Any) -> None:
    closed = asyncio.Event()

    async def answer_and_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(whole(raw, wire))
        writer.close()
        await writer.wait_closed()
        closed.set()
        return True

    server = Server(raw, answer_and_close)

    async def run() -> None:
        async with raw.server(server) as url, OllamaProvider(url) as provider:
            for _ in range(3):
                closed.clear()
                assert "a" == (await provider.generate(wire.ask_for())).text
                await closed.wait()

    asyncio.run(run())
    assert (3, 3) == (server.n_connections, server.n_requests)


def test_a_connection_that_breaks_at_the_moment_of_its_next_use_costs_no_attempt(raw: Any, wire: Any) -> None:
    server = Server(raw, whole(raw, wire), aborts, whole(raw, wire, "b"))
    assert ["a", "b"] == asked(raw, wire, server, n=2)
    assert (2, 3) == (server.n_connections, server.n_requests)


def test_a_server_that_breaks_new_connections_too_went_down(raw: Any, wire: Any) -> None:
    server = Server(raw, whole(raw, wire), aborts, aborts, whole(raw, wire))
    assert ["a", FailureKind.SERVER_DOWN, "a"] == asked(raw, wire, server)
    assert 4 == server.n_requests


@pytest.mark.parametrize(
    ("begun", "kind"), [(b"HTTP/1.1 2", FailureKind.SERVER_DOWN), ("head", FailureKind.CUT_STREAM)]
)
def test_an_answer_that_had_begun_is_not_asked_for_again(raw: Any, wire: Any, begun: Any, kind: FailureKind) -> None:
    async def begins(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(raw.head if begun == "head" else begun)
        await writer.drain()
        writer.close()
        return True

    server = Server(raw, whole(raw, wire), begins, whole(raw, wire))
    assert ["a", kind, "a"] == asked(raw, wire, server)
    assert 3 == server.n_requests


@pytest.mark.parametrize("after", [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"\r\n"])
def test_a_connection_with_more_than_was_asked_for_is_given_up(raw: Any, wire: Any, after: bytes) -> None:
    server = Server(raw, whole(raw, wire) + after)
    assert ["a", "a"] == asked(raw, wire, server, n=2)
    assert 2 == server.n_connections


@pytest.mark.parametrize("is_whole_answer", [False, True])
def test_what_comes_while_a_connection_is_idle_is_no_answer_to_the_next_request(
    raw: Any, wire: Any, is_whole_answer: bool
) -> None:
    timed_out = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"
    unasked = whole(raw, wire, "of another case") if is_whole_answer else timed_out

    async def says_goodbye(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(whole(raw, wire))
        await goodbye.wait()
        writer.write(unasked)
        await writer.drain()
        return False

    goodbye = asyncio.Event()
    server = Server(raw, says_goodbye, whole(raw, wire, "b"))

    async def run() -> str:
        async with raw.server(server) as url, OllamaProvider(url) as provider:
            await provider.generate(wire.ask_for())
            goodbye.set()
            await asyncio.sleep(0.1)
            text: str = (await provider.generate(wire.ask_for())).text
            return text

    assert "b" == asyncio.run(run())
    assert 2 == server.n_connections


def test_an_error_in_the_stream_gives_the_connection_up(raw: Any, wire: Any) -> None:
    error = raw.head + raw.chunked(raw.ndjson({"error": "unexpected EOF"}))
    server = Server(raw, error, whole(raw, wire))
    assert [FailureKind.RUNNER_CRASHED, "a"] == asked(raw, wire, server, n=2)
    assert 2 == server.n_connections


def test_a_refusal_that_was_read_whole_keeps_the_connection(raw: Any, wire: Any) -> None:
    busy = b'{"error":"server busy, please try again.  maximum pending requests exceeded"}'
    head = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    server = Server(raw, head % len(busy) + busy, whole(raw, wire))
    assert [FailureKind.QUEUE_FULL, "a"] == asked(raw, wire, server, n=2)
    assert 1 == server.n_connections


def test_a_request_that_was_cancelled_leaves_no_connection_behind(raw: Any, wire: Any) -> None:
    left = asyncio.Event()
    begun = asyncio.Event()

    async def says_half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(raw.head + raw.chunked(raw.ndjson(wire.said("half"))))
        begun.set()
        await asyncio.gather(reader.read(), return_exceptions=True)
        left.set()
        return True

    server = Server(raw, whole(raw, wire), says_half, whole(raw, wire, "whole"))

    async def run() -> str:
        async with raw.server(server) as url, OllamaProvider(url) as provider:
            await provider.generate(wire.ask_for())
            asking = asyncio.create_task(provider.generate(wire.ask_for()))
            await asyncio.wait_for(begun.wait(), 30)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            await asyncio.wait_for(left.wait(), 30)
            text: str = (await provider.generate(wire.ask_for())).text
            return text

    assert "whole" == asyncio.run(run())
    assert 2 == server.n_connections


def test_an_idle_connection_is_kept_for_a_short_time_only(raw: Any, wire: Any) -> None:
    server = Server(raw, whole(raw, wire))

    async def run() -> None:
        transport = ConnectionPool(keep_s=0.0)
        async with raw.server(server) as url, OllamaProvider(url, transport=transport) as provider:
            for _ in range(2):
                await provider.generate(wire.ask_for())

    asyncio.run(run())
    assert 2 == server.n_connections


def test_a_server_that_was_restarted_between_two_requests_is_found_again(raw: Any, wire: Any) -> None:
    first, second = Server(raw, whole(raw, wire, "before")), Server(raw, whole(raw, wire, "after"))

    async def run() -> list[Any]:
        async with raw.server(first) as url:
            provider = OllamaProvider(url)
            found: list[Any] = [(await provider.generate(wire.ask_for())).text]
        with pytest.raises(TransientProviderError) as caught:
            await provider.generate(wire.ask_for())
        found.append(caught.value.kind)
        async with raw.server(second, port=int(url.rpartition(":")[2])), provider:
            found.append((await provider.generate(wire.ask_for())).text)
        return found

    assert ["before", FailureKind.SERVER_DOWN, "after"] == asyncio.run(run())


def test_a_server_may_be_named_by_a_name(raw: Any, wire: Any) -> None:
    async def run() -> str:
        async with raw.server(Server(raw, whole(raw, wire))) as url:
            provider = OllamaProvider(url.replace("127.0.0.1", "localhost"))
            async with provider:
                text: str = (await provider.generate(wire.ask_for())).text
                return text

    assert "a" == asyncio.run(run())


def test_a_silent_server_is_left_after_the_longest_silence(raw: Any) -> None:
    async def silent(*_: Any) -> bool:
        await asyncio.sleep(60)
        return True

    async def run() -> None:
        async with raw.server(Server(raw, silent)) as url, ConnectionPool() as transport:
            request = httpx.Request("GET", url, extensions={"timeout": {"connect": 5.0, "read": 0.05}})
            await transport.handle_async_request(request)

    with pytest.raises(httpx.ReadTimeout, match=r"nothing came for 0\.05 s"):
        asyncio.run(run())


def test_a_compressed_answer_is_read_though_none_was_asked_for(raw: Any, wire: Any) -> None:
    body = gzip.compress(raw.ndjson(wire.said("a"), wire.final()))
    head = raw.head.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")
    assert ["a"] == asked(raw, wire, Server(raw, head + raw.chunked(body) + b"0\r\n\r\n"), n=1)


def test_what_does_not_speak_http_is_no_answer(raw: Any, wire: Any) -> None:
    assert [FailureKind.SERVER_DOWN] == asked(raw, wire, Server(raw, b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), n=1)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command to make a certificate")
@pytest.mark.parametrize("is_trusted", [True, False])
def test_https_checks_certificates(
    raw: Any, wire: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_trusted: bool
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    name = ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", *name]
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)

    async def run() -> list[str]:
        async with raw.server(Server(raw, whole(raw, wire)), tls=tls) as url, OllamaProvider(url) as provider:
            return [(await provider.generate(wire.ask_for())).text for _ in range(2)]

    if is_trusted:
        assert ["a", "a"] == asyncio.run(run())
    else:
        with pytest.raises(TransientProviderError, match="certificate"):
            asyncio.run(run())
