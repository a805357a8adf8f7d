"""What is said of an attempt that takes too long, in each thing that a server may be doing?"""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from logical_time import logical_time
from stuck_ollama import stuck_ollama

from evaluation.case import Message
from evaluation.errors import FailureKind, ProviderError, TransientProviderError
from evaluation.generation import Generation, GenerationRequest
from evaluation.providers.ollama import OllamaProvider
from evaluation.providers.openai_compatible import OpenAICompatibleProvider
from tasks.generation.attempt import supervised

LONG_S = 60.0


@pytest.fixture(autouse=True)
def _in_logical_time() -> Iterator[None]:
    with logical_time("evaluation.providers.streamed_answer"):
        yield


def ask_for(timeout_s: float) -> GenerationRequest:
    message = Message(role="user", content="What is 1?")
    return GenerationRequest(model="tiny", messages=(message,), options={"num_ctx": 2048}, timeout_s=timeout_s)


def attempt(*, timeout_s: float, load_timeout_s: float = LONG_S, **does: Any) -> Generation:
    async def run() -> Generation:
        async with stuck_ollama(**does) as server, OllamaProvider(server.url) as provider:
            return await supervised(provider, ask_for(timeout_s), load_timeout_s=load_timeout_s)

    return asyncio.run(run())


def error_of(**given: Any) -> ProviderError:
    with pytest.raises(TransientProviderError) as caught:
        attempt(**given)
    return caught.value


def test_an_answer_in_time_comes_back_and_nobody_is_asked_anything_else() -> None:
    async def run() -> tuple[Generation, int]:
        async with stuck_ollama(n_tokens=2) as server, OllamaProvider(server.url) as provider:
            server.may_finish.set()
            return await supervised(provider, ask_for(LONG_S)), server.n_looks

    generation, n_looks = asyncio.run(run())
    assert "word word end" == generation.text
    assert 0 == n_looks


def test_a_loaded_model_without_a_token_was_queued_or_reading_the_prompt() -> None:
    error = error_of(timeout_s=0.1, is_loaded=True)
    assert FailureKind.TIMED_OUT == error.kind
    assert "model 'tiny'" in error.message
    assert "http://127.0.0.1:" in error.message
    assert "within 0.1 s; the request was still queued, or its prompt being read" in error.message


def test_a_model_that_still_writes_is_told_with_how_far_it_came() -> None:
    error = error_of(timeout_s=0.3, n_tokens=3)
    assert FailureKind.TIMED_OUT == error.kind
    assert "within 0.3 s; still generating, 15 characters so far" in error.message


def test_a_server_that_is_seen_to_write_is_asked_only_when_the_time_is_up() -> None:
    async def run() -> int:
        async with stuck_ollama(n_tokens=3) as server, OllamaProvider(server.url) as provider:
            with pytest.raises(TransientProviderError, match="still generating"):
                await supervised(provider, ask_for(1.0))
            return server.n_looks

    assert 1 == asyncio.run(run())


def test_a_server_that_dies_while_loading_is_noticed_before_the_loading_time_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tasks.generation.attempt.ASK_S", 0.1)
    monkeypatch.setattr("tasks.generation.attempt.FIRST_LOOK_S", 0.02)
    monkeypatch.setattr("tasks.generation.attempt.SILENT_S", 0.2)

    async def run() -> FailureKind:
        async with stuck_ollama(is_loaded=False) as server, OllamaProvider(server.url) as provider:
            asking = asyncio.create_task(supervised(provider, ask_for(10 * LONG_S), load_timeout_s=20 * LONG_S))
            while server.n_looks < 6:
                await asyncio.sleep(0.01)
            server.is_deaf = True
            with pytest.raises(TransientProviderError, match="dead or stuck") as caught:
                await asyncio.wait_for(asking, LONG_S)
            return caught.value.kind

    assert FailureKind.SERVER_DOWN == asyncio.run(run())


def test_a_model_that_never_comes_into_memory_timed_out_while_loading() -> None:
    error = error_of(timeout_s=0.1, load_timeout_s=0.3, is_loaded=False)
    assert FailureKind.LOADING_TIMED_OUT == error.kind
    assert "model 'tiny': still not loaded after " in error.message


def test_a_server_that_answers_nothing_at_all_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.generation.attempt.ASK_S", 0.1)
    error = error_of(timeout_s=0.1, is_deaf=True)
    assert FailureKind.SERVER_DOWN == error.kind
    assert "model 'tiny': no complete answer within 0.1 s, and the server answers no other question" in error.message


def test_a_server_that_only_writes_on_is_not_taken_for_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.generation.attempt.ASK_S", 1.0)
    error = error_of(timeout_s=0.1, is_deaf=True, token_every_s=0.02)
    assert FailureKind.TIMED_OUT == error.kind
    assert "still generating" in error.message


def test_the_time_of_loading_does_not_count() -> None:
    timeout_s = 0.4

    async def run() -> Generation:
        async with stuck_ollama(is_loaded=False) as server, OllamaProvider(server.url) as provider:
            asking = asyncio.create_task(supervised(provider, ask_for(timeout_s), load_timeout_s=LONG_S))
            await asyncio.sleep(3 * timeout_s)
            server.is_loaded = True
            server.may_finish.set()
            return await asking

    generation = asyncio.run(run())
    assert "end" == generation.text
    assert generation.timing is not None
    assert generation.timing.total_s > 2 * timeout_s


def test_once_loaded_the_attempt_has_its_own_time_and_no_more() -> None:
    async def run() -> None:
        async with stuck_ollama(is_loaded=False) as server, OllamaProvider(server.url) as provider:
            asking = asyncio.create_task(supervised(provider, ask_for(0.2), load_timeout_s=LONG_S))
            while server.n_looks < 6:
                await asyncio.sleep(0.01)
            server.is_loaded = True
            await asking

    with pytest.raises(TransientProviderError, match=r"within 0\.2 s of its own and .* s of loading; .*queued"):
        asyncio.run(run())


@pytest.mark.parametrize("is_loaded", [True, False])
def test_a_server_that_cannot_say_what_is_loaded_gives_no_grace(is_loaded: bool) -> None:
    class Wordless(OllamaProvider):
        tells_what_is_loaded = False

    async def run() -> int:
        async with stuck_ollama(is_loaded=is_loaded) as server, Wordless(server.url) as provider:
            with pytest.raises(TransientProviderError, match="was still queued") as caught:
                await supervised(provider, ask_for(0.1), load_timeout_s=LONG_S)
            assert FailureKind.TIMED_OUT == caught.value.kind
            return server.n_looks

    assert 0 == asyncio.run(run())
    assert OpenAICompatibleProvider.tells_what_is_loaded is False


@pytest.mark.parametrize("n_tokens", [0, 3])
def test_running_out_of_time_closes_the_connection(n_tokens: int) -> None:
    async def run() -> None:
        async with stuck_ollama(n_tokens=n_tokens) as server, OllamaProvider(server.url) as provider:
            with pytest.raises(TransientProviderError):
                await supervised(provider, ask_for(0.1))
            await asyncio.wait_for(server.client_left.wait(), 30)

    asyncio.run(run())


@pytest.mark.parametrize("n_tokens", [0, 3])
def test_cancelling_closes_the_connection_at_once(n_tokens: int) -> None:
    async def run() -> None:
        async with stuck_ollama(n_tokens=n_tokens) as server, OllamaProvider(server.url) as provider:
            asking = asyncio.create_task(supervised(provider, ask_for(LONG_S)))
            await asyncio.wait_for(server.has_begun.wait(), 30)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            await asyncio.wait_for(server.client_left.wait(), 30)

    asyncio.run(run())


def test_no_watch_outlives_its_attempt() -> None:
    async def run() -> int:
        async with stuck_ollama(is_loaded=False) as server, OllamaProvider(server.url) as provider:
            asking = asyncio.create_task(supervised(provider, ask_for(0.1)))
            while not server.n_looks:
                await asyncio.sleep(0.01)
            server.may_finish.set()
            await asking
        await asyncio.sleep(0)
        return sum("_watched" in repr(task) for task in asyncio.all_tasks())

    assert 0 == asyncio.run(run())
