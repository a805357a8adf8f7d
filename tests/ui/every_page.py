"""Every page of the application in a real browser: `make ui`.

    python tests/ui/every_page.py [--database URL] [--shots FOLDER] [--only TEXT]

`benchwright serve` runs on a store that has something for each page, an evaluation among it that the program starts.
A headless Chromium opens the address of every route and follows the links on the pages, a few of each kind, at two
widths, dark and light; pages of errors and what forms answer too. Exit code 1 for a finding of axe-core, an error in
the console, a page that scrolls sideways, a layout that shifts while it loads, a text that is cut, a focus that is not
seen, and for a route of a page that was not visited. A store without
anything is looked at as well. With `--database` the pages of another store are walked, of which
not every route needs to have something.
"""

import argparse
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

SUPPORT = Path(__file__).parents[1] / "support"
sys.path[:0] = [str(SUPPORT)]

from api_server import api_server  # noqa: E402
from fastapi.routing import APIRoute  # noqa: E402
from first_day import CHROMIUM, FLAGS, NOBODY, free_port, must, say  # noqa: E402
from page_checks import OBSERVE, SCHEMES, WIDTHS, Console, faults, layout_faults, wait_until_drawn  # noqa: E402
from page_routes import SHOWN_PAGES  # noqa: E402
from page_store import fill_for_pages  # noqa: E402
from pages import PATIENCE_MS, NotSeenError  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402
from served import Home, eventually  # noqa: E402

from deployments.api.form_schemas import FORMS  # noqa: E402
from deployments.api.pages.mounting import PAGES  # noqa: E402
from evaluation.store.session import open_store  # noqa: E402

MOST_OF_A_KIND = 2
"""Links of the same route with the same names of parameters that are followed."""
ROUTES = tuple(
    route for pages in PAGES for route in pages.router.routes if isinstance(route, APIRoute) and "GET" in route.methods
)
REFUSED = {"/runs/nobody": 404, "/nowhere": 404, "/runs?offset=-1": 422, "/runs/mixed/answers?sort=nothing": 422}
"""Addresses of pages that tell of a mistake."""
LINKS = """() => [...document.querySelectorAll("main a[href^='/']")].map((each) => each.getAttribute("href"))"""
OPEN = "() => document.querySelectorAll('details').forEach((each) => { each.open = true })"
MODEL = "baseline-label-match:latest"


class Walk:
    """The walk through the pages at one width."""

    def __init__(self, browser: Browser, base: str, width: int, shots: Path | None) -> None:
        self._context = browser.new_context(viewport={"width": width, "height": 900})
        self._context.add_init_script(OBSERVE)
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("request", lambda request: self.asked.add(urlsplit(request.url).path))
        self._console = Console(self.page, refused=(*REFUSED.values(), 401))
        self._base, self._width, self._shots = base, width, shots
        self.asked: set[str] = set()
        """Paths that were asked for, by the pages' scripts too."""
        self.wrong: list[str] = []
        self.n_seen = 0

    def visit(self, address: str) -> list[str]:
        """Open a page, check it, and return the addresses that it leads to."""
        answer = self.page.goto(self._base + address)
        status = 0 if answer is None else answer.status
        if status != REFUSED.get(address, 200):
            self.wrong.append(f"{address}: answered with {status}")
        self.check(address)
        links: list[str] = self.page.evaluate(LINKS)
        return links

    def check(self, name: str) -> None:
        """Check the page that is open."""
        wait_until_drawn(self.page)
        found = list(layout_faults(self.page))
        if self._shots is not None:
            self._picture(name)
        self.page.evaluate(OPEN)
        for scheme in SCHEMES:
            found += [f"{scheme}: {each}" for each in faults(self.page, scheme)]
        self.page.emulate_media(color_scheme="light")
        found += [f"console: {each}" for each in self._console.errors]
        self._console.errors.clear()
        self.wrong += [f"{name} at {self._width}: {each}" for each in found]
        self.n_seen += 1

    def use_forms(self) -> None:
        """Open what only a key, a mistake, a preview and a wrong password lead to."""
        self.page.goto(f"{self._base}/runs")
        self.page.keyboard.press("?")
        self.check("keys")
        self.page.goto(f"{self._base}/start/evaluate")
        self.page.fill("#field-limit", "0")
        self.page.click("button.main")
        self.page.wait_for_selector(".wrong")
        self.check("mistake")
        self.page.goto(f"{self._base}/sign-in")
        self.page.fill("input[name=key]", "bw_no_key")
        self.page.press("input[name=key]", "Enter")
        self.page.wait_for_selector("[role=alert]")
        self.check("wrong-key")

    def _picture(self, name: str) -> None:
        assert self._shots is not None
        word = "".join(each if each.isalnum() else "-" for each in name)[:70].strip("-") or "home"
        for scheme in SCHEMES:
            self.page.emulate_media(color_scheme=scheme)
            self.page.screenshot(path=self._shots / f"{word}-{self._width}-{scheme}.png", full_page=True)


def main() -> int:
    """0 where every page is as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", help="SQLite URL of another store; it is only read, but serve upgrades it")
    parser.add_argument("--shots", type=Path, help="folder for pictures of all pages; default: none are taken")
    parser.add_argument("--only", default="", help="only addresses that hold this text")
    options = parser.parse_args()
    if options.shots is not None:
        options.shots.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    with _served(options.database) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        seeds = ["/"] if options.database else [*_seeds(), _started(browser, base)]
        asked: set[str] = set()
        for width in WIDTHS:
            walk = Walk(browser, base, width, options.shots)
            _walk(walk, seeds, options.only)
            if not options.database and not options.only:
                walk.use_forms()
            say(f"{walk.n_seen} pages at {width} pixels, {' and '.join(SCHEMES)}: {len(walk.wrong)} findings")
            wrong += walk.wrong
            asked |= walk.asked
        if not options.database and not options.only:
            with _empty() as nothing:
                first = Walk(browser, nothing, WIDTHS[-1], options.shots)
                for address in ("/", "/runs", "/alerts", "/work"):
                    first.visit(address)
            wrong += first.wrong
            asked |= first.asked
        browser.close()
    if not options.database and not options.only:
        wrong += [f"no page of {each} was visited" for each in _not_visited(asked)]
    for line in wrong:
        say(f"WRONG {line}")
    return 1 if wrong else 0


def _seeds() -> Iterator[str]:
    yield "/"
    yield from (shown.address for shown in SHOWN_PAGES if not shown.path.startswith("/parts/"))
    yield from (f"/start/{name}" for name in FORMS)
    yield from REFUSED


def _walk(walk: Walk, seeds: list[str], only: str) -> None:
    """Visit the seeds, and a few of each kind of page to which links lead."""
    seen, kinds = set[str](), Counter[object]()
    waiting = list(seeds)
    while waiting:
        address = waiting.pop(0)
        kind = _kind(address)
        if address in seen or (kind is None and address not in REFUSED):
            continue
        if address not in seeds and kinds[kind] >= MOST_OF_A_KIND:
            continue
        seen.add(address)
        kinds[kind] += 1
        if only in address:
            waiting += walk.visit(address)


def _kind(address: str) -> object:
    """Return the route and the names of the parameters of an address; None: it is no page."""
    parts = urlsplit(address)
    route = next((each for each in ROUTES if each.path_regex.match(parts.path)), None)
    return None if route is None else (route.path, frozenset(name for name, _ in parse_qsl(parts.query)))


def _not_visited(asked: set[str]) -> list[str]:
    return [route.path for route in ROUTES if not any(route.path_regex.match(path) for path in asked)]


def _started(browser: Browser, base: str) -> str:
    """Start an evaluation and ask the gateway, and return the address of the page on which it is watched."""
    api = browser.new_context().request
    chat = {"model": MODEL, "messages": [{"role": "user", "content": "Is this urgent? Answer yes or no."}]}
    answered = api.post(f"{base}/v1/chat/completions", data=chat, timeout=PATIENCE_MS)
    evaluation = {"benchmarks": ["classification"], "models": [MODEL], "limit": 4}
    begun = api.post(f"{base}/api/v1/evaluations", data=evaluation, timeout=PATIENCE_MS)
    if not answered.ok or begun.status != 202:
        raise NotSeenError(f"an answer of the gateway and a start: {answered.text()} {begun.text()}")
    return f"/work/{begun.json()['id']}"


@contextmanager
def _empty() -> Iterator[str]:
    """Serve the pages of a store without anything; yield their address."""
    with tempfile.TemporaryDirectory(prefix="benchwright-ui-") as folder:
        open_store(f"{folder}/empty.db").close()
        with api_server(f"sqlite:///{folder}/empty.db", Path(folder)) as server:
            yield f"http://127.0.0.1:{server.port}"


@contextmanager
def _served(database: str | None) -> Iterator[str]:
    """Serve the pages of a store; yield their address."""
    with tempfile.TemporaryDirectory(prefix="benchwright-ui-") as folder:
        if database is None:
            with open_store(f"{folder}/results.db") as store:
                fill_for_pages(store)
        url = database or f"sqlite:///{folder}/results.db"
        home = Home(Path(folder), {"OLLAMA_HOST": NOBODY, "BENCHWRIGHT_DATABASE_URL": url, "COLUMNS": "120"})
        must(home.run("db", "upgrade"))
        served = home.serve("--port", free_port(), "--embedded")
        try:
            yield served.ready()["api"].removesuffix("/api/v1")
        finally:
            served.end(signal.SIGTERM)
        if not eventually(lambda: not home.left_behind()):
            raise NotSeenError("the end of all processes")


if __name__ == "__main__":
    sys.exit(main())
