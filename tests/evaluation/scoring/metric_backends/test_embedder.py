"""Is each text embedded once, in batches, and does one bad text spoil only its own score?"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from evaluation.errors import FailureKind, ProviderError, TransientProviderError
from evaluation.metrics.requests import Answer, EmbedText
from evaluation.retry_schedule import MAX_ATTEMPTS, RetrySchedule
from evaluation.scores import ScoreFailure
from evaluation.scoring.metric_backends.embedder import BATCH, Embedder
from evaluation.store.session import Store

Embed = Callable[[Sequence[str]], Awaitable[Sequence[Sequence[float]]]]


def ask(store: Store, embed: Embed, texts: Sequence[str]) -> list[Answer]:
    async def work() -> list[Answer]:
        asked = Embedder(embed, store, model="vectors", digest="d1", retries=RetrySchedule(base_s=0.0))
        requests = [EmbedText(model="vectors", digest="d1", text=text) for text in texts]
        return await asyncio.gather(*(asked.answer(request) for request in requests))

    return asyncio.run(work())


def test_equal_texts_are_sent_once_and_known_ones_not_at_all(store: Store) -> None:
    sent: Counter[str] = Counter()

    async def embed(texts: Sequence[str]) -> list[tuple[float, ...]]:
        sent.update(texts)
        return [(float(len(text)), 0.5) for text in texts]

    first = ask(store, embed, ["a", "bb", "a", "ccc"])
    second = ask(store, embed, ["ccc", "dddd", "a"])

    assert [(1.0, 0.5), (2.0, 0.5), (1.0, 0.5), (3.0, 0.5)] == first
    assert [(3.0, 0.5), (4.0, 0.5), (1.0, 0.5)] == second
    assert {"a": 1, "bb": 1, "ccc": 1, "dddd": 1} == sent


def test_no_batch_is_larger_than_the_limit(store: Store) -> None:
    sizes: list[int] = []

    async def embed(texts: Sequence[str]) -> list[tuple[float, ...]]:
        sizes.append(len(texts))
        return [(1.0,) for _ in texts]

    ask(store, embed, [f"text {number}" for number in range(3 * BATCH + 1)])

    assert [BATCH, BATCH, BATCH, 1] == sorted(sizes, reverse=True)


def test_a_text_that_is_refused_fails_alone(store: Store) -> None:
    async def embed(texts: Sequence[str]) -> list[tuple[float, ...]]:
        if "too long" in texts:
            raise ProviderError("longer than the context", FailureKind.PROMPT_TOO_LONG)
        return [(1.0,) for _ in texts]

    answers = ask(store, embed, ["a", "b", "too long", "c"])

    assert [(1.0,), (1.0,), ScoreFailure(kind="prompt_too_long", message="longer than the context"), (1.0,)] == answers


def test_a_server_that_fails_for_a_moment_is_asked_again(store: Store) -> None:
    failures = [TransientProviderError("busy", FailureKind.QUEUE_FULL)] * 2

    async def embed(texts: Sequence[str]) -> list[tuple[float, ...]]:
        if failures:
            raise failures.pop()
        return [(1.0,) for _ in texts]

    assert [(1.0,)] == ask(store, embed, ["a"])


def test_a_server_that_is_down_is_not_asked_text_by_text(store: Store) -> None:
    n_asked = 0

    async def embed(texts: Sequence[str]) -> list[tuple[float, ...]]:
        nonlocal n_asked
        n_asked += 1
        raise TransientProviderError("connection refused", FailureKind.SERVER_DOWN)

    answers = ask(store, embed, ["a", "b", "c"])

    assert [ScoreFailure(kind="server_down", message="connection refused")] * 3 == answers
    assert MAX_ATTEMPTS == n_asked
