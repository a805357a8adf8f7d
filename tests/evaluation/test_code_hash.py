"""What was computed is known by the code that computed it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import evaluation
from evaluation import version


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for the one of this code."""
    for name in ("evaluation/version.py", "evaluation/store/deep.py", "selection/choose.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"of {name}")
    monkeypatch.setattr(version, "__file__", str(tmp_path / "evaluation" / "version.py"))
    monkeypatch.setattr(version, "LOADED_AT", evaluation.LOADED_AT + 1e6)
    return tmp_path


def hashed() -> str | None:
    version.code_hash.cache_clear()
    return version.code_hash()


@pytest.fixture(autouse=True)
def _clean_cache() -> Iterator[None]:
    yield
    version.code_hash.cache_clear()


def test_any_letter_of_any_file_counts(checkout: Path) -> None:
    hashes = [hashed()]
    (checkout / "evaluation/store/deep.py").write_text("of evaluation/store/deeq.py")
    hashes.append(hashed())
    (checkout / "selection/choose.py").rename(checkout / "selection/chosen.py")
    hashes.append(hashed())
    (checkout / "selection/new.py").write_text("")
    hashes.append(hashed())
    assert None not in hashes
    assert len(set(hashes)) == len(hashes)
    (checkout / "selection/notes.txt").write_text("no code")
    assert hashes[-1] == hashed()


def test_a_file_that_was_changed_while_the_process_runs_makes_it_unknown(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(version, "LOADED_AT", (checkout / "selection/choose.py").stat().st_mtime - 1)
    assert hashed() is None
