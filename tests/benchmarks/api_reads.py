"""How long do the reading routes of the HTTP interface take on a large store?

    python tests/benchmarks/api_reads.py --rows 1000000 [--database postgresql]

The store holds runs of 20 candidates on five tasks, `--invocations` times, each answer scored, and recorded calls; an
experiment has five of the runs. Requests go to the ASGI
application in this process, one at a time, first `--unmeasured` of them, then `--requests`. For each route: the median,
the 95th percentile and the slowest in milliseconds, and the processor's time of this process at the median, which other
work on the machine does not lengthen (what a PostgreSQL server takes is not in it).
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from measuring import ROOT, print_result

sys.path.insert(0, str(ROOT / "tests" / "support"))

from large_store import TASKS, fill_store
from postgresql import postgresql

from deployments.api.app import create_app
from evaluation.records.traffic_calls import TrafficCall
from evaluation.store.experiments import add_runs, create_experiment
from evaluation.store.session import KeptStore, Store, keep_open, open_store
from evaluation.store.summaries import list_runs
from evaluation.store.traffic import save_traffic

CANDIDATES = 20
ROUTES = (
    "runs",
    "runs/last",
    "runs/last/cases?limit=100",
    "runs/last/cases?limit=100&candidate=model07%3A1b",
    "runs/last/cases?limit=100&failed=true",
    f"runs/last/cases/{TASKS[-1]}-7",
    "runs/run-code/diff/run-reasoning",
    "experiments",
    "experiments/all",
    "comparisons",
    "benchmarks",
    "benchmarks/code",
    "metrics",
    "pipelines",
    "profiles",
    "models",
    "endpoints",
    "alerts",
    "traffic/calls?limit=100",
    "traffic/calls?limit=100&failed=true",
    "recommendations",
    "scoreboard",
    "reviews",
    "ratings",
    "policies",
    "upgrades",
    "keys",
    "audit",
)


def main() -> None:
    """Measure, and print a line for each route and one of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--invocations", type=int, default=50, help="how many times five runs are stored")
    parser.add_argument("--calls", type=int, default=20_000, help="recorded calls of production")
    parser.add_argument("--requests", type=int, default=20)
    parser.add_argument("--unmeasured", type=int, default=2)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--keep", type=Path, help="SQLite file to fill, or to measure if it exists")
    parser.add_argument("--only", nargs="+", default=ROUTES, help="routes to measure")
    options = parser.parse_args()
    with _store(options) as store:
        measured = asyncio.run(_measured(store, options.only, options.requests, options.unmeasured))
    for route, each in measured.items():
        print(f"{route:50} p50 {each['p50_ms']:8.1f}  p95 {each['p95_ms']:8.1f}  CPU {each['cpu_ms']:8.1f} ms")
    slow = {route: each["p95_ms"] for route, each in measured.items() if each["p95_ms"] >= 100}
    values = {
        "database": options.database,
        "rows": options.rows,
        "invocations": options.invocations,
        "slow": len(slow),
        "routes": measured,
    }
    print_result("api_reads", values, f"{len(slow)} of {len(measured)} routes take 100 ms or more: {slow}")


@contextmanager
def _store(options: argparse.Namespace) -> Iterator[KeptStore]:
    with tempfile.TemporaryDirectory() as folder:
        if options.database == "sqlite":
            path = options.keep or Path(folder) / "benchwright.db"
            if not path.exists():
                _fill(str(path), options)
            yield from _kept(str(path))
        else:
            with postgresql() as server:
                _fill(server.url, options)
                yield from _kept(server.url)


def _kept(url: str) -> Iterator[KeptStore]:
    store = keep_open(url)
    yield store
    store.close()


def _fill(url: str, options: argparse.Namespace) -> None:
    with open_store(url) as store:
        n_each = options.rows // options.invocations
        for i in range(options.invocations):
            prefix = f"{i}-" if i else "run-"
            fill_store(store, n_candidates=CANDIDATES, n_generations=n_each, seed=i, prefix=prefix)
        made = create_experiment(store, name="all")
        add_runs(store, made.experiment_id, [run.run_id for run in list_runs(store, limit=5)])
        _save_calls(store, options.calls)


def _save_calls(store: Store, n_calls: int) -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    calls = [
        TrafficCall(
            call_id=str(i),
            task=TASKS[i % len(TASKS)],
            candidate=f"model{i % CANDIDATES:02}:1b",
            started_at=begin + timedelta(seconds=i),
            duration_s=1.0,
            ok=i % 50 != 0,
            error_type=None if i % 50 else "TimeoutError",
        )
        for i in range(n_calls)
    ]
    for first in range(0, n_calls, 10_000):
        save_traffic(store, calls[first : first + 10_000])


async def _measured(store: KeptStore, routes: list[str], n_requests: int, n_unmeasured: int) -> dict[str, Any]:
    """Return the times of each route in milliseconds."""
    transport = httpx.ASGITransport(create_app(store), client=("127.0.0.1", 1))
    measured = {}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:4210", timeout=600) as client:
        for route in routes:
            walls, processor = [], []
            for _ in range(n_unmeasured + n_requests):
                began, used = time.perf_counter(), time.process_time()
                answer = await client.get(f"/api/v1/{route}")
                walls.append((time.perf_counter() - began) * 1e3)
                processor.append((time.process_time() - used) * 1e3)
                if answer.status_code != 200:
                    raise SystemExit(f"{route}: {answer.status_code} {answer.text[:500]}")
            walls, processor = walls[n_unmeasured:], processor[n_unmeasured:]
            measured[route] = {
                "p50_ms": round(float(np.median(walls)), 1),
                "p95_ms": round(float(np.quantile(walls, 0.95)), 1),
                "slowest_ms": round(max(walls), 1),
                "cpu_ms": round(float(np.median(processor)), 1),
            }
    return measured


if __name__ == "__main__":
    main()
