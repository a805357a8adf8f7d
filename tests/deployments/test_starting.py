"""How long a process of ours may take to start: a setting, and what counts as getting somewhere."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments.starting import Progress, processor_time_s, start_timeout_s
from evaluation.errors import ConfigurationError

_WORKS_ON_DEMAND = """
import sys
for line in sys.stdin:
    n = sum(i * i for i in range(3_000_000))
    print("done", flush=True)
"""


@pytest.fixture
def working() -> "Iterator[subprocess.Popen[str]]":
    """A process below another one, which works when it is told to."""
    below = f"import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', {_WORKS_ON_DEMAND!r}]))"
    with subprocess.Popen(
        [sys.executable, "-c", below], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process


def _work(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("work\n")
    process.stdin.flush()
    assert "done\n" == process.stdout.readline()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems do not say")
def test_the_processor_time_of_a_process_below_counts(working: "subprocess.Popen[str]", tmp_path: Path) -> None:
    _work(working)  # it has started
    before_s = processor_time_s(working.pid)
    progress = Progress(working.pid, tmp_path / "log")
    assert not progress.has_moved(100.0)
    _work(working)
    assert before_s < processor_time_s(working.pid)
    assert progress.has_moved(1.0)
    assert not progress.has_moved(1.0)


def test_what_it_writes_counts(tmp_path: Path) -> None:
    nobody, log = 2**31 - 1, tmp_path / "log"
    progress = Progress(nobody, log)
    assert not progress.has_moved(1.0)
    log.write_text("loading")
    assert progress.has_moved(1.0)
    assert not progress.has_moved(1.0)


def test_the_time_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BENCHWRIGHT_START_TIMEOUT_S", raising=False)
    assert 120.0 == start_timeout_s()
    monkeypatch.setenv("BENCHWRIGHT_START_TIMEOUT_S", "600")
    assert 600.0 == start_timeout_s()


@pytest.mark.parametrize("text", ["0", "-1", "soon", "nan", "inf"])
def test_a_time_that_is_none_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHWRIGHT_START_TIMEOUT_S", text)
    with pytest.raises(ConfigurationError, match="must be a number of seconds above 0"):
        start_timeout_s()


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHWRIGHT_START_TIMEOUT_S", "")
    assert 120.0 == start_timeout_s()


def test_another_setting_that_is_wrong_is_not_told_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BENCHWRIGHT_START_TIMEOUT_S", raising=False)
    monkeypatch.setenv("BENCHWRIGHT_METRIC_TIMEOUT_S", "never")
    assert 120.0 == start_timeout_s()
