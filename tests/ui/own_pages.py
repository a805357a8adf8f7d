"""A first evaluation from our own pages, by a headless Chromium: `make ui`.

On a fresh home: `benchwright serve` with its embedded server. The first page leads through three steps to an evaluation
of a file that was dropped; it is watched live while the keyboard stays where it is. Then a form with a mistake, its
preview and its start; a run is made once more. At two widths, light and dark, no page is wider than the window and
none writes an error to the console. Exit code 1 where a step is not seen.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from first_day import CHROMIUM, FLAGS, NOBODY, free_port, say
from pages import PATIENCE_MS, NotSeenError
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as BrowserError
from served import Home, eventually

CASES = b"\n".join(b'{"prompt": "What is %d plus 1?", "references": ["%d"]}' % (n, n + 1) for n in range(12))
PATHS = ("/", "/first-steps", "/start", "/start/evaluate", "/start/race", "/start/compare", "/start/review", "/work")
PATIENCE_S = 900
"""Longer than a small model takes for its answers on a busy machine."""


def main() -> int:
    """0 where every step was seen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shots", type=Path, help="where pictures go; a new temporary folder unless it is named")
    options = parser.parse_args()
    shots = options.shots or Path(tempfile.mkdtemp(prefix="benchwright-shots-"))
    shots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="benchwright-ui-") as folder:
        database = f"sqlite:///{folder}/results.db"
        home = Home(Path(folder), {"OLLAMA_HOST": NOBODY, "BENCHWRIGHT_DATABASE_URL": database, "COLUMNS": "120"})
        served = home.serve("--port", free_port(), "--embedded")
        try:
            facts = served.ready()
            code = _story(facts["api"].removesuffix("/api/v1"), shots)
        finally:
            served.end(signal.SIGTERM)
        none_left = eventually(lambda: not home.left_behind())
    say(f"pictures: {shots}")
    return code if none_left else 1


def _story(base: str, shots: Path) -> int:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            page, errors = _page(browser, 1440, "light")
            _first_use(page, base, shots)
            _form(page, base, shots)
            _once_more(page, base)
            if errors:
                raise NotSeenError(f"the console says {errors}")
            for width, scheme in ((1440, "dark"), (390, "light"), (390, "dark")):
                _look_around(browser, base, shots, width, scheme)
        except (NotSeenError, BrowserError) as error:
            say(f"NOT SEEN: {error}")
            return 1
        finally:
            browser.close()
    return 0


def _page(browser: Browser, width: int, scheme: Any) -> tuple[Page, list[str]]:
    """Return a page, and the errors that its console is told, but those of answers that refuse a mistake."""
    page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    page.set_default_timeout(PATIENCE_MS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" and "422" not in line.text else 0)
    return page, errors


def _until(page: Page, claim: Callable[[], bool], what: str) -> None:
    for _ in range(PATIENCE_S * 5):
        if claim():
            return
        page.wait_for_timeout(200)
    raise NotSeenError(what)


def _first_use(page: Page, base: str, shots: Path) -> None:
    began = time.monotonic()
    page.goto(base)
    page.wait_for_selector("input[name=model]")
    page.locator("input[name=model]").first.check()
    page.set_input_files("#dropped", files=[{"name": "sums.jsonl", "mimeType": "text/plain", "buffer": CASES}])
    _until(page, lambda: "Stored as sums: 12 cases" in page.inner_text("[data-dropped]"), "the file is stored")
    page.fill("input[name=limit]", "12")
    page.screenshot(path=shots / "first-steps.png", full_page=True)
    page.click("button:has-text('Evaluate')")
    page.wait_for_url("**/work/*")
    say(f"first evaluation started after {time.monotonic() - began:.1f} s")
    page.goto(base)
    link = page.locator("nav a", has_text="Catalogue")
    link.focus()
    _until(page, lambda: "of 12 answers" in page.inner_text("main"), "the run on the first page")
    page.screenshot(path=shots / "home-running.png", full_page=True)
    _until(
        page,
        lambda: "12 of 12 answers" in page.inner_text("main"),
        "all answers on the first page, which was not loaded anew",
    )
    _until(page, lambda: page.locator("[data-key=recent] .completed").count() > 0, "the run among recent ones")
    if page.evaluate("document.activeElement.textContent") != "Catalogue":
        raise NotSeenError("the keyboard where it was")
    say("watched to its end, the keyboard stayed")
    page.screenshot(path=shots / "home.png", full_page=True)


def _form(page: Page, base: str, shots: Path) -> None:
    page.goto(f"{base}/start/evaluate")
    page.check("input[name=benchmarks][value=sums]")
    page.locator("input[name=models]").first.check()
    page.fill("#field-limit", "0")
    page.click("button.main")
    _until(page, lambda: "at least 1" in page.inner_text(".wrong"), "the mistake at its field")
    page.fill("#field-limit", "5")
    page.click("button:has-text('Preview')")
    _until(page, lambda: "5 calls" in page.inner_text("#preview"), "the preview")
    page.screenshot(path=shots / "form.png", full_page=True)
    page.click("button.main")
    page.wait_for_url("**/work/*")
    _until(page, lambda: "Completed" in page.inner_text("main"), "the end of what the form started")
    say("started by form")


def _once_more(page: Page, base: str) -> None:
    page.goto(base)
    page.locator("[data-key=recent] button:has-text('Run again')").first.click()
    page.wait_for_url("**/work/*")
    page.click("button:has-text('Cancel')")
    _until(page, lambda: page.locator("button:has-text('Resume')").count() > 0, "the cancelled flow run")
    page.click("button:has-text('Resume')")
    _until(page, lambda: "Completed" in page.inner_text("main"), "the end of what was resumed")
    say("made once more, cancelled and resumed")


def _look_around(browser: Browser, base: str, shots: Path, width: int, scheme: str) -> None:
    page, errors = _page(browser, width, scheme)
    for path in PATHS:
        page.goto(base + path)
        page.wait_for_timeout(1000)
        name = path.strip("/").replace("/", "-") or "home"
        page.screenshot(path=shots / f"{name}-{width}-{scheme}.png", full_page=True)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            raise NotSeenError(f"{path} within {width} pixels")
    if errors:
        raise NotSeenError(f"a quiet console: {errors}")
    say(f"{len(PATHS)} pages at {width} pixels, {scheme}")


if __name__ == "__main__":
    sys.exit(main())
