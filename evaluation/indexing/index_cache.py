"""Indexes that stay in memory, for the next candidate with the same corpus, chunker and embedder."""

import asyncio
from collections import OrderedDict
from threading import Lock
from typing import TypeAlias
from weakref import WeakValueDictionary

from evaluation.retrieval.search import Index

MOST_INDEXES = 4
MOST_PASSAGES = 250_000
"""Passages of all kept indexes together; a single larger one is kept by itself."""
Key: TypeAlias = tuple[str, str]
"""URL of the store, and identity of the index."""


class IndexCache:
    """The indexes used last. Safe to use from several threads and event loops."""

    def __init__(self, *, most_indexes: int = MOST_INDEXES, most_passages: int = MOST_PASSAGES) -> None:
        self._most_indexes, self._most_passages = most_indexes, most_passages
        self._indexes: OrderedDict[Key, Index] = OrderedDict()
        self._locks: WeakValueDictionary[tuple[int, Key], asyncio.Lock] = WeakValueDictionary()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._indexes)

    def get(self, key: Key) -> Index | None:
        """Return the index; None if it is not kept."""
        with self._lock:
            if key in self._indexes:
                self._indexes.move_to_end(key)
            return self._indexes.get(key)

    def keep(self, key: Key, index: Index) -> None:
        """Keep an index, and forget those not used for longest where there are too many."""
        with self._lock:
            self._indexes[key] = index
            self._indexes.move_to_end(key)
            while len(self._indexes) > 1 and self._is_full():
                self._indexes.popitem(last=False)

    def turn(self, key: Key) -> asyncio.Lock:
        """Return the lock of whoever builds this index on the running event loop."""
        name = (id(asyncio.get_running_loop()), key)
        with self._lock:
            return self._locks.setdefault(name, asyncio.Lock())

    def clear(self) -> None:
        """Forget all indexes."""
        with self._lock:
            self._indexes.clear()

    def _is_full(self) -> bool:
        n_passages = sum(len(index.passages) for index in self._indexes.values())
        return len(self._indexes) > self._most_indexes or n_passages > self._most_passages


INDEXES = IndexCache()
"""The indexes of this process."""
