"""Reuse of earlier runs' outcomes: those of identical requests are copied to a new run and marked."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import cast

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.records.outcomes import MissingPage, OutcomeRow
from evaluation.store.missing import missing_page
from evaluation.store.outcome_rows import insert_outcomes
from evaluation.store.outcomes import select_outcomes
from evaluation.store.retrying import patiently
from evaluation.store.reusable import Asking, Source, asking_of, find_reusable, find_sources, question
from evaluation.store.session import Store
from evaluation.store.stage_rows import copy_stages
from evaluation.store.tables import generation

_PAGE = 500
_COPIED_AT_ONCE = 300


def reuse_stored(store: Store, run_candidate_id: int) -> int:
    """Copy outcomes of other runs where this candidate has none, marked as reused, and return how many.

    May be called again at any time: existing outcomes stay. It waits for a database that is unreachable for a while.

    Raises:
        StoreError: no such candidate of a run.
    """
    asking = patiently(lambda: asking_of(store, run_candidate_id))
    sources = patiently(lambda: find_sources(store, asking))
    n_copied, after = 0, -1
    while sources:
        page, generation_ids = patiently(partial(_page, store, run_candidate_id, asking, sources, after))
        for start in range(0, len(generation_ids), _COPIED_AT_ONCE):
            some = generation_ids[start : start + _COPIED_AT_ONCE]
            n_copied += patiently(partial(_copied, store, run_candidate_id, some))
        if page.last_position is None:
            break
        after = page.last_position
    return n_copied


def _page(
    store: Store, run_candidate_id: int, asking: Asking, sources: Sequence[Source], after: int
) -> tuple[MissingPage, list[int]]:
    """Return a page of missing items, and the ids of the generations that can be reused for them."""
    page = missing_page(store, run_candidate_id, after=after, n_cases=_PAGE)
    with store.read() as connection:
        return page, list(find_reusable(connection, asking, sources, page.items).values())


def count_reusable(store: Store, asking: Asking, cases: Sequence[Case], *, n_repeats: int) -> int:
    """Return how many outcomes `reuse_stored` would copy for these cases of a run, which need not be stored."""
    sources = find_sources(store, asking)
    n_found = 0
    for start in range(0, len(cases) if sources else 0, _PAGE):
        some = cases[start : start + _PAGE]
        items = [(case.case_id, repeat) for case in some for repeat in range(n_repeats)]
        questions = {case.case_id: question(case.content) for case in some}
        with store.read() as connection:
            n_found += len(find_reusable(connection, asking, sources, items, questions))
    return n_found


def _copied(store: Store, run_candidate_id: int, generation_ids: Sequence[int]) -> int:
    with store.write() as connection:
        originals = [stored.row for stored in select_outcomes(connection, generation.c.id.in_(generation_ids))]
        insert_outcomes(connection, [_copy(original, run_candidate_id) for original in originals])
        copy_stages(connection, [original for original in originals if original.trace is not None], run_candidate_id)
    return len(originals)


def _copy(original: OutcomeRow, run_candidate_id: int) -> OutcomeRow:
    """Return a copy of the outcome marked as reused, with its own times."""
    outcome = replace(cast(Generation, original.outcome), reused=True)
    return replace(original, run_candidate_id=run_candidate_id, outcome=outcome)
