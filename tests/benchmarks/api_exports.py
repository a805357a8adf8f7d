"""How long does the HTTP interface take to export many answers, when does it begin, and how much memory does it take?

    python tests/benchmarks/api_exports.py --rows 100000

The server runs in a process of its own, as `benchwright api` starts it, over runs of ten candidates in one experiment.
For each format: seconds to the first byte of the body, to the last one, of processor time that the server took, which
other work on the machine lengthens less, and how much the largest resident memory of the server grew meanwhile, by
Linux' `VmHWM`, which is reset before. The table is that of answers with their score.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from measuring import ROOT, print_result

sys.path.insert(0, str(ROOT / "tests" / "support"))

from api_server import api_server
from large_store import fill_store

from evaluation.store.experiments import add_runs, create_experiment, find_experiment
from evaluation.store.session import open_store
from evaluation.store.summaries import list_runs

FORMATS = ("csv", "json", "ndjson", "parquet", "xlsx")
CANDIDATES = 10


def main() -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=FORMATS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "benchwright.db"
        with open_store(str(database)) as store:
            fill_store(store, n_candidates=CANDIDATES, n_generations=options.rows)
            create_experiment(store, name="all")
            runs = [run.run_id for run in list_runs(store)]
            add_runs(store, find_experiment(store, "all").experiment_id, runs)
        with api_server(str(database), Path(folder)) as server:
            base = f"http://127.0.0.1:{server.port}"
            httpx.get(f"{base}/api/v1/experiments", timeout=60).raise_for_status()
            measured = {form: _measured(base, server.process_id, form) for form in options.formats}
    values = {"rows": options.rows, **measured}
    words = [
        f"{form}: first byte {each['first_byte_s']:.2f} s, all {each['seconds']:.1f} s, CPU {each['cpu_s']:.1f} s, "
        f"{each['bytes'] / 1e6:.1f} MB, memory +{each['memory_mb']:.0f} MB"
        for form, each in measured.items()
    ]
    print_result("api_exports", values, "; ".join(words))


def _measured(base: str, process_id: int, form: str) -> dict[str, Any]:
    """Return times in seconds, the length in bytes and the growth of memory in MB of one export."""
    status = Path(f"/proc/{process_id}/status")
    Path(f"/proc/{process_id}/clear_refs").write_text("5")
    before, cpu_before = _highest_mb(status), _cpu_s(process_id)
    began, first, n_bytes = time.monotonic(), None, 0
    with httpx.stream("GET", f"{base}/api/v1/experiments/all/export?format={form}", timeout=600) as answer:
        answer.raise_for_status()
        for part in answer.iter_raw():
            first = first or time.monotonic() - began
            n_bytes += len(part)
    return {
        "first_byte_s": round(first or 0.0, 3),
        "seconds": round(time.monotonic() - began, 3),
        "cpu_s": round(_cpu_s(process_id) - cpu_before, 2),
        "bytes": n_bytes,
        "memory_mb": round(_highest_mb(status) - before, 1),
    }


def _cpu_s(process_id: int) -> float:
    """Return the processor time of a process in seconds, its own and the system's for it."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _highest_mb(status: Path) -> float:
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
