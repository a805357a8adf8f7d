"""How many outcomes a second does the store take, and how fast does it answer when it holds many?

    python tests/benchmarks/store_speed.py --rows 100000 --postgresql postgresql://tester@localhost/empty

Rows go through `OutcomeWriter` with as many waiting for their commit as a run has requests in flight, and one by one.
The reads are those of a run at work and of its pages: the next missing cases (at the beginning, near the end, and of a
run that lacks nothing), how many are missing, progress, and the results. Each read is the slower of two. PostgreSQL is
measured where the URL of an empty database is given.
"""

import argparse
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from measuring import ROOT, print_result

sys.path.insert(0, str(ROOT / "tests" / "support"))

from stored_runs import MOMENT, answer, asked, numbers, store_run

from evaluation.metrics.parsing import parse_metric
from evaluation.records.outcomes import OutcomeRow
from evaluation.records.status import Status
from evaluation.run_results.run_result import run_result
from evaluation.scoring.aggregation import aggregate_run
from evaluation.scoring.candidate_scoring import score_candidate
from evaluation.store.missing import count_missing, missing_page
from evaluation.store.runs import find_run
from evaluation.store.session import Store, open_store
from evaluation.store.summaries import list_runs, progress
from evaluation.store.writer import OutcomeWriter

METRIC = "exact_match"
PAGE = 500


def outcome(run_candidate_id: int, i: int) -> OutcomeRow:
    """The right answer to case `i`, with the timings that a real one has."""
    return OutcomeRow(
        run_candidate_id=run_candidate_id,
        case_id=f"c{i}",
        repeat=0,
        outcome=answer(str(i)),
        endpoint="here",
        started_at=MOMENT,
        finished_at=MOMENT,
        effective_context=4096,
    )


def write_rows(store: Store, rows: Sequence[OutcomeRow], in_flight: int) -> float:
    """Rows a second, each counted when it is committed."""
    began = time.monotonic()
    with OutcomeWriter(store) as writer:
        waiting: deque[Future[None]] = deque()
        for row in rows:
            if len(waiting) == in_flight:
                waiting.popleft().result()
            waiting.append(writer.submit(row))
        for future in waiting:
            future.result()
    return len(rows) / (time.monotonic() - began)


def seconds(work: Callable[[], Any], *, times: int = 1) -> float:
    """The slowest of so many times."""
    taken = []
    for _ in range(times):
        began = time.monotonic()
        work()
        taken.append(time.monotonic() - began)
    return max(taken)


def measure(url: str, n_rows: int, n_single: int, in_flight: int) -> dict[str, Any]:
    """All figures of one database."""
    with open_store(url) as store:
        return _measured(store, n_rows, n_single, in_flight)


def _measured(store: Store, n_rows: int, n_single: int, in_flight: int) -> dict[str, Any]:
    run_ids: list[str] = []

    def plan() -> None:
        cases = numbers(n_rows)
        run_ids.append(store_run(store, asked("a:1b"), cases=cases, status=Status.RUNNING, scored=False))

    plan_s = seconds(plan)
    (run_id,) = run_ids
    (candidate,) = find_run(store, run_id).candidates
    row_id = candidate.run_candidate_id
    rows = [outcome(row_id, i) for i in range(n_rows)]
    first_page_s = seconds(lambda: missing_page(store, row_id, n_cases=PAGE), times=2)
    n_end = min(PAGE, n_rows // 10)
    one_by_one = write_rows(store, rows[:n_single], 1)
    together = write_rows(store, rows[n_single : n_rows - n_end], in_flight)
    last_page_s = seconds(lambda: missing_page(store, row_id, n_cases=PAGE), times=2)
    assert count_missing(store, row_id) == n_end
    write_rows(store, rows[n_rows - n_end :], in_flight)
    reads = {
        "missing_page_first_s": first_page_s,
        "missing_page_near_the_end_s": last_page_s,
        "missing_page_of_a_complete_run_s": seconds(lambda: missing_page(store, row_id, n_cases=PAGE), times=2),
        "count_missing_s": seconds(lambda: count_missing(store, row_id), times=2),
        "progress_s": seconds(lambda: progress(store, f"of-{run_id}"), times=2),
        "list_runs_s": seconds(lambda: list_runs(store), times=2),
    }
    assert missing_page(store, row_id).items == ()
    score_s = seconds(lambda: score_candidate(store, run_id, row_id, [parse_metric(METRIC)]))
    aggregate_s = seconds(lambda: aggregate_run(store, run_id, [METRIC]))
    reads["results_s"] = seconds(lambda: run_result(store, run_id), times=2)
    (shown,) = run_result(store, run_id).candidates
    assert (shown.n_ok, shown.metrics[METRIC].value) == (n_rows, 1.0)
    return {
        "plan_s": plan_s,
        "writes_per_s": {"one_by_one": one_by_one, f"{in_flight}_in_flight": together},
        "reads": reads,
        "score_s": score_s,
        "aggregate_s": aggregate_s,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--in-flight", type=int, default=64, help="outcomes that wait for their commit at once")
    parser.add_argument("--postgresql", metavar="URL", help="an empty database")
    given = parser.parse_args()
    n_single = min(500, given.rows // 10)
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="benchwright-measuring-") as folder:
        databases = {"sqlite": str(Path(folder) / "store.db")}
        if given.postgresql:
            databases["postgresql"] = given.postgresql
        for name, url in databases.items():
            found[name] = measure(url, given.rows, n_single, given.in_flight)
    values = {"rows": given.rows, **found}
    said = "; ".join(
        f"{name}: {each['writes_per_s'][f'{given.in_flight}_in_flight']:.0f} rows/s" for name, each in found.items()
    )
    print_result("store_speed", values, said)


if __name__ == "__main__":
    main()
