"""The cases that a planned candidate has not answered yet."""

from collections import deque
from collections.abc import Iterator, Sequence

from evaluation.planning.interleaving import Place
from evaluation.planning.plan import PlannedCandidate
from evaluation.records.outcomes import MissingPage
from evaluation.store.missing import count_missing, missing_page
from evaluation.store.session import Store

PAGE_CASES = 1_000
"""Number of case ids held in memory for the next shards."""


def count_open(store: Store, item: PlannedCandidate) -> int:
    """Return the number of generations without an outcome among the cases to ask now."""
    if item.asks_failures_again and all(
        limit is None for limit in (item.only_cases, item.share, item.positions, item.repeats)
    ):
        return count_missing(store, item.run_candidate_id)
    return sum(len(page.items) for page in _pages(store, item))


def is_open(store: Store, item: PlannedCandidate) -> bool:
    """Return whether any generation has no outcome yet."""
    return any(page.items for page in _pages(store, item))


def open_page(store: Store, item: PlannedCandidate, *, after: int) -> MissingPage:
    """Return the next page of generations without an outcome, in the order of the benchmark.

    Args:
        store: The store.
        item: The candidate.
        after: Position of the last page's end; -1: start at the beginning.
    """
    page = missing_page(
        store,
        item.run_candidate_id,
        after=after,
        n_cases=PAGE_CASES,
        ask_failures_again=item.asks_failures_again,
        share=item.share,
        positions=item.positions,
        repeats=item.repeats,
    )
    if (only_cases := item.only_cases) is None:
        return page
    kept = [(item, at) for item, at in zip(page.items, page.positions, strict=True) if item[0] in only_cases]
    return MissingPage(
        items=tuple(item for item, _ in kept),
        last_position=page.last_position,
        positions=tuple(position for _, position in kept),
    )


def _pages(store: Store, item: PlannedCandidate) -> Iterator[MissingPage]:
    after: int | None = -1
    while after is not None:
        page = open_page(store, item, after=after)
        yield page
        after = page.last_position


class MissingPages:
    """Missing cases of one candidate, read page by page as needed."""

    def __init__(self, store: Store, item: PlannedCandidate) -> None:
        self._store = store
        self._item = item
        self._after: int | None = -1
        self.places: deque[Place] = deque()
        """Places that were read and not taken yet, in the order of the benchmark."""

    @property
    def needs_more(self) -> bool:
        """True where all that was read is taken, and there may be more."""
        return not self.places and self._after is not None

    @property
    def last_position(self) -> int | None:
        """Position up to which all missing cases are known; None: to the end."""
        return self._after

    def read_more(self) -> None:
        """Read pages until one is not empty."""
        while self.needs_more and self._after is not None:
            page = open_page(self._store, self._item, after=self._after)
            self.places.extend((at, *item) for at, item in zip(page.positions, page.items, strict=True))
            self._after = page.last_position

    def take(self, last: int | None) -> list[Place]:
        """Remove and return the places read up to a position; None: all."""
        taken: list[Place] = []
        while self.places and (last is None or self.places[0][0] <= last):
            taken.append(self.places.popleft())
        return taken

    def close(self) -> None:
        """Stop asking the candidate."""
        self.places.clear()
        self._after = None


class ListedPlaces(MissingPages):
    """Missing cases of one candidate that are known: those that wait for a model."""

    def __init__(self, places: Sequence[Place]) -> None:
        self._after = None
        self.places = deque(places)
