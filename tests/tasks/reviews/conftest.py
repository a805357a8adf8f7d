"""One kind of database is enough: what differs between them is tested with the store."""

import pytest


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    """URL of this test's own SQLite file."""
    return sqlite_url
