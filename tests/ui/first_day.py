"""A first day with Benchwright in Prefect's pages, by a headless Chromium: `make ui`.

On a fresh home: `benchwright serve`; an evaluation by form, watched to its end, its artifacts opened; five cases rated
in a review; an alert fires and its automation calls a webhook. Pictures of each step go to a folder. Exit code 1 where
a step is not seen.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from pages import NotSeenError, Pages
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import sync_playwright
from served import Home, eventually

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome") or "chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
NOBODY = "http://127.0.0.1:9"
MODEL, BASELINE = "smollm2:135m", "baseline-label-match:latest"


def main() -> int:
    """0 where every step was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shots", type=Path, help="where pictures go; a new temporary folder unless it is said")
    options = parser.parse_args()
    shots = options.shots or Path(tempfile.mkdtemp(prefix="benchwright-shots-"))
    shots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="benchwright-ui-") as folder, receiver() as (hook, received):
        home = Home(
            Path(folder),
            {"OLLAMA_HOST": NOBODY, "BENCHWRIGHT_DATABASE_URL": f"sqlite:///{folder}/results.db", "COLUMNS": "120"},
        )
        code = first_day(home, shots, hook, received)
        none_left = eventually(lambda: not home.left_behind())
    say(f"pictures: {shots}")
    if not none_left:
        say("NOT SEEN: serve left processes behind")
    return code if none_left else 1


def first_day(home: Home, shots: Path, hook: str, received: list[dict[str, Any]]) -> int:
    """The whole story; its exit code."""
    served = home.serve("--port", free_port())
    try:
        facts = served.ready()
        say(f"serve runs: {facts['pages']}, models at {facts['model_servers']}")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            pages = Pages(page, facts["pages"], shots)
            try:
                pages.go(f"/sign-in#{Path(facts['password_file']).read_text().strip()}")
                page.wait_for_url(lambda address: "sign-in" not in address)
                pages.see("Deployments")  # a page that is left while it signs in forgets the password
                evaluate(pages)
                review(pages)
                alert(pages, home, hook, received)
            except (NotSeenError, BrowserError, AssertionError) as error:
                pages.shot("not-seen")
                say(f"NOT SEEN: {error}")
                return 1
            finally:
                browser.close()
    finally:
        code = served.end(signal.SIGTERM)
        say(f"serve ended with {code}")
    return 0 if code == 0 else 1


def evaluate(pages: Pages) -> None:
    """An evaluation by form, watched to its end."""
    pages.go("/deployments")
    for name in ("evaluate", "review", "monitor"):
        pages.see(name)
    pages.shot("deployments")
    pages.custom_run("evaluate")
    pages.choose("Benchmarks", "classification")
    pages.choose("Models", MODEL, BASELINE)
    pages.shot("evaluate-form")
    pages.fill("Maximum number of cases", "6")
    pages.submit()
    pages.wait_for_state("Running", "Completed")
    say("evaluation: running")
    pages.see("generate smollm2:135m")
    pages.shot("evaluate-running")
    pages.wait_for_state("Completed")
    say("evaluation: completed")
    pages.shot("evaluate-completed")
    pages.open_artifact("evaluation", MODEL, BASELINE.removesuffix(":latest"), "accuracy")
    pages.shot("results")
    pages.page.go_back()
    pages.open_artifact("results-classification", MODEL, BASELINE.removesuffix(":latest"))
    pages.shot("results-table")


def review(pages: Pages) -> None:
    """Five cases rated, from the pages alone."""
    pages.custom_run("review")
    pages.choose("Kind of rating", "preference")
    pages.fill("Cases", "5")
    pages.submit()
    pages.wait_for_state("Suspended")
    say("review: waits for a person, suspended")
    pages.open_artifact("cases-1-5", "Case 1")
    if pages.page.get_by_text(MODEL).count():
        raise NotSeenError("a page that is blind to whose answers it shows: it names a model")
    pages.shot("review-cases")
    pages.page.go_back()
    dialog = pages.resume_form()
    pages.fill("Your name", "ana", dialog)
    for number, word in enumerate(("A", "B", "tie", "A", "B")):
        pages.choose("Which is better?", word, within=dialog, nth=number)
    dialog.get_by_text("Case 1", exact=True).first.scroll_into_view_if_needed()
    pages.shot("review-form")
    pages.submit_resume(dialog)
    pages.wait_for_state("Completed")
    say("review: five cases rated, completed")
    pages.open_artifact("result", MODEL, "ana")
    pages.shot("review-result")


def alert(pages: Pages, home: Home, hook: str, received: list[dict[str, Any]]) -> None:
    """Calls in production fail, the monitor sees it, and an automation calls a webhook."""
    must(home.run("alerts", "notify", "--webhook", "-", "--private", stdin=hook))
    log = home.folder / "calls.jsonl"
    log.write_text("".join(json.dumps(call) + "\n" for call in failing_calls()))
    must(home.run("traffic", "import", log))
    pages.custom_run("monitor")
    pages.submit()
    pages.wait_for_state("Completed")
    pages.open_artifact("monitor", "flash_analysis", "success")
    pages.shot("monitor")
    pages.go("/automations")
    pages.see("Benchwright alerts")
    pages.shot("automations")
    pages.go("/events")
    pages.see("benchwright.alert.raised")
    pages.page.get_by_text("benchwright.alert.raised").first.scroll_into_view_if_needed()
    pages.shot("events")
    if not eventually(lambda: received):
        raise NotSeenError("the automation did not call the webhook")
    if "flash_analysis" not in received[0].get("text", ""):
        raise NotSeenError(f"the webhook was told something else: {received[0]}")
    say(f"alert: the webhook was told: {received[0]['text']}")


def failing_calls() -> Iterator[dict[str, Any]]:
    """Forty calls of the last hour, of which every other one failed, after a day on which none did."""
    now = datetime.now(UTC)
    for number in range(80):
        at = now - (timedelta(minutes=number + 1) if number < 40 else timedelta(hours=30, minutes=number))
        failed = number < 40 and number % 2 == 0
        yield {
            "id": f"call-{number}",
            "task": "flash_analysis",
            "candidate": MODEL,
            "started_at": at.isoformat(),
            "duration_s": 1.5 + (number % 7) / 10,
            "prompt_tokens": 200,
            "output_tokens": 40,
            "ok": not failed,
        } | ({"error_type": "TimeoutError"} if failed else {})


@contextmanager
def receiver() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The address of a webhook on the loopback, and what it was sent."""
    received: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Says nothing."""

        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", received
    finally:
        server.shutdown()


def must(ended: tuple[int, str]) -> None:
    """Returns where a command succeeded.

    Raises:
        NotSeenError: it did not.
    """
    if ended[0] != 0:
        raise NotSeenError(ended[1])


def free_port() -> int:
    """A port at which nobody listens."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def say(text: str) -> None:
    """Tells how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
