"""The embedder backend: embeds each text once, with known vectors from the store; texts are gathered into batches.

A batch is read from the store and stored at once; to the server each of its texts is a request of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from evaluation.errors import ProviderError
from evaluation.metrics.requests import Answer, EmbedText
from evaluation.retry_schedule import RETRIES, OnPause, RetrySchedule, no_note, retry
from evaluation.scores import ScoreFailure
from evaluation.store.embeddings import load_vectors, save_vectors
from evaluation.store.retrying import patiently
from evaluation.store.session import Store

BATCH = 16
"""Texts in one call, enough to occupy several slots."""
WAIT_S = 0.01
"""Seconds that a text waits for others of its batch."""

Embed = Callable[[Sequence[str]], Awaitable[Sequence[Sequence[float]]]]


class Embedder:
    """Answers `EmbedText` for one model. Used on one event loop."""

    def __init__(
        self,
        embed: Embed,
        store: Store,
        *,
        model: str,
        digest: str,
        retries: RetrySchedule | None = None,
        on_pause: OnPause = no_note,
    ) -> None:
        """Create an embedder that has sent nothing yet.

        Args:
            embed: Requests the vectors of some texts from the server, in order.
            store: The store that keeps vectors.
            model: The model's name.
            digest: Digest of its weights.
            retries: When a request that failed is sent again.
            on_pause: Called before each pause with the error and the length of the pause in seconds.
        """
        self._on_pause = on_pause
        self._embed, self._store, self._model, self._digest = embed, store, model, digest
        self._retries = retries or RETRIES
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self.n_embedded = 0
        """Texts sent to the server."""

    async def answer(self, request: EmbedText) -> Answer:
        """Return the text's vector, or the reason why there is none."""
        future = self._waiting.get(request.text)
        if future is None:
            loop = asyncio.get_running_loop()
            future = self._waiting[request.text] = loop.create_future()
            if len(self._waiting) >= BATCH:
                self._send()
            elif self._timer is None:
                self._timer = loop.call_later(WAIT_S, self._send)
        return await asyncio.shield(future)

    def _send(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        batch, self._waiting = self._waiting, {}
        sending = asyncio.create_task(self._answer_all(batch))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)

    async def _answer_all(self, batch: dict[str, asyncio.Future[Answer]]) -> None:
        try:
            answers = await self._answers(list(batch))
        except BaseException as error:
            for future in batch.values():
                if not future.done():
                    future.set_exception(error) if isinstance(error, Exception) else future.cancel()
            raise
        for text, future in batch.items():
            if not future.done():
                future.set_result(answers[text])

    async def _answers(self, texts: Sequence[str]) -> dict[str, Answer]:
        vectors = await asyncio.to_thread(
            patiently, lambda: load_vectors(self._store, self._model, self._digest, texts)
        )
        missing = [text for text in texts if text not in vectors]
        answers: dict[str, Answer] = {**vectors}
        if missing:
            answers |= await self._embed_all(missing)
        return answers

    async def _embed_all(self, texts: Sequence[str]) -> dict[str, Answer]:
        """Return the answer for each text; one that the server does not take does not spoil the others."""
        vectors = await self._attempts(texts)
        if isinstance(vectors, ScoreFailure):
            if len(texts) == 1 or vectors.kind == "server_down":
                return dict.fromkeys(texts, vectors)
            middle = len(texts) // 2
            return {**await self._embed_all(texts[:middle]), **await self._embed_all(texts[middle:])}
        self.n_embedded += len(texts)
        by_text = {text: tuple(vector) for text, vector in zip(texts, vectors, strict=True)}
        await asyncio.to_thread(patiently, lambda: save_vectors(self._store, self._model, self._digest, by_text))
        # As they will be read the next time: the same numbers, whoever is first.
        return {**await asyncio.to_thread(load_vectors, self._store, self._model, self._digest, list(by_text))}

    async def _attempts(self, texts: Sequence[str]) -> Sequence[Sequence[float]] | ScoreFailure:
        try:
            return await retry(lambda: self._embed(texts), self._retries, on_pause=self._on_pause)
        except ProviderError as error:
            return ScoreFailure(kind=str(error.kind), message=error.message)
