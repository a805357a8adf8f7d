"""What Tab offers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deployments.cli.completion import run_ids

Command = Callable[..., Any]


def test_run_ids_that_begin_so_are_offered_with_their_benchmark(stored_run: Command) -> None:
    stored_run("abc1")
    stored_run("xyz2")

    assert [("abc1", "numbers")] == run_ids("ab")
    assert ["last", "xyz2", "abc1"] == [name for name, _ in run_ids("")]


def test_without_a_database_nothing_is_offered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", f"sqlite:///{tmp_path / 'none' / 'none.db'}")

    assert [] == run_ids("")
