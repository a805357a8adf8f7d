"""What is still to be asked of a planned candidate, now."""

from collections.abc import Iterator

from evaluation.planning import PlannedCandidate
from evaluation.store.outcomes import count_missing, missing_page
from evaluation.store.records import MissingPage
from evaluation.store.session import Store

PAGE_CASES = 1_000
"""Cases whose ids are held in memory for what is to be handed out next."""


def count_open(store: Store, item: PlannedCandidate) -> int:
    """How many generations of the cases that it is asked now have no outcome yet."""
    if item.only_cases is None and item.share is None and item.asks_failures_again:
        return count_missing(store, item.run_candidate_id)
    return sum(len(page.items) for page in _pages(store, item))


def open_page(store: Store, item: PlannedCandidate, *, after: int) -> MissingPage:
    """The next ones of them, in the order of the benchmark.

    Args:
        store: The store.
        item: Who is asked.
        after: Position of the last page's end; -1: from the beginning.
    """
    page = missing_page(
        store,
        item.run_candidate_id,
        after=after,
        n_cases=PAGE_CASES,
        ask_failures_again=item.asks_failures_again,
        share=item.share,
    )
    if (wanted := item.only_cases) is None:
        return page
    items = tuple((case_id, repeat) for case_id, repeat in page.items if case_id in wanted)
    return MissingPage(items=items, last_position=page.last_position)


def _pages(store: Store, item: PlannedCandidate) -> Iterator[MissingPage]:
    after: int | None = -1
    while after is not None:
        page = open_page(store, item, after=after)
        yield page
        after = page.last_position
