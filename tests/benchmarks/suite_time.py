"""Which files of tests take the time?

    python tests/benchmarks/suite_time.py                               # all but the long ones: what `make test` runs
    python tests/benchmarks/suite_time.py --coverage tests/flows        # a part, traced as `make coverage` traces it

Runs the tests in this process and one line of JSON tells, for each file, the CPU seconds of this process, those of
programs that it started, and seconds of wall time. CPU seconds are what can be compared on a machine that others use.
A server that stands for many tests counts for the file after which it was last looked at. On stderr: the files that
take most, as a table.
"""

import argparse
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
NAMES = ("cpu_s", "children_cpu_s", "wall_s", "n_tests")


def descendants_s(root: int) -> float:
    """CPU seconds of all living processes under this one."""
    parents, used = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        parents[int(path.parent.name)] = int(fields[1])
        used[int(path.parent.name)] = sum(map(int, fields[11:15])) / _TICKS_PER_S
    return sum(used[pid] for pid in used if pid != root and root in _line_of(pid, parents))


def _line_of(pid: int, parents: dict[int, int]) -> Iterator[int]:
    while pid in parents:
        yield pid
        pid = parents[pid]


class Stopwatch:
    """A plugin that adds up what each file's tests take, with their fixtures."""

    def __init__(self) -> None:
        self.files: dict[str, list[float]] = defaultdict(lambda: [0.0] * len(NAMES))
        self._before = self._now()

    def _now(self) -> tuple[float, float, float]:
        times = os.times()
        ended = times.children_user + times.children_system
        return times.user + times.system, ended + descendants_s(os.getpid()), time.monotonic()

    def _add(self, name: str) -> None:
        now = self._now()
        for place, (after, before) in enumerate(zip(now, self._before, strict=True)):
            self.files[name][place] += after - before
        self._before = now

    def pytest_collection_finish(self) -> None:
        self._add("collecting")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> Any:
        result = yield
        self.files[_file_of(item)][-1] += 1
        if nextitem is None or _file_of(nextitem) != _file_of(item):
            self._add(_file_of(item))
        return result


def _file_of(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _figures(seconds: list[float]) -> dict[str, float]:
    *of_time, n_tests = seconds
    return {**dict(zip(NAMES, (round(value, 2) for value in of_time), strict=False)), NAMES[-1]: int(n_tests)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tests", nargs="*", default=["tests"], help="files or folders; default: all")
    parser.add_argument("--coverage", action="store_true", help="trace lines and branches")
    parser.add_argument("--top", type=int, default=30, help="files in the table")
    given = parser.parse_args()
    stopwatch = Stopwatch()
    options = ["-m", "not long", "-p", "no:cacheprovider", *(["--cov", "--cov-report="] if given.coverage else [])]
    sys.stdout, stdout = sys.stderr, sys.stdout
    status = pytest.main([*given.tests, *options], plugins=[stopwatch])
    sys.stdout = stdout
    ordered = sorted(stopwatch.files.items(), key=lambda item: -(item[1][0] + item[1][1]))
    totals = [sum(seconds[place] for _, seconds in ordered) for place in range(len(NAMES))]
    for name, seconds in [*ordered[: given.top], ("all", totals)]:
        print("{:8.1f} {:8.1f} {:8.1f} {:6.0f}".format(*seconds), name, file=sys.stderr)
    files = {name: _figures(seconds) for name, seconds in ordered}
    print(json.dumps({"program": "suite_time", "status": int(status), **_figures(totals), "files": files}))
    sys.exit(status)


if __name__ == "__main__":
    main()
