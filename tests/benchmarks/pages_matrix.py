"""How long do answers side by side take to come, with and without filters, and what do many viewers cost the server?

    python tests/benchmarks/pages_matrix.py --cases 10000 --viewers 20 [--browser]

The server runs in a process of its own, as `benchwright api` starts it. Each address is requested by itself: a run's
page when nothing was looked at before, the answers of another run that nobody looked at, then views of the first run,
the median of several; with `--browser` headless Chromium opens the answers of a third one and filters them, and says
when it painted first (`make ui` installs what this needs). Then all
viewers at once open the page of a run that nobody looked at, and walk through views and pages of five runs; the
server's resident memory is read before and after.
"""

import argparse
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from measuring import ROOT, print_result

sys.path.insert(0, str(ROOT / "tests" / "support"))

from api_server import api_server
from large_store import fill_store

from evaluation.store.session import open_store
from evaluation.store.summaries import list_runs

CANDIDATES = 4
VIEWS = {
    "next page": "offset=5000",
    "by score": "sort=score&descending=true",
    "where scores differ": "showing=disagree",
    "better than": "better=model00%3A1b&worse=model01%3A1b",
    "text that is rare": "text=zebra",
    "text that is common": "text=7",
}

_FIRST_PAINT = """() => new Promise(resolve => new PerformanceObserver(list => list.getEntries().forEach(entry =>
    entry.name === "first-contentful-paint" && resolve(entry.startTime))).observe({type: "paint", buffered: true}))"""


def main() -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--viewers", type=int, default=20)
    parser.add_argument("--looks", type=int, default=20, help="addresses that each viewer looks at")
    parser.add_argument("--browser", action="store_true", help="open and filter answers in Chromium as well")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "benchwright.db"
        with open_store(str(database)) as store:
            fill_store(store, n_candidates=CANDIDATES, n_generations=options.cases * CANDIDATES * 5)
            runs = [run.run_id for run in list_runs(store)]
        with api_server(str(database), Path(folder)) as server:
            base = f"http://127.0.0.1:{server.port}"
            httpx.get(f"{base}/", timeout=60).raise_for_status()
            first_run_s = _seconds(base, f"/runs/{runs[0]}")
            run_s = _median(base, f"/runs/{runs[0]}")
            first_s = _seconds(base, f"/runs/{runs[1]}/answers")
            views = {name: _median(base, f"/runs/{runs[0]}/answers?{query}") for name, query in VIEWS.items()}
            painted_s = _painted(base, runs[2]) if options.browser else {}
            before_mb = _resident_mb(server.process_id)
            together_s = _together(base, [f"/runs/{runs[3]}"] * options.viewers)
            viewers_s = _look_around(base, runs, options.viewers, options.looks)
            after_mb = _resident_mb(server.process_id)
    values = {
        "cases": options.cases,
        "candidates": CANDIDATES,
        "first_run_page_s": first_run_s,
        "run_page_s": run_s,
        "first_page_s": first_s,
        "views_s": views,
        "painted_s": painted_s,
        "viewers": options.viewers,
        "viewers_of_a_new_run_slowest_s": max(together_s),
        "viewers_median_s": statistics.median(viewers_s),
        "viewers_slowest_s": max(viewers_s),
        "memory_before_mb": before_mb,
        "memory_after_mb": after_mb,
    }
    words = (
        f"run page first {first_run_s:.2f} s, then {run_s:.3f} s; answers first {first_s:.2f} s, "
        f"views {min(views.values()):.3f} to {max(views.values()):.3f} s; "
        + "".join(f"painted {name} {seconds:.2f} s, " for name, seconds in painted_s.items())
        + f"{options.viewers} viewers: a new run's page within {max(together_s):.2f} s, then median "
        f"{statistics.median(viewers_s):.2f} s, slowest {max(viewers_s):.2f} s, {before_mb:.0f} → {after_mb:.0f} MB"
    )
    print_result("pages_matrix", values, words)


def _seconds(base: str, path: str) -> float:
    began = time.monotonic()
    httpx.get(base + path, timeout=60).raise_for_status()
    return time.monotonic() - began


def _median(base: str, path: str) -> float:
    return statistics.median(_seconds(base, path) for _ in range(5))


def _painted(base: str, run_id: str) -> dict[str, float]:
    """Return when a browser painted the answers of a run first, and a filter of them, in seconds from the request."""
    from playwright.sync_api import sync_playwright

    searches = {"first search": "?text=zebra", "search": "?text=7"}
    views = {"first": "", "again": "", **searches, "filter": "?showing=disagree"}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{base}/", wait_until="load")
        painted = {}
        for name, query in views.items():
            page.goto(f"{base}/runs/{run_id}/answers{query}", wait_until="load")
            painted[name] = page.evaluate(_FIRST_PAINT) / 1000
        browser.close()
    return painted


def _together(base: str, paths: Sequence[str]) -> list[float]:
    with ThreadPoolExecutor(len(paths)) as viewers:
        return list(viewers.map(lambda path: _seconds(base, path), paths))


def _look_around(base: str, runs: Sequence[str], n_viewers: int, n_looks: int) -> list[float]:
    def walk(viewer: int) -> list[float]:
        draw = random.Random(viewer)
        views = [f"/answers?{query}" for query in VIEWS.values()] + [""]
        return [_seconds(base, f"/runs/{draw.choice(runs)}{draw.choice(views)}") for _ in range(n_looks)]

    with ThreadPoolExecutor(n_viewers) as viewers:
        return [seconds for walked in viewers.map(walk, range(n_viewers)) for seconds in walked]


def _resident_mb(process_id: int) -> float:
    text = Path(f"/proc/{process_id}/status").read_text()
    return int(next(line for line in text.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


if __name__ == "__main__":
    main()
