"""Would the tests of a module notice a fault in it? Puts small faults into modules and counts those found.

    python tests/benchmarks/mutation.py --share 0.2                       # a fifth of all mutants, drawn by --seed
    python tests/benchmarks/mutation.py --file evaluation/metrics/ter.py  # all mutants of one file
    python tests/benchmarks/mutation.py --folder evaluation/stats         # another package than the metrics

Each mutant is tried in a fork of one interpreter that has loaded pytest and the libraries, and nothing of Benchwright:
the fork imports the module with its fault from memory, and runs the tests of that module until the first that fails. A
module is tested by the test file of its name and by those that import it; where there are none, by those of the
catalogue that lists it and of the modules that import it. All of it happens in a copy of the tree. A mutant on which
the tests take far longer than without it counts as found.
"""

import argparse
import ast
import importlib
import importlib.abc
import importlib.util
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from mutants import Mutant, mutants

ROOT = Path(__file__).parents[2]
METRICS = Path("evaluation/metrics")
_LIBRARIES = """
pytest _hypothesis_pytestplugin hypothesis hypothesis.strategies numpy scipy scipy.special scipy.stats sklearn.metrics
sacrebleu sacrebleu.metrics rouge_score.rouge_scorer rapidfuzz.distance jsonschema jsonschema.validators
referencing.jsonschema regex textstat langdetect krippendorff difflib decimal fractions ast gzip
"""
_IN_OTHER_PROCESSES = frozenset({METRICS / "apart_child.py"})
"""Whatever is changed in memory, a child process reads their files."""
_MEMORY_BYTES = 4 * 2**30
_LEAST_S, _TIMES = 10.0, 8.0


@dataclass(frozen=True)
class Work:
    """One module with one fault; without one, to see that its tests pass."""

    source: Path
    tests: tuple[str, ...]
    tree: ast.Module
    mutant: Mutant | None
    limit_s: float


@dataclass
class Tally:
    """What came of a file's mutants."""

    n_mutants: int = 0
    killed: int = 0
    timed_out: int = 0
    survivors: list[dict[str, Any]] = field(default_factory=list)


class _WithFault(SourceFileLoader, importlib.abc.MetaPathFinder):
    """Gives one module the code that it is told, whatever its file says."""

    def __init__(self, name: str, path: str, code: CodeType) -> None:
        super().__init__(name, path)
        self._code = code

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def get_code(self, fullname: str) -> CodeType:
        return self._code


def sources_of(source: Path) -> Path:
    """The package of `evaluation` that the module is part of, with its own folder of tests."""
    return Path(*source.parts[:2])


def tests_of(source: Path) -> tuple[str, ...]:
    """The test files of a module: that of its name and those that import it, else those of its importers too."""
    sources, tests = sources_of(source), "tests" / sources_of(source)
    mirrored = tests / source.relative_to(sources).parent / f"test_{source.stem}.py"
    name = _module_name(source)
    found = {str(path) for path in tests.rglob("test_*.py") if f"{name} import" in path.read_text()}
    if mirrored.exists():
        # The file of its name first: most faults end there.
        return (str(mirrored), *sorted(found - {str(mirrored)}))
    for path in sources.rglob("*.py"):
        if path != source and path.name != "__init__.py" and f"{name} import" in path.read_text():
            found |= set(tests_of(path))
    return tuple(sorted(found | _tests_of_its_catalogue(source)))


def _tests_of_its_catalogue(source: Path) -> set[str]:
    """The test files that import a package of metrics' parts whose catalogue lists something of the module."""
    catalogue, sources = source.with_name("__init__.py"), sources_of(source)
    if source.parent == sources or f"{_module_name(source)} import" not in catalogue.read_text():
        return set()
    tests = ("tests" / sources).rglob("test_*.py")
    return {str(path) for path in tests if f"{_module_name(catalogue)} import" in path.read_text()}


def _module_name(source: Path) -> str:
    parts = source.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def run_here(work: Work) -> int:
    """The status of pytest in this process, which must be a fork: the fault stays."""
    import pytest

    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY_BYTES, _MEMORY_BYTES))
    if work.mutant is not None:
        work.mutant.put()
        ast.fix_missing_locations(work.tree)
    code = compile(work.tree, str(work.source), "exec")
    sys.meta_path.insert(0, _WithFault(_module_name(work.source), str(work.source.absolute()), code))
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:cov", "-p", "no:anyio", "--tb=no"]
    options += ["-W", "ignore:Module already imported"]
    options += ["-o", "python_files=test_*.py"]  # else pytest itself loads `regression_test.py`, without its fault
    return int(pytest.main([*options, f"--confcutdir={'tests' / sources_of(work.source)}", *work.tests]))


def start(work: Work) -> int:
    """The process in which a mutant is tried."""
    pid = os.fork()
    if pid == 0:
        status = 99
        with suppress(BaseException):
            os.setsid()
            silence = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(silence, stream)
            status = run_here(work)
        os._exit(status)
    return pid


def ended(works: Sequence[Work], jobs: int) -> Iterator[tuple[Work, int | None, float]]:
    """Each work with its status, None where it took too long, and its seconds."""
    waiting, running = list(reversed(works)), dict[int, tuple[Work, float]]()
    while waiting or running:
        while waiting and len(running) < jobs:
            work = waiting.pop()
            running[start(work)] = (work, time.monotonic())
        time.sleep(0.01)
        for pid, (work, began) in list(running.items()):
            done, status = os.waitpid(pid, os.WNOHANG)
            seconds = time.monotonic() - began
            if not done and seconds < work.limit_s:
                continue
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            if not done:
                os.waitpid(pid, 0)
            del running[pid]
            yield work, os.waitstatus_to_exitcode(status) if done else None, seconds


def planned(source: Path, share: float, seed: int) -> tuple[list[Work], str | None]:
    """A file's mutants to try; and why there are none."""
    tree, tests = ast.parse(source.read_text()), tests_of(source)
    if not tests:
        return [], "no test file imports it"
    if source in _IN_OTHER_PROCESSES:
        return [], "it runs in processes of its own, which read its file"
    sound = Work(source, tests, tree, None, 600.0)
    ((_, status, seconds),) = ended([sound], 1)
    if status != 0:
        return [], f"its tests do not pass without a fault: {', '.join(tests)}, status {status}"
    limit_s = max(_LEAST_S, _TIMES * seconds)
    all_of_them = mutants(tree)
    rng = random.Random(f"{seed}-{source}")
    drawn = sorted(rng.sample(range(len(all_of_them)), round(share * len(all_of_them))))
    return [Work(source, tests, tree, all_of_them[i], limit_s) for i in drawn], None


def count(works: Sequence[Work], jobs: int) -> dict[str, Tally]:
    """What came of the mutants, by file."""
    tallies: dict[str, Tally] = {}
    for work, status, _ in ended(works, jobs):
        tally = tallies.setdefault(str(work.source), Tally())
        tally.n_mutants += 1
        assert work.mutant is not None
        if status == 0:
            tally.survivors.append({"line": work.mutant.line, "fault": work.mutant.fault})
        else:
            tally.killed += 1
            tally.timed_out += status is None
    return tallies


def load_libraries() -> None:
    """Loads what tests use, and nothing of Benchwright."""
    for name in _LIBRARIES.split():
        with suppress(ImportError):
            importlib.import_module(name)
    loaded = [name for name in sys.modules if name.partition(".")[0] == "evaluation"]
    if loaded:
        raise SystemExit(f"loaded before the mutants: {', '.join(loaded)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--file", action="append", type=Path, help="only these, as paths from the root")
    parser.add_argument("--folder", type=Path, default=METRICS, help="all of this package, where no file is named")
    parser.add_argument("--share", type=float, default=1.0, help="of the mutants of each file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    began = time.monotonic()
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", PYTHONWARNINGS="")
    with tempfile.TemporaryDirectory(prefix="benchwright-mutation-") as folder:
        for part in ("evaluation", "tests/evaluation", "tests/support", "docs"):
            shutil.copytree(ROOT / part, Path(folder) / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)
        os.chdir(folder)
        sys.path.insert(0, folder)
        load_libraries()
        files = given.file or sorted(path for path in given.folder.rglob("*.py") if path.name != "__init__.py")
        plans = {source: planned(source, given.share, given.seed) for source in files}
        tallies = count([work for works, _ in plans.values() for work in works], given.jobs)
        os.chdir("/")
    found = {
        "files": {
            name: {"mutants": tally.n_mutants, "killed": tally.killed, "timed_out": tally.timed_out}
            for name, tally in sorted(tallies.items())
        },
        "not_tried": {str(source): reason for source, (_, reason) in plans.items() if reason},
        "survivors": {name: tally.survivors for name, tally in sorted(tallies.items()) if tally.survivors},
    }
    n_mutants, n_killed = (sum(getattr(tally, name) for tally in tallies.values()) for name in ("n_mutants", "killed"))
    totals = {"mutants": n_mutants, "killed": n_killed, "share_killed": n_killed / n_mutants if n_mutants else None}
    print(
        json.dumps({"program": "mutation", **totals, "seconds": round(time.monotonic() - began, 1), **found}),
        flush=True,
    )
    print(f"{n_killed} of {n_mutants} mutants found", file=sys.stderr)


if __name__ == "__main__":
    main()
