"""A results database is made where a user wants one, and not in silence where a path was mistyped."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deployments.cli.serve import _keep_results_in
from evaluation.errors import StoreError

Command = Callable[..., Any]
MADE = "note: created a new results database at sqlite:///"
MAKING = (
    ("endpoints", "add", "big", "http://127.0.0.1:9", "--no-check"),
    ("doctor",),
    ("recommend", "--task", "summarization"),
    ("evaluate", "--benchmark", "question_answering", "--model", "a:1b", "--dry-run"),
)


@pytest.mark.parametrize("words", MAKING, ids=lambda words: words[0])
def test_a_mistyped_folder_is_refused_and_not_made(benchwright: Command, tmp_path: Path, words: tuple[str]) -> None:
    said = benchwright(*words, "--db", tmp_path / "nowhere" / "deep" / "x.db")

    assert 2 == said.code
    assert "nowhere/deep" in said.err
    assert not (tmp_path / "nowhere").exists()


def test_a_mistyped_folder_is_refused_by_serve_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = tmp_path / "nowhere"

    with pytest.raises(StoreError, match="there is no folder") as refused:
        _keep_results_in(str(missing / "x.db"))
    assert f"mkdir -p {missing}" in str(refused.value.next_step)
    assert not missing.exists()


def test_a_database_that_is_made_where_a_user_named_one_is_told_of_once(benchwright: Command, tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    words = (*MAKING[0], "--db", path)

    assert f"{MADE}{path}" in benchwright(*words).err.splitlines()
    assert "created a new" not in benchwright(*words).err


def test_a_setting_may_name_a_folder_that_is_still_to_be_made_and_is_told_of(
    benchwright: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "volume" / "x.db"
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", f"sqlite:///{path}")

    said = benchwright(*MAKING[0], "--json")

    assert (0, "big") == (said.code, said.json["name"])
    assert f"{MADE}{path}" in said.err.splitlines()


def test_the_usual_database_is_made_without_a_word(
    benchwright: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BENCHWRIGHT_DATABASE_URL")
    monkeypatch.setattr("evaluation.store.address.user_data_path", lambda *_, **__: tmp_path / "data")

    said = benchwright(*MAKING[0])

    assert (0, True) == (said.code, (tmp_path / "data" / "benchwright.db").exists())
    assert "created a new" not in said.err
