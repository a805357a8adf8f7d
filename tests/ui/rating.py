"""People rate, mark, tag and write notes in a real browser, two at the same time, with the keyboard alone.

    python tests/ui/rating.py [--shots FOLDER]

Each has a browser of its own, with its own cookies: one wide and light, one narrow and dark. It fails where a key does
nothing, a name is told too early, the page moves sideways, or the browser's console has an error.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUPPORT = Path(__file__).parents[1] / "support"
sys.path[:0] = [str(SUPPORT)]

from api_server import api_server  # noqa: E402
from playwright.sync_api import Browser, Page, expect, sync_playwright  # noqa: E402
from reviewable import HOSTILE, NAMES, fill, opened  # noqa: E402

from evaluation.store.ratings import load_ratings  # noqa: E402
from evaluation.store.session import open_store  # noqa: E402

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
WIDE, NARROW = {"width": 1440, "height": 1000}, {"width": 390, "height": 844}
PATIENCE_MS = 120_000


class Rater:
    """A person at a keyboard."""

    def __init__(self, browser: Browser, address: str, name: str, *, is_narrow: bool, shots: Path) -> None:
        context = browser.new_context(
            viewport=NARROW if is_narrow else WIDE, color_scheme="dark" if is_narrow else "light"
        )
        context.set_default_timeout(PATIENCE_MS)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self._address, self.name, self._shots = address, name, shots

    def begin(self, review: str) -> None:
        """Open the review, say who one is, and begin."""
        self.page.goto(f"{self._address}/reviews/{review}")
        self.keys(*self.name, "Enter")
        self.page.wait_for_url("**/rate")

    def keys(self, *pressed: str) -> None:
        """Press keys, one after the other."""
        for key in pressed:
            self.page.keyboard.press(key)

    def store(self, *pressed: str) -> None:
        """Press keys of which the last one opens another page."""
        *before, last = pressed
        self.keys(*before)
        with self.page.expect_navigation():
            self.keys(last)

    def check(self, shot: str, *, tells: bool = False) -> None:
        """Look at the page: nothing stands out sideways, and names are told or not."""
        self.page.screenshot(path=str(self._shots / f"{shot}-{self.name}.png"), full_page=True)
        width = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width <= 0, f"{shot}: the page of {self.name} is {width} px too wide"
        content = self.page.content()
        told = [name for name in NAMES if name in content]
        assert bool(told) is tells, f"{shot}: {self.name} is told {told}"

    def sees(self, text: str) -> None:
        """Wait for a text."""
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=PATIENCE_MS)


def rate_at_once(browser: Browser, address: str, review: str, shots: Path) -> None:
    """Have two people grade four cases, with a skip, an undo and notes that are hostile."""
    ana = Rater(browser, address, "ana", is_narrow=False, shots=shots)
    ben = Rater(browser, address, "ben", is_narrow=True, shots=shots)
    for rater in (ana, ben):
        rater.begin(review)
        rater.check("1-begun")
        rater.keys("?")
        rater.page.locator("#keys[open]").wait_for()
        rater.keys("Escape")
    ana.store(*"45325432", "Enter")
    ben.store("s")  # the first case comes again at the end
    ben.sees("case 2 of 4")
    ana.keys(*"1234")
    ana.check("2-half")
    ana.store("z")
    ana.sees("case 1 of 4")
    ana.store(*"55554444", "Enter")
    for _ in range(3):
        ben.keys("n")
        ben.page.keyboard.insert_text(HOSTILE)
        ben.keys("Escape")
        ben.check("3-notes")
        ben.store(*"12341234", "Enter")
        ana.store(*"43215555", "Enter")
    ana.sees("You have rated every case")
    ana.check("4-done")
    ana.page.goto(f"{address}/reviews/{review}")
    ana.sees("are rated")
    ana.check("5-waits")
    ben.sees("case 1 of 4")
    ben.store(*"33332222", "Enter")
    ben.page.wait_for_url(f"**/reviews/{review}")
    ben.sees("Do raters agree?")
    ben.check("6-told", tells=True)
    ana.page.reload()
    ana.check("6-told", tells=True)
    ana.page.goto(f"{address}/reviews/{review}/ratings")
    ana.sees("<script>alert(1)</script>")
    ana.check("7-ratings", tells=True)
    assert not (ana.errors + ben.errors), ana.errors + ben.errors


def prefer(browser: Browser, address: str, review: str, shots: Path) -> None:
    """Have one person say which of two is better."""
    cara = Rater(browser, address, "cara", is_narrow=False, shots=shots)
    cara.begin(review)
    cara.check("8-preference")
    cara.store("a", "Enter")
    cara.store("b", "Enter")
    cara.store("z")
    cara.store("t", "Enter")
    cara.store("b", "Enter")
    cara.sees("Do metrics and judges agree with people?")
    assert not cara.errors, cara.errors


def mark(browser: Browser, address: str, shots: Path) -> None:
    """Have two people mark cases in the answers of a run, tag them, write notes, and make a review of them."""
    for name, is_narrow in (("dora", False), ("emil", True)):
        rater = Rater(browser, address, name, is_narrow=is_narrow, shots=shots)
        page = rater.page
        page.goto(f"{address}/runs/run-1/answers")
        rater.keys("j", "x", "j", "j", "x", "j", "x", "x")
        assert "2" == page.locator("[data-marked]").inner_text()
        rater.check("9-marked", tells=True)
        page.goto(f"{address}/runs/run-1/answers?sort=length")
        assert "2" == page.locator("[data-marked]").inner_text()
        page.goto(f"{address}/runs/run-1/answers?text=What+is+0")
        assert 1 == page.locator("input[data-elsewhere]").count()
        page.locator("[name=new_tag]").focus()
        page.keyboard.insert_text(f"seen by {name}")
        rater.store("Tab", "Enter")
        rater.sees("2 cases of 12")
        rater.check("10-tagged", tells=True)
        rater.store("j", "Enter")
        rater.sees("Note or tag on this case")
        page.get_by_text("Note or tag on this answer").first.press("Enter")
        page.locator("article textarea[name=text]").first.focus()
        page.keyboard.insert_text(HOSTILE)
        rater.store("Tab", "Enter")
        page.get_by_text("Open in").first.press("Enter")
        page.get_by_role("button", name="Copy").first.press("Enter")
        rater.sees("Copied")
        rater.check("11-case", tells=True)
        rater.store("u")
        rater.sees("2 cases of 12")
        rater.keys("X")
        assert page.locator("[data-all]").is_checked()
        with page.expect_download() as caught:
            page.get_by_role("button", name="Download").press("Enter")
        assert "numbers-chosen.jsonl" == caught.value.suggested_filename
        page.locator("select[name=kind]").select_option("preference")
        page.get_by_role("button", name="Make a review").focus()
        rater.store("Enter")
        rater.sees("0 of 2 cases")
        rater.check("12-made")
        assert not rater.errors, rater.errors


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, Path, str, str]]:
    """Serve two reviews; yield the address, the database and their ids."""
    database = folder / "benchwright.db"
    with open_store(str(database)) as store:
        fill(store, n=12)
        graded = opened(store, n_cases=4, n_raters=2).review_id
        preferred = opened(store, n_cases=3, kind="preference").review_id
    with api_server(str(database), folder) as server:
        yield f"http://127.0.0.1:{server.port}", database, graded, preferred


def main() -> None:
    """Rate, and check what is stored."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shots", type=Path, help="Folder for pictures; default: none are kept.")
    shots = parser.parse_args().shots
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shots = shots or folder
        with served(folder) as (address, database, graded, preferred), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            rate_at_once(browser, address, graded, shots)
            prefer(browser, address, preferred, shots)
            mark(browser, address, shots)
            browser.close()
        with open_store(str(database)) as store:
            ratings = load_ratings(store, graded)
            judged = [rating.said.preferred for rating in load_ratings(store, preferred)]
        first = next(rating for rating in ratings if rating.rater == "ana")
        assert [5, 4] == [each["accuracy"] for each in first.said.grades or ()], first
        assert [("ana", 4), ("ben", 4)] == [(who, sum(each.rater == who for each in ratings)) for who in ("ana", "ben")]
        assert 3 == sum(each.said.notes == HOSTILE.strip() for each in ratings)
        assert [0, None, 1] == judged, judged
    print(f"{len(ratings)} ratings by two people at once, {len(judged)} preferences: by the keyboard alone")


if __name__ == "__main__":
    main()
