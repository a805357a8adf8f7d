"""Searches of cases side by side, gathered: whoever asks while a search runs is searched for with all who wait.

A question by itself reads all vectors of its index anew, many together read them once. One that comes alone waits for
nobody.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeAlias

from evaluation.errors import ConfigurationError
from evaluation.passage import Passage
from evaluation.retrieval.search import BATCH, Index, Query

Found: TypeAlias = tuple[tuple[Passage, ...], float]
"""Passages, best first, and the seconds that the search took: its share of those of all that were searched with it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    index: Index
    query: Query
    reply: "Future[Found]" = field(default_factory=Future)


LONGEST_BREATH_S = 0.01
SHARE_OF_BREATH = 0.1
"""Pause behind a batch, as a share of its time: those whom it answered may ask again, and belong together."""


class GatheredSearches:
    """Searches in one thread: side by side they would count each other's time. Safe to use from several threads."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="search")
        self._waiting: deque[_Waiting] = deque()
        self._lock = Lock()
        self._breath_s = 0.0

    async def search(self, index: Index, query: Query) -> Found:
        """Return the passages that fit the query, and the seconds of the search.

        Raises:
            ConfigurationError: the query's vector has another dimension than the index.
        """
        waiting = _Waiting(index, query)
        with self._lock:
            self._waiting.append(waiting)
        self._thread.submit(self._search_next)
        return await asyncio.wrap_future(waiting.reply)

    async def prepare(self, index: Index) -> None:
        """Build what a first search by words would build."""
        await asyncio.get_running_loop().run_in_executor(self._thread, index.prepare, "bm25")

    def _search_next(self) -> None:
        """Search for the first who waits, and for those behind it who ask the same index."""
        time.sleep(self._breath_s)
        self._breath_s = 0.0
        together = [each for each in self._take() if each.reply.set_running_or_notify_cancel()]
        if not together:
            return
        try:
            self._answer(together)
        except ConfigurationError as error:
            if len(together) == 1:
                together[0].reply.set_exception(error)
                return
            for each in together:  # the fault of one is not that of the others
                self._answer_alone(each)
        except BaseException as error:
            for each in together:
                each.reply.set_exception(error)

    def _take(self) -> list[_Waiting]:
        with self._lock:
            if not self._waiting:
                return []
            index = self._waiting[0].index
            together = [each for each in self._waiting if each.index is index][:BATCH]
            taken = set(map(id, together))
            self._waiting = deque(each for each in self._waiting if id(each) not in taken)
        return together

    def _answer_alone(self, waiting: _Waiting) -> None:
        try:
            self._answer([waiting])
        except BaseException as error:
            waiting.reply.set_exception(error)

    def _answer(self, together: Sequence[_Waiting]) -> None:
        index = together[0].index
        for method in {each.query.method for each in together}:
            index.prepare(method)
        began = time.perf_counter()
        results = index.search([each.query for each in together])
        seconds = time.perf_counter() - began
        share_s = seconds / len(together)
        if len(together) > 1:
            self._breath_s = min(LONGEST_BREATH_S, SHARE_OF_BREATH * seconds)
        for each, passages in zip(together, results, strict=True):
            each.reply.set_result((passages, share_s))


SEARCHES = GatheredSearches()
"""The searches of this process."""
