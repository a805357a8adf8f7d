"""Applications over an empty store, and over one in which every name and text is hostile."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from api_client import ApiClient
from filled_stores import fill_by_copy
from hostile_store import fill_hostile

from deployments.api.app import create_app
from evaluation.store.session import Store, keep_open


@contextmanager
def _served(url: str, fill: Callable[[Store], None]) -> Iterator[ApiClient]:
    Path(url.removeprefix("sqlite:///")).parent.mkdir(exist_ok=True)
    fill_by_copy(url, fill)
    store = keep_open(url)
    try:
        yield ApiClient(create_app(store))
    finally:
        store.close()


def _nothing(store: Store) -> None:
    """Leave a store as it is."""


@pytest.fixture
def hostile(sqlite_url: str) -> Iterator[ApiClient]:
    with _served(sqlite_url, fill_hostile) as client:
        yield client


@pytest.fixture
def empty(sqlite_url: str) -> Iterator[ApiClient]:
    with _served(sqlite_url, _nothing) as client:
        yield client
