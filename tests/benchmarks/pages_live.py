"""How far is the first page behind the store while answers come in, and what does the server take for it?

    python tests/benchmarks/pages_live.py --rate 100 --seconds 60 --viewers 5

A writer stores so many answers a second of a run of four candidates, in transactions of a tenth of a second. Viewers
fetch the changing part of the first page as its script does: .7 s after the last answer came, and only if it has
changed. What a page shows is as old as the first answer that it lacks: that age is taken when a page comes, and just
before the next one does, when it is oldest. The server runs in a process of its own, as `benchwright api` starts it.
"""

import argparse
import os
import re
import statistics
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
from measuring import ROOT, print_result

sys.path.insert(0, str(ROOT / "tests" / "support"))

from api_server import api_server
from stored_rows import save_outcomes
from stored_runs import answer, asked, numbers, store_run

from evaluation.records.outcomes import OutcomeRow
from evaluation.records.status import Status
from evaluation.store.runs import find_run
from evaluation.store.session import Store, open_store

CANDIDATES = 4
WAIT_S = 0.7
"""What the script of the page waits from one look to the next."""
BATCHES_A_SECOND = 10
_SHOWN = re.compile(r"([\d,]+) of ([\d,]+) answers")


@dataclass
class Stored:
    """When each answer was stored, for whoever looks."""

    moments: list[float] = field(default_factory=list)

    def age(self, n_shown: int, now: float) -> float:
        """Return for how long a page that shows so many answers has been behind."""
        return max(0.0, now - self.moments[n_shown]) if n_shown < len(self.moments) else 0.0


def main() -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=100, help="answers a second")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--viewers", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "benchwright.db"
        with open_store(str(database)) as store:
            rows = _plan(store, options.rate * options.seconds)
            with api_server(str(database), Path(folder)) as server:
                base = f"http://127.0.0.1:{server.port}"
                httpx.get(f"{base}/", timeout=60).raise_for_status()
                stored, is_over = Stored(), threading.Event()
                before = _cpu_s(server.process_id)
                with ThreadPoolExecutor(options.viewers) as viewers:
                    looks = [viewers.submit(_look, base, stored, is_over) for _ in range(options.viewers)]
                    took_s = _write(store, rows, options.rate, stored)
                    is_over.set()
                    seen = [each.result() for each in looks]
                cpu_share = (_cpu_s(server.process_id) - before) / took_s
    on_arrival = [age for ages, _ in seen for age in ages]
    oldest = [age for _, ages in seen for age in ages]
    values = {
        "rate": options.rate,
        "stored_per_s": len(stored.moments) / took_s,
        "viewers": options.viewers,
        "looks": len(on_arrival),
        "behind_on_arrival_median_s": statistics.median(on_arrival),
        "behind_median_s": statistics.median(oldest),
        "behind_most_s": max(oldest),
        "server_cpu_share": cpu_share,
    }
    words = (
        f"{values['stored_per_s']:.0f} answers/s, {options.viewers} viewers: behind by {max(on_arrival):.2f} s at most "
        f"when a page comes, {max(oldest):.2f} s just before the next; server {100 * cpu_share:.0f} % of a core"
    )
    print_result("pages_live", values, words)


def _plan(store: Store, n_answers: int) -> list[OutcomeRow]:
    """Plan a run, and return its outcomes in the order in which they are stored: candidate by candidate."""
    cases = numbers(n_answers // CANDIDATES)
    candidates = [asked(f"model{number}:1b") for number in range(CANDIDATES)]
    run_id = store_run(store, *candidates, cases=cases, status=Status.PLANNED, scored=False)
    return [
        OutcomeRow(
            run_candidate_id=candidate.run_candidate_id,
            case_id=case.case_id,
            repeat=0,
            outcome=answer(case.references[0] if number % 3 else "no idea"),
            endpoint="here",
            finished_at=datetime.now(UTC),
        )
        for candidate in find_run(store, run_id).candidates
        for number, case in enumerate(cases)
    ]


def _write(store: Store, rows: list[OutcomeRow], rate: int, stored: Stored) -> float:
    """Store the outcomes at that rate, and return the seconds that it took."""
    size, began = max(1, rate // BATCHES_A_SECOND), time.monotonic()
    for start in range(0, len(rows), size):
        time.sleep(max(0.0, began + start / rate - time.monotonic()))
        batch = rows[start : start + size]
        save_outcomes(store, batch)
        stored.moments += [time.monotonic()] * len(batch)
    return time.monotonic() - began


def _look(base: str, stored: Stored, is_over: threading.Event) -> tuple[list[float], list[float]]:
    """Look at the page until it is over; return its ages when it came, and when the next one came."""
    on_arrival, oldest = list[float](), list[float]()
    n_shown, tag = 0, ""
    with httpx.Client(base_url=base, timeout=60) as client:
        while not is_over.wait(WAIT_S):
            page = client.get("/parts/home", headers={"If-None-Match": tag} if tag else {})
            now = time.monotonic()
            oldest.append(stored.age(n_shown, now))
            if page.status_code == 200 and (shown := _SHOWN.search(page.text)) is not None:
                n_shown, tag = int(shown[1].replace(",", "")), page.headers["etag"]
            on_arrival.append(stored.age(n_shown, now))
    return on_arrival, oldest


def _cpu_s(process_id: int) -> float:
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
