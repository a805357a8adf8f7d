"""The task that reuses outcomes opens the results database itself."""

import asyncio
from dataclasses import replace

import pytest
from reusable_runs import AskedRun, answered

from evaluation.store.missing import count_missing
from evaluation.store.session import open_store
from tasks.reuse import reuse_outcomes


def test_outcomes_of_an_earlier_run_are_taken(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", sqlite_url)
    earlier = AskedRun(run_id="earlier", outcomes=answered())
    with open_store(sqlite_url) as store:
        earlier.store(store)
        later = replace(earlier, run_id="later", outcomes={}).store(store)

        assert 3 == asyncio.run(reuse_outcomes.fn(later, label="a:1b", benchmark="numbers"))
        assert 0 == count_missing(store, later)
