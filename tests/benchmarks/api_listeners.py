"""How far behind are many clients that follow one evaluation by server-sent events?

    python tests/benchmarks/api_listeners.py --listeners 200 --cases 120

`benchwright serve` runs in a home of its own, an evaluation is started over HTTP, and so many clients follow it to its
end, each on a connection of its own. Meanwhile the results database is read every 20 ms. A client is behind from when
an answer that it was not told of is stored until its next event; the figures are the longest such time of each client.
"""

import argparse
import asyncio
import json
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from measuring import MODEL, QUIET_PREFECT, ROOT, MeasuringError, print_result, slot_server, write_cases

sys.path.insert(0, str(ROOT / "tests" / "support"))

from free_ports import free_port
from served import Home

LOOK_EVERY_S = 0.02
SLOTS, LATENCY_S = 2, 0.4


@dataclass
class Timeline:
    """When each number of answers was stored first, on the monotonic clock."""

    database: Path
    stored_at: list[float] = field(default_factory=list)
    """The first entry is the first answer's."""

    def watch(self, until: threading.Event) -> None:
        """Read the number of stored answers again and again."""
        while not until.is_set():
            try:
                with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as connection:
                    (n,) = connection.execute("SELECT count(*) FROM generation").fetchone()
            except sqlite3.Error:
                n = 0
            self.stored_at += [time.monotonic()] * (n - len(self.stored_at))
            until.wait(LOOK_EVERY_S)


@dataclass
class Listener:
    """One client, and when it was told what."""

    told: list[tuple[float, int]] = field(default_factory=list)
    """Time and number of answers of each event."""

    async def follow(self, client: httpx.AsyncClient, url: str) -> None:
        """Follow to the end."""
        name = data = ""
        async with client.stream("GET", url) as answer:
            if answer.status_code != 200:
                raise MeasuringError(f"{url} answered {answer.status_code}: {(await answer.aread())!r}")
            async for line in answer.aiter_lines():
                field_name, _, value = line.partition(": ")
                if field_name == "event":
                    name = value
                elif field_name == "data":
                    data = value
                    self.told.append((time.monotonic(), json.loads(data)["n_done"]))
        if name != "end" or not self.told[-1][1]:
            raise MeasuringError(f"the last event of a client was {name!r}: {data}")

    def longest_behind_s(self, stored_at: list[float]) -> float:
        """Return the longest time between a stored answer and the next event, while this client followed."""
        begin = self.told[0][0]
        waits = [0.0]
        for (_, n_known), (told, _) in zip(self.told, self.told[1:], strict=False):
            if n_known < len(stored_at):
                waits.append(told - max(stored_at[n_known], begin))
        return max(waits)


async def follow_all(url: str, n_listeners: int) -> list[Listener]:
    """Have so many clients follow, each on its own connection, and return them at the end."""
    listeners = [Listener() for _ in range(n_listeners)]
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(timeout=600, limits=limits, trust_env=False) as client:
        await asyncio.gather(*(each.follow(client, url) for each in listeners))
    return listeners


def measured(folder: Path, url: str, n_listeners: int) -> dict[str, Any]:
    """Start an evaluation, follow it, and return the figures."""
    body = {"benchmarks": ["numbers"], "models": [MODEL], "endpoints": ["here"]}
    answer = httpx.post(f"{url}/evaluations", json=body, timeout=120, trust_env=False)
    if answer.status_code >= 300:
        raise MeasuringError(f"the evaluation was refused: {answer.text}")
    flow_run = answer.json()["id"]
    timeline, has_ended = Timeline(folder / "results.db"), threading.Event()
    watcher = threading.Thread(target=timeline.watch, args=(has_ended,))
    watcher.start()
    try:
        listeners = asyncio.run(follow_all(f"{url}/work/{flow_run}/events", n_listeners))
    finally:
        has_ended.set()
        watcher.join()
    behind = [each.longest_behind_s(timeline.stored_at) for each in listeners]
    return {
        "listeners": n_listeners,
        "answers": len(timeline.stored_at),
        "events_each": int(np.median([len(each.told) for each in listeners])),
        "median_s": float(np.median(behind)),
        "longest_s": max(behind),
    }


def main() -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listeners", type=int, default=200)
    parser.add_argument("--cases", type=int, default=120)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        slot_server(slots=SLOTS, latency_s=LATENCY_S) as server,
    ):
        folder = Path(name)
        variables = {**QUIET_PREFECT, "BENCHWRIGHT_DATABASE_URL": str(folder / "results.db")}
        home = Home(folder, variables)
        cases = write_cases(folder / "numbers.jsonl", options.cases)
        for words in (("benchmarks", "add", cases), ("endpoints", "add", "here", server.url, "--slots", SLOTS)):
            code, said = home.run(*words)
            if code:
                raise MeasuringError(said)
        served = home.serve("--no-password", "--no-embedded", "--port", free_port(), "--api-port", free_port())
        try:
            figures = measured(folder, served.ready()["api"], options.listeners)
        finally:
            served.end(signal.SIGTERM)
    words = (
        f"{figures['listeners']} clients over {figures['answers']} answers, {figures['events_each']} events each: "
        f"behind by {figures['median_s']:.2f} s at the median, {figures['longest_s']:.2f} s at most"
    )
    print_result("api_listeners", figures, words)


if __name__ == "__main__":
    main()
