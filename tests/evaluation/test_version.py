"""The version of the code that computed a number."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluation import __version__, version


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit, from which the code seems to run."""
    (tmp_path / "evaluation").mkdir()
    (tmp_path / "file").write_text("1")
    monkeypatch.setattr(version, "__file__", str(tmp_path / "evaluation" / "version.py"))
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    version.code_version.cache_clear()
    return tmp_path


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    version.code_version.cache_clear()


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_outside_a_checkout_it_is_the_version_alone(checkout: Path) -> None:
    assert __version__ == version.code_version()


def test_in_a_checkout_it_names_the_commit_and_says_where_files_were_changed(checkout: Path) -> None:
    git(checkout, "init", "-q")
    git(checkout, "add", "file")
    git(checkout, "commit", "-qm", "one")
    commit = git(checkout, "rev-parse", "--short=12", "HEAD")
    assert f"{__version__}+g{commit}" == version.code_version()
    (checkout / "file").write_text("2")
    version.code_version.cache_clear()
    assert f"{__version__}+g{commit}.dirty" == version.code_version()


def test_where_git_cannot_say_it_is_the_version_alone(checkout: Path) -> None:
    (checkout / ".git").mkdir()
    assert __version__ == version.code_version()
