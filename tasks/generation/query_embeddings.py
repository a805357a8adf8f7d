"""Embeddings of the texts that a run's cases search for: each text is requested once of a model's weights."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeAlias
from weakref import WeakValueDictionary

from evaluation.generation import Failure
from tasks.generation.embedded import Embedded
from tasks.generation.pool import Station

MOST_NUMBERS = 16_000_000
"""Numbers of all kept vectors together; the texts used last are kept."""


Key: TypeAlias = tuple[str, str]
"""The model with its weights, and the text."""
Answered: TypeAlias = tuple[Embedded | Failure, Station] | None
"""What `ask` returns."""


class QueryEmbeddings:
    """The embeddings of one run in one process. Used on one event loop."""

    def __init__(self, *, most_numbers: int = MOST_NUMBERS) -> None:
        self._most_numbers = most_numbers
        self._kept: OrderedDict[Key, tuple[Embedded, Station]] = OrderedDict()
        self._n_numbers = 0
        self._locks: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()

    async def get(self, weights: str, text: str, request: Callable[[], Awaitable[Answered]]) -> Answered:
        """Return the embedding of a text, requested unless another case had it requested.

        Cases that come while it is being requested wait for it. Where the request fails, the next of them sends its
        own: a failure of one case is not that of another.

        Args:
            weights: The model with its weights.
            text: The text.
            request: Sends a request for its embedding.
        """
        key = (weights, text)
        async with self._locks.setdefault(key, asyncio.Lock()):
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            answered = await request()
            if answered is not None and isinstance(answered[0], Embedded):
                self._keep(key, answered[0], answered[1])
            return answered

    def _keep(self, key: Key, embedded: Embedded, station: Station) -> None:
        warm_s = max(0.0, embedded.seconds - (embedded.embedding.loading_s or 0.0))
        shared = Embedded(embedding=replace(embedded.embedding, loading_s=None), seconds=warm_s, n_requests=0)
        self._kept[key] = shared, station
        self._n_numbers += len(embedded.embedding.vector)
        while self._n_numbers > self._most_numbers and len(self._kept) > 1:
            _, (oldest, _) = self._kept.popitem(last=False)
            self._n_numbers -= len(oldest.embedding.vector)
