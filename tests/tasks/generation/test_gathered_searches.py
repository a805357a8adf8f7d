"""Searches side by side: one alone is searched for at once, and those that come meanwhile are gathered."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event

import pytest

from evaluation.errors import ConfigurationError
from evaluation.passage import Passage
from evaluation.retrieval.search import Query
from tasks.generation.gathered_searches import GatheredSearches

PATIENCE_S = 60.0


@dataclass(frozen=True, eq=False)
class Books:
    """An index whose searches wait until they may go on; finds the query's own words."""

    may_go_on: Event = field(default_factory=Event)
    begun: Event = field(default_factory=Event)
    batches: list[list[str]] = field(default_factory=list)

    def prepare(self, method: str) -> None:
        pass

    def search(self, queries: Sequence[Query]) -> list[tuple[Passage, ...]]:
        self.begun.set()
        assert self.may_go_on.wait(PATIENCE_S)
        self.batches.append([query.text for query in queries])
        if any(query.text == "bad" for query in queries):
            raise ConfigurationError("another dimension")
        return [(Passage(document=query.text, position=0, text=""),) for query in queries]


async def found(searches: GatheredSearches, books: Books, text: str) -> str:
    passages, seconds = await searches.search(books, Query(text=text))  # type: ignore[arg-type]
    assert seconds >= 0
    return passages[0].document


def test_whoever_comes_while_a_search_runs_is_searched_for_with_all_who_wait() -> None:
    async def scenario() -> tuple[list[str], list[list[str]]]:
        searches, books = GatheredSearches(), Books()
        alone = asyncio.create_task(found(searches, books, "alone"))
        await asyncio.to_thread(books.begun.wait, PATIENCE_S)
        others = [asyncio.create_task(found(searches, books, f"other {n}")) for n in range(5)]
        await asyncio.sleep(0)
        books.may_go_on.set()
        return await asyncio.gather(alone, *others), books.batches

    documents, batches = asyncio.run(scenario())

    others = [f"other {n}" for n in range(5)]
    assert ["alone", *others] == documents
    assert [["alone"], others] == batches


def test_a_batch_asks_one_index_and_nobody_is_forgotten() -> None:
    async def scenario() -> tuple[list[str], list[list[str]], list[list[str]]]:
        searches, one, two = GatheredSearches(), Books(), Books()
        two.may_go_on.set()
        running = [asyncio.create_task(found(searches, one, "0"))]
        await asyncio.to_thread(one.begun.wait, PATIENCE_S)
        running += [asyncio.create_task(found(searches, (one, two)[n % 2], str(n))) for n in range(1, 200)]
        await asyncio.sleep(0)
        one.may_go_on.set()
        return await asyncio.gather(*running), one.batches, two.batches

    documents, one, two = asyncio.run(scenario())

    assert [str(n) for n in range(200)] == documents
    assert [1, 64, 35] == list(map(len, one))
    assert [64, 36] == list(map(len, two))


def test_the_fault_of_one_is_not_that_of_those_searched_with_it() -> None:
    async def scenario() -> list[object]:
        searches, books = GatheredSearches(), Books()
        running = [asyncio.create_task(found(searches, books, "alone"))]
        await asyncio.to_thread(books.begun.wait, PATIENCE_S)
        running += [asyncio.create_task(found(searches, books, text)) for text in ("good", "bad", "fine")]
        await asyncio.sleep(0)
        books.may_go_on.set()
        return list(await asyncio.gather(*running, return_exceptions=True))

    alone, good, bad, fine = asyncio.run(scenario())

    assert ("alone", "good", "fine") == (alone, good, fine)
    assert isinstance(bad, ConfigurationError)


def test_who_went_away_is_not_searched_for() -> None:
    async def scenario() -> list[list[str]]:
        searches, books = GatheredSearches(), Books()
        alone = asyncio.create_task(found(searches, books, "alone"))
        await asyncio.to_thread(books.begun.wait, PATIENCE_S)
        gone, stays = (asyncio.create_task(found(searches, books, text)) for text in ("gone", "stays"))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        books.may_go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await gone
        await asyncio.gather(alone, stays)
        return books.batches

    assert [["alone"], ["stays"]] == asyncio.run(scenario())
