"""Who changes how candidates are compared reads the files that a comparison passes: few enough to be read.

Counted are files whose functions run when runs are compared by the command, of the packages that compare. What every
command uses (the store, records, formatting, the terminal) is not counted.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from compared_runs import candidate, cases_of, failed, right_on, store_run, timed

from deployments.cli.__main__ import run
from evaluation.store.session import open_store

ROOT = Path(__file__).parents[2]
COMPARING = (
    "evaluation/comparisons/*",
    "evaluation/stats/*",
    "evaluation/results/*",
    "evaluation/requests/*",
    "evaluation/reports/*",
    "deployments/cli/compare/*",
)
MOST = 25
IS_OF_A_FUNCTION = 1
"""CO_OPTIMIZED: the body of a class has it not, nor has a module's."""
CASES = cases_of(40)


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The path of a store with a run of two candidates and one of a third, which failed on some cases."""
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", f"sqlite:///{tmp_path / 'benchwright.db'}")
    path = str(tmp_path / "benchwright.db")
    with open_store(path) as store:
        pair = (candidate("a:1b", timed(CASES, 2.0)), candidate("b:1b", right_on(CASES, range(25))))
        store_run(store, *pair, cases=CASES, run_id="pair")
        third = {**right_on(CASES, range(9)), **failed(CASES, range(9, 12))}
        store_run(store, candidate("c:1b", third), cases=CASES, run_id="third")
    return path


@contextmanager
def files_called(files: set[str]) -> Iterator[None]:
    """Collect the files of ours of which functions are called, in this thread and in those that it starts."""
    folder = f"{ROOT}/"

    def profile(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_flags & IS_OF_A_FUNCTION and code.co_filename.startswith(folder):
            files.add(code.co_filename.removeprefix(folder))

    before: Callable[..., Any] | None = sys.getprofile()
    threading.setprofile(profile)
    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(before)
        threading.setprofile(before)


@pytest.mark.parametrize("runs", [("pair",), ("pair", "third")])
def test_a_comparison_passes_few_files(runs: tuple[str, ...], database: str) -> None:
    command = ["compare", *runs, "--db", database]
    assert 0 == run(command)  # what is done once alone, such as imports and caches, is done
    files: set[str] = set()
    with files_called(files):
        code = run(command)

    way = sorted(file for file in files if any(fnmatch(file, pattern) for pattern in COMPARING))
    assert 0 == code
    assert {"evaluation/comparisons/comparison.py", "evaluation/stats/pair_comparison.py"} <= set(way)
    assert len(way) <= MOST, f"a comparison passes {len(way)} files:\n" + "\n".join(way)
