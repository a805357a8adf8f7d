"""A store for every page: all that the examples name, races and sweeps with curves, and the same with hostile texts."""

from api_store import fill_for_examples
from hostile_store import fill_hostile
from large_searches import fill_searches

from evaluation.store.session import Store


def fill_for_pages(store: Store) -> None:
    """Store something for every page, twice where names matter: with ordinary names, and with hostile ones."""
    fill_for_examples(store)
    fill_searches(store, n_candidates=6, n_cases=120)
    fill_hostile(store)
