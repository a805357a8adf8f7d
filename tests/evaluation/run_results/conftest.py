"""What a run found is read from any store alike: one database is enough here."""

import pytest


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    return sqlite_url
