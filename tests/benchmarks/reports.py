"""How long does a report take, how large is it, and what memory do the processes hold that make it?

    python tests/benchmarks/reports.py --cases 1000 --candidates 4

For each format `benchwright report` runs in a process of its own, as a person calls it: `seconds` is all of it, with
the imports and the processes that draw and typeset, and `own_seconds` what is left without the start of a command that
does nothing (`benchwright --version`). `peak_mib` is the largest process of all.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from measuring import ROOT, print_result

sys.path.insert(0, str(ROOT / "tests" / "support"))

from large_store import TASKS, fill_store

from evaluation.reports.documents.formats import ReportFormat
from evaluation.store.session import open_store

COMMAND = (sys.executable, "-m", "deployments.cli")


def main() -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1_000)
    parser.add_argument("--candidates", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3, help="of which medians are taken")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = folder / "benchwright.db"
        with open_store(str(database)) as store:
            n_generations = options.cases * options.candidates * len(TASKS)
            fill_store(store, n_candidates=options.candidates, n_generations=n_generations)
        start_s = median(_timed("--version")[0] for _ in range(options.rounds))
        formats = {form.value: _measured(folder, database, form, options.rounds, start_s) for form in ReportFormat}
    slowest = max(formats, key=lambda form: formats[form]["seconds"])
    words = (
        f"{options.cases:,} × {options.candidates}: the slowest, {slowest}, takes {formats[slowest]['seconds']:.1f} s"
    )
    values = {"cases": options.cases, "candidates": options.candidates, "start_s": start_s, "formats": formats}
    print_result("reports", values, words)


def _measured(folder: Path, database: Path, form: ReportFormat, n_rounds: int, start_s: float) -> dict[str, float]:
    seconds, peaks, size = [], [], 0
    for number in range(n_rounds):
        file = folder / f"{number}.{form}"
        wall_s, peak_mib = _timed("report", f"run-{TASKS[0]}", "--to", str(file), "--db", str(database))
        seconds.append(wall_s)
        peaks.append(peak_mib)
        size = file.stat().st_size
    wall_s = median(seconds)
    return {"seconds": wall_s, "own_seconds": wall_s - start_s, "bytes": size, "peak_mib": max(peaks)}


def _timed(*arguments: str) -> tuple[float, float]:
    """Run a command; return its seconds and the memory of its largest process."""
    began = time.monotonic()
    with subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{arguments}: {process.stderr.read().decode() if process.stderr else ''}")
    return time.monotonic() - began, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
