import asyncio
from typing import Any

import pytest

from evaluation.errors import FailureKind, ProviderError, TransientProviderError
from evaluation.providers.error_replies import RequestContext
from evaluation.providers.ollama import OllamaProvider
from evaluation.providers.request_phase import Phase
from evaluation.providers.streamed_answer import Draft


def generate(raw: Any, wire: Any, handler: Any, **changes: Any) -> Any:
    async def run() -> Any:
        async with raw.server(handler) as url, OllamaProvider(url) as provider:
            return await provider.generate(wire.ask_for(**changes))

    return asyncio.run(run())


def test_an_answer_over_a_real_connection_arrives_in_torn_pieces(raw: Any, wire: Any) -> None:
    async def handler(reader: Any, writer: Any) -> None:
        writer.write(raw.head)
        body = raw.ndjson(wire.said("Gr\u00fc\u00df\u2028 dich"), wire.final())
        for i in range(0, len(body), 7):
            writer.write(raw.chunked(body[i : i + 7]))
            await writer.drain()
        writer.write(b"0\r\n\r\n")

    assert "Gr\u00fc\u00df\u2028 dich" == generate(raw, wire, handler).text


def test_a_last_line_without_its_line_feed_is_read(raw: Any, wire: Any) -> None:
    async def handler(reader: Any, writer: Any) -> None:
        writer.write(raw.head + raw.chunked(raw.ndjson(wire.said("a"), wire.final())[:-1]) + b"0\r\n\r\n")

    assert "a" == generate(raw, wire, handler).text


def test_a_complete_answer_counts_even_if_its_stream_never_ends(raw: Any, wire: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("evaluation.providers.connection.LINGER_S", 0.01)

    async def handler(reader: Any, writer: Any) -> None:
        writer.write(raw.head + raw.chunked(raw.ndjson(wire.said("a"), wire.final())))
        await asyncio.sleep(60)

    assert "a" == generate(raw, wire, handler).text


def test_a_connection_cut_in_the_middle_of_an_answer_is_a_cut_stream(raw: Any, wire: Any) -> None:
    async def handler(reader: Any, writer: Any) -> None:
        writer.write(raw.head + raw.chunked(raw.ndjson(wire.said("Hel"))))
        await writer.drain()
        writer.close()

    with pytest.raises(TransientProviderError, match="cut off") as caught:
        generate(raw, wire, handler)
    assert FailureKind.CUT_STREAM == caught.value.kind


def test_a_connection_closed_before_any_answer_is_a_server_that_went_down(raw: Any, wire: Any) -> None:
    async def handler(reader: Any, writer: Any) -> None:
        writer.transport.abort()

    with pytest.raises(TransientProviderError, match="before an answer") as caught:
        generate(raw, wire, handler)
    assert FailureKind.SERVER_DOWN == caught.value.kind


def test_a_port_where_nobody_listens_is_a_server_that_is_down(raw: Any, wire: Any) -> None:
    async def run() -> Any:
        async with raw.server(None) as url:
            pass
        async with OllamaProvider(url) as provider:
            await provider.generate(wire.ask_for())

    with pytest.raises(
        TransientProviderError, match=r"no server answers at http://127\S+ \(no connection could be made\)"
    ) as caught:
        asyncio.run(run())
    assert FailureKind.SERVER_DOWN == caught.value.kind
    assert "ollama serve" in str(caught.value.next_step)
    assert "Errno" not in caught.value.message


def test_a_slow_first_byte_times_out_as_waiting(raw: Any, wire: Any) -> None:
    async def handler(reader: Any, writer: Any) -> None:
        await asyncio.sleep(60)

    with pytest.raises(TransientProviderError, match=r"within 0\.2 s; still waiting for the first token") as caught:
        generate(raw, wire, handler, timeout_s=0.2)
    assert FailureKind.TIMED_OUT == caught.value.kind


def test_a_stall_after_the_first_token_is_told_as_generating(wire: Any) -> None:
    draft = Draft()
    draft.add("Hel")
    error = draft.timed_out(wire.ask_for(timeout_s=5), RequestContext(url=wire.url, model="tiny"))
    assert "within 5 s; still generating, 3 characters so far" in error.message
    assert FailureKind.TIMED_OUT == error.kind


def test_a_first_byte_that_is_slow_but_in_time_is_awaited(raw: Any, wire: Any) -> None:
    async def handler(reader: Any, writer: Any) -> None:
        await asyncio.sleep(0.2)
        writer.write(raw.head + raw.chunked(raw.ndjson(wire.said("a"), wire.final())) + b"0\r\n\r\n")

    generation = generate(raw, wire, handler)
    assert 0.1 <= generation.timing.ttft_s <= generation.timing.total_s


def test_a_load_that_takes_too_long_is_told_from_a_slow_answer(raw: Any) -> None:
    async def handler(reader: Any, writer: Any) -> None:
        await asyncio.sleep(60)

    async def run() -> None:
        async with raw.server(handler) as url, OllamaProvider(url) as provider:
            await provider.load("tiny", {}, keep_alive="1m", timeout_s=0.1)

    with pytest.raises(TransientProviderError, match=r"within 0\.1 s") as caught:
        asyncio.run(run())
    assert FailureKind.LOADING_TIMED_OUT == caught.value.kind


def test_cancelling_closes_the_connection_so_that_the_server_stops(raw: Any, wire: Any) -> None:
    async def run() -> bytes:
        left: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        async def handler(reader: Any, writer: Any) -> None:
            writer.write(raw.head + raw.chunked(raw.ndjson(wire.said("on and on"))))
            await writer.drain()
            left.set_result(await reader.read())

        async with raw.server(handler) as url, OllamaProvider(url) as provider:
            draft = Draft()
            task = asyncio.create_task(provider.answer(wire.ask_for(), draft))
            async with asyncio.timeout(30):
                while draft.phase is not Phase.GENERATING:
                    await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return await asyncio.wait_for(left, 30)

    assert b"" == asyncio.run(run())


def test_a_server_that_closes_after_each_answer_never_looks_down(raw: Any, wire: Any) -> None:
    answer = raw.ndjson(wire.said("a"), wire.final())
    opened: list[Any] = []

    async def handler(reader: Any, writer: Any) -> None:
        opened.append(writer)
        writer.write(raw.head + raw.chunked(answer) + b"0\r\n\r\n")
        await writer.drain()
        await reader.read(1)
        writer.transport.abort()

    async def run() -> None:
        async with raw.server(handler) as url, OllamaProvider(url) as provider:
            for _ in range(3):
                assert "a" == (await provider.generate(wire.ask_for())).text

    asyncio.run(run())
    assert 3 == len(opened)


def test_a_proxy_from_the_environment_is_not_asked(raw: Any, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    async def handler(reader: Any, writer: Any) -> None:
        writer.write(raw.head + raw.chunked(raw.ndjson(wire.said("a"), wire.final())) + b"0\r\n\r\n")

    assert "a" == generate(raw, wire, handler).text


def test_an_address_that_is_none_is_a_permanent_error(wire: Any) -> None:
    async def run() -> None:
        async with OllamaProvider("gopher://127.0.0.1") as provider:
            await provider.version()

    with pytest.raises(ProviderError, match="not the address of a server") as caught:
        asyncio.run(run())
    assert not isinstance(caught.value, TransientProviderError)
