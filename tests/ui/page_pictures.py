"""Pictures of the pages for the documentation, of a store that `make demo` and a few commands fill.

    python tests/ui/page_pictures.py sqlite:////…/results.db FOLDER

The store holds, beside the demo, what docs/pages.md names below its pictures: a sweep and a race of the small model,
an evaluation, its comparison, a review. Pages are looked up by what they show, and those that are not there are said.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SUPPORT = Path(__file__).parents[1] / "support"
sys.path[:0] = [str(SUPPORT)]

from api_server import api_server  # noqa: E402
from first_day import CHROMIUM, FLAGS, say  # noqa: E402
from page_checks import wait_until_drawn  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from evaluation.store.comparisons import comparison_summaries  # noqa: E402
from evaluation.store.session import open_store  # noqa: E402


def main() -> int:
    """0 where all pictures were taken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database", help="URL of the store")
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with _served(options.database) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        n_missing = sum(
            not _take(browser, base, options.folder, *each) for each in _pictures(browser, base, options.database)
        )
        browser.close()
    return 1 if n_missing else 0


def _pictures(browser: Browser, base: str, database: str) -> Iterator[tuple[str, str, int, str, int]]:
    """Yield the name, address, width, colour scheme and height of each picture."""
    with open_store(database) as store:
        compared = comparison_summaries(store)[-1].comparison_id
    pages = browser.new_page()
    race, sweep = (_first_link(pages, f"{base}/searches", word) for word in ("/race", "/sweep"))
    review = _first_link(pages, f"{base}/reviews", "/reviews/")
    answers = race.replace("/race", "/answers")
    pages.goto(f"{base}{answers}?showing=disagree")
    case = pages.locator("th[scope=row] a[data-open]").first.get_attribute("href") or ""
    pages.close()
    comparison = f"/comparisons/{compared}"
    yield from (
        ("pages-home", "/", 1280, "light", 860),
        ("pages-run", race.removesuffix("/race"), 1280, "light", 780),
        ("pages-answers", f"{answers}?showing=disagree", 1280, "light", 860),
        ("pages-case", case, 1280, "light", 1360),
        ("pages-comparison", comparison, 1280, "light", 780),
        ("pages-race", race, 1280, "dark", 900),
        ("pages-sweep", sweep, 1280, "light", 900),
        ("pages-review", review, 1280, "light", 600),
        ("pages-trends", "/trends", 1280, "light", 860),
        ("pages-model", "/catalogue/model?name=smollm2%3A135m", 1280, "light", 860),
        ("pages-scoreboard", "/scoreboard", 1280, "dark", 860),
        ("pages-form", "/start/evaluate", 1280, "light", 860),
        ("pages-comparison-narrow", comparison, 390, "dark", 844),
        ("pages-answers-narrow", f"{answers}?showing=disagree", 390, "light", 844),
        ("pages-home-narrow", "/", 390, "light", 844),
        ("pages-run-narrow", race.removesuffix("/race"), 390, "light", 844),
    )


def _first_link(page: Page, address: str, word: str) -> str:
    page.goto(address)
    return str(page.locator(f"main a[href*='{word}']").first.get_attribute("href"))


def _take(
    browser: Browser, base: str, folder: Path, name: str, address: str, width: int, scheme: Any, height: int
) -> bool:
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    answer = page.goto(base + address)
    wait_until_drawn(page)
    page.screenshot(path=folder / f"{name}.png")
    page.close()
    if is_there := answer is not None and answer.ok:
        say(f"{name}: {address}")
    else:
        say(f"NOT SEEN: {name} at {address}")
    return is_there


@contextmanager
def _served(database: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="benchwright-ui-") as folder, api_server(database, Path(folder)) as server:
        yield f"http://127.0.0.1:{server.port}"


if __name__ == "__main__":
    sys.exit(main())
