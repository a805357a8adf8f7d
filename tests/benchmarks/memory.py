"""Does memory grow with the number of cases, and does the Prefect server keep up?

    python tests/benchmarks/memory.py --cases 100000

A server that answers at once is asked everything as fast as it goes. The memory of the process that runs the flow is
read after the first tenth of the cases and at the last answer, and its peak over all. Meanwhile the Prefect server is
asked what its pages ask: its health, the flow runs, the task runs, and the page itself.
"""

import argparse
import os
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
from measuring import (
    Command,
    PrefectServer,
    SlotServer,
    check_result,
    evaluate_words,
    memory_bytes,
    print_result,
    serving_s,
    slot_server,
    standing_prefect,
    workplace,
    write_cases,
)

LOOK_EVERY_S = 1.0
PAGES = {
    "health": ("GET", "/api/health", None),
    "flow_runs": ("POST", "/api/flow_runs/filter", {"sort": "EXPECTED_START_TIME_DESC", "limit": 10}),
    "task_runs": ("POST", "/api/task_runs/filter", {"sort": "EXPECTED_START_TIME_DESC", "limit": 50}),
    "page": ("GET", "/", None),
}


class Watch(threading.Thread):
    """Looks at the flow's process and at the Prefect server until it is told to stop."""

    def __init__(self, command: Command, prefect: PrefectServer, server: SlotServer) -> None:
        super().__init__(daemon=True)
        self._command, self._prefect, self._server = command, prefect, server
        self._closing = threading.Event()
        self.samples: list[tuple[int, int]] = []
        """Answers so far, and the process's memory in bytes."""
        self.slowest_s = dict.fromkeys(PAGES, 0.0)
        self.n_looks = 0
        self.n_unanswered = 0

    def run(self) -> None:
        with httpx.Client(base_url=self._prefect.api.removesuffix("/api"), trust_env=False, timeout=60) as client:
            while not self._closing.wait(LOOK_EVERY_S):
                n_answers = self._server.stats()["ok"]
                if (memory := memory_bytes(self._command.pid)) is not None:
                    self.samples.append((n_answers, memory))
                self._look(client)

    def _look(self, client: httpx.Client) -> None:
        for name, (method, path, body) in PAGES.items():
            began = time.monotonic()
            try:
                is_fine = client.request(method, path, json=body).status_code < 400
            except httpx.HTTPError:
                is_fine = False
            self.n_looks += 1
            self.n_unanswered += not is_fine
            self.slowest_s[name] = max(self.slowest_s[name], time.monotonic() - began)

    def stop(self) -> None:
        """Returns when it looks no more."""
        self._closing.set()
        self.join()

    def memory_mb_at(self, n_answers: int) -> float | None:
        """The memory when there were first so many answers."""
        return next((memory / 1e6 for n, memory in self.samples if n >= n_answers), None)


def stored(database: Path) -> int:
    """Generations in the database."""
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("SELECT count(*) FROM generation").fetchone()[0])


def figures(watch: Watch, n_cases: int) -> dict[str, Any]:
    """What the watch saw."""
    tenth, last = watch.memory_mb_at(n_cases // 10), watch.memory_mb_at(n_cases)
    peak = max((memory / 1e6 for _, memory in watch.samples), default=None)
    return {
        "memory_mb": {"at_a_tenth": tenth, "at_the_last_answer": last, "peak": peak},
        "growth_mb": None if tenth is None or peak is None else peak - tenth,
        "prefect_server": {
            "looks": watch.n_looks,
            "unanswered": watch.n_unanswered,
            "slowest_s": watch.slowest_s,
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--slots", type=int, default=16)
    parser.add_argument("--prefect", metavar="API", help="a standing Prefect server; default: one is started")
    asked = parser.parse_args()
    if not os.path.exists("/proc/self/status"):
        parser.exit(1, "memory is read from /proc, which this system lacks\n")
    with workplace() as (folder, stack):
        prefect = stack.enter_context(standing_prefect(folder, asked.prefect))
        server = stack.enter_context(slot_server(slots=asked.slots))
        database = folder / "store.db"
        cases = write_cases(folder / "cases.jsonl", asked.cases)
        words = evaluate_words(server, [cases], slots=asked.slots, database=database)
        with Command(words, folder, prefect.env) as command:
            watch = Watch(command, prefect, server)
            watch.start()
            done = command.wait()
            watch.stop()
        stats = server.stats()
        record = prefect.record([check_result(done, n_cases=asked.cases)])
        n_stored = stored(database)
    values = {
        "cases": asked.cases,
        "slots": asked.slots,
        "stored": n_stored,
        **figures(watch, asked.cases),
        "command_s": done.seconds,
        "cases_per_s": asked.cases / serving_s(stats),
        "prefect": record,
    }
    print_result("memory", values, f"{n_stored} stored, memory after the first tenth: {values['growth_mb']} MB more")


if __name__ == "__main__":
    main()
