"""How long do the reading routes of the HTTP interface take on a large store?

    python tests/benchmarks/api_reads.py --rows 1000000 [--database postgresql]

The store holds four fifths of the answers in five runs of 20 candidates, a task each, and the rest in 100 small ones,
with their scores and estimates; an experiment has the five large runs. Beside them there are a race and a sweep of 20
candidates and a run of two cascades with their stages, on `--cases` cases each, and recorded calls of 30 days, one in
ten with a judge's grade. What the examples of the description name is there too, so that every route that reads has
something to answer; those of exports and of events have programs of their own, and work in Prefect's queue needs its
server.

Requests go to the ASGI application in this process, one at a time: the first one, which may have to count, then
`--unmeasured`, then `--requests`. For each route: the first time, the median, the 95th percentile and the slowest in
milliseconds, and the processor's time of this process, median and 95th percentile, which other work on the machine
lengthens little (what a PostgreSQL server takes is not in it).
"""

import argparse
import asyncio
import re
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
import sqlalchemy as sa
from measuring import ROOT, print_result

sys.path.insert(0, str(ROOT / "tests" / "support"))

from api_store import fill_for_examples
from cascade_speed import make_run
from large_searches import RACE, SWEEP, fill_searches
from large_store import METRIC, TASKS, fill_store
from postgresql import postgresql

from deployments.api.app import create_app
from evaluation.records.candidates import MetricUse
from evaluation.records.traffic_calls import TrafficCall
from evaluation.records.traffic_grades import TrafficGrade
from evaluation.scores import Measurement
from evaluation.scoring.aggregation import aggregate_run
from evaluation.store.experiments import add_runs, create_experiment
from evaluation.store.session import KeptStore, Store, keep_open, open_store
from evaluation.store.summaries import list_runs
from evaluation.store.traffic import save_traffic
from evaluation.store.traffic_grades import production_calls, save_grades
from evaluation.store.upgrades import list_upgrades

CANDIDATES = 20
SMALL_INVOCATIONS = 20
LARGE, OTHER, CASCADES = f"large-{TASKS[0]}", f"large-{TASKS[1]}", "large-cascades"
ON_MUCH = {
    "/runs": ["runs", "runs?experiment=all"],
    "/runs/{run}": [f"runs/{LARGE}"],
    "/runs/{run}/cases": [
        f"runs/{LARGE}/cases?limit=100",
        f"runs/{LARGE}/cases?limit=100&candidate=model07%3A1b",
        f"runs/{LARGE}/cases?limit=100&failed=true",
        f"runs/{LARGE}/cases?limit=100&failed=false",
    ],
    "/runs/{run}/cases/{case}": [f"runs/{LARGE}/cases/{TASKS[0]}-7"],
    "/runs/{run}/diff/{other}": [f"runs/{LARGE}/diff/{OTHER}"],
    "/runs/{run}/race": [f"runs/{RACE}/race"],
    "/runs/{run}/sweep": [f"runs/{SWEEP}/sweep"],
    "/runs/{run}/cascades": [f"runs/{CASCADES}/cascades"],
    "/analytics/effects/{run}": [f"analytics/effects/{SWEEP}"],
    "/experiments/{name}": ["experiments/all"],
    "/benchmarks/{name}": [f"benchmarks/{TASKS[0]}"],
    "/analytics/breakdown": [f"analytics/breakdown?run={LARGE}&run={OTHER}"],
    "/analytics/correlations/{run}": [f"analytics/correlations/{LARGE}"],
    "/traffic/calls": ["traffic/calls?limit=100", "traffic/calls?limit=100&failed=true"],
}
"""Requests for the routes that read what there is much of; the others are asked for what the examples name."""
OWN_PROGRAM = re.compile(r"export$|events$")


def main() -> None:
    """Measure, and print a line for each route and one of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--calls", type=int, default=100_000, help="recorded calls of production")
    parser.add_argument("--cases", type=int, default=2_000, help="of the race, the sweep and the cascades")
    parser.add_argument("--requests", type=int, default=20)
    parser.add_argument("--unmeasured", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--db", help="database to fill, or to measure where it holds runs; else one is made")
    parser.add_argument("--only", nargs="+", help="requests to measure, such as runs/last")
    options = parser.parse_args()
    with _store(options) as store:
        measured = asyncio.run(_measured(store, options))
    for request, each in measured.items():
        print(
            f"{request:56} first {each['first_ms']:8.1f}  p50 {each['p50_ms']:7.1f}  p95 {each['p95_ms']:7.1f}  "
            f"CPU {each['cpu_ms']:6.1f}  p95 {each['cpu_p95_ms']:6.1f} ms"
        )
    slow = {request: each["p95_ms"] for request, each in measured.items() if each["p95_ms"] >= 100}
    values = {"database": options.database, "rows": options.rows, "slow": len(slow), "routes": measured}
    print_result("api_reads", values, f"{len(slow)} of {len(measured)} requests take 100 ms or more: {slow}")


@contextmanager
def _store(options: argparse.Namespace) -> Iterator[KeptStore]:
    with tempfile.TemporaryDirectory() as folder:
        if options.db or options.database == "sqlite":
            yield from _filled(options.db or str(Path(folder) / "benchwright.db"), options)
        else:
            with postgresql() as server:
                yield from _filled(server.url, options)


def _filled(url: str, options: argparse.Namespace) -> Iterator[KeptStore]:
    with open_store(url) as store:
        if not list_runs(store, limit=1):
            _fill(store, options)
    yield from _kept(url)


def _kept(url: str) -> Iterator[KeptStore]:
    store = keep_open(url)
    yield store
    store.close()


def _fill(store: Store, options: argparse.Namespace) -> None:
    n_small = options.rows // 5 // SMALL_INVOCATIONS
    fill_for_examples(store)  # first these two: they leave the numbers of rows to the database
    make_run(store, options.cases, CASCADES)
    for i in range(SMALL_INVOCATIONS):
        fill_store(store, n_candidates=CANDIDATES, n_generations=n_small, seed=i + 1, prefix=f"{i}-")
    large = fill_store(store, n_candidates=CANDIDATES, n_generations=options.rows * 4 // 5, prefix="large-")
    _look_at_tables(store)
    for run_id in large:
        aggregate_run(store, run_id, [METRIC])
    made = create_experiment(store, name="all")
    add_runs(store, made.experiment_id, large)
    fill_searches(store, n_candidates=CANDIDATES, n_cases=options.cases)
    aggregate_run(store, CASCADES, ["exact_match"])
    _save_calls(store, options.calls)
    _look_at_tables(store)


def _look_at_tables(store: Store) -> None:
    """Have PostgreSQL plan by what is in its tables now, as its autovacuum does within a minute."""
    if store.dialect == "postgresql":
        with store.write() as connection:
            connection.execute(sa.text("ANALYZE"))


def _save_calls(store: Store, n_calls: int) -> None:
    apart = timedelta(days=30) / n_calls
    begin = datetime.now(UTC) - n_calls * apart
    calls = [
        TrafficCall(
            call_id=f"call-{i}",
            task=TASKS[i % len(TASKS)],
            candidate=f"model{i % CANDIDATES:02}:1b",
            started_at=begin + i * apart,
            duration_s=1.0 + i % 7 / 10,
            ok=i % 50 != 0,
            error_type=None if i % 50 else "TimeoutError",
            prompt_tokens=100 + i % 90,
            output_tokens=40 + i % 70,
            input="What is it?",
            output="It is so.",
        )
        for i in range(n_calls)
    ]
    for first in range(0, n_calls, 10_000):
        save_traffic(store, calls[first : first + 10_000])
    _save_grades(store)


def _save_grades(store: Store) -> None:
    long_ago, now = datetime(2000, 1, 1, tzinfo=UTC), datetime.now(UTC)
    places = production_calls(store, since=long_ago, until=now)[0][::10]
    judge = MetricUse(name="judge", signature="judge|by:referee:7b")
    grades = [
        TrafficGrade(
            row_id=place.row_id,
            metric=judge,
            scorer_version="1",
            flow_run_id="flow-1",
            measurement=Measurement(value=(1 + i % 5) / 5),
        )
        for i, place in enumerate(places)
    ]
    save_grades(store, grades)


async def _measured(store: KeptStore, options: argparse.Namespace) -> dict[str, Any]:
    """Return the times of each request in milliseconds."""
    transport = httpx.ASGITransport(create_app(store), client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:4210", timeout=600) as client:
        description = (await client.get("/api/v1/openapi.json")).json()
        (upgrade,) = list_upgrades(store)
        requests = options.only or list(_requests(description["paths"], {"upgrade": upgrade.upgrade_id}))
        measured = {}
        for request in requests:
            times = await _times(client, request, options)
            if times is not None:
                measured[request] = times
    return measured


def _requests(paths: dict[str, Any], names: dict[str, str]) -> Iterator[str]:
    """Yield the requests of every route that reads, by its examples where its name is not in `names` or `ON_MUCH`."""
    unknown = set(ON_MUCH) - {path.removeprefix("/api/v1") for path in paths}
    if unknown:
        raise SystemExit(f"no such routes any more: {sorted(unknown)}")
    for path, item in paths.items():
        if "get" in item and not OWN_PROGRAM.search(path):
            yield from ON_MUCH.get(path.removeprefix("/api/v1"), [_example(path.format_map(_Named(names)), item)])


class _Named(dict[str, str]):
    """Names in place of the path's parameters; those that are not here stay."""

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


def _example(path: str, item: dict[str, Any]) -> str:
    """Return the path, relative to that of the interface where it is in it, with the example of each of its names."""
    parameters = [*item.get("parameters", ()), *item["get"].get("parameters", ())]
    for parameter in parameters:
        if parameter["in"] == "path":
            examples = [each["value"] for each in parameter.get("examples", {}).values()] or [
                *parameter["schema"].get("examples", ()),
                parameter.get("example"),
            ]
            path = path.replace(f"{{{parameter['name']}}}", str(examples[0]))
    return path.removeprefix("/api/v1/")


async def _times(client: httpx.AsyncClient, request: str, options: argparse.Namespace) -> dict[str, float] | None:
    """Return the times of one request; None where the store has nothing to answer it."""
    path = request if request.startswith("/") else f"/api/v1/{request}"
    walls, processor = [], []
    for _ in range(1 + options.unmeasured + options.requests):
        began, used = time.perf_counter(), time.process_time()
        answer = await client.get(path)
        walls.append((time.perf_counter() - began) * 1e3)
        processor.append((time.process_time() - used) * 1e3)
        if answer.status_code >= 400:
            print(f"{request}: not measured: {answer.status_code} {answer.text[:200]}")
            return None
    first, skipped = walls[0], 1 + options.unmeasured
    walls, processor = walls[skipped:], processor[skipped:]
    times = {
        "first_ms": first,
        "p50_ms": float(np.median(walls)),
        "p95_ms": float(np.quantile(walls, 0.95)),
        "slowest_ms": max(walls),
        "cpu_ms": float(np.median(processor)),
        "cpu_p95_ms": float(np.quantile(processor, 0.95)),
    }
    return {name: round(value, 1) for name, value in times.items()}


if __name__ == "__main__":
    main()
