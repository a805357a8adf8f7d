"""What others wrote, as a browser shows it: is it all text, and is it really there?"""

import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hostile_texts import MARK, NAME, OURS, TEXTS, letters, n_hostile_words, texts_shown

INTERFACES = {"v2": "/v2", "v1": ""}
PATIENCE_MS = 120_000
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
]
CONTENT = ".prose, .markdown-renderer"
"""Where the two interfaces show Markdown: a page, and a description."""
WORDS = f"{CONTENT}, table"
"""Where an artifact says what it says, and neither a menu nor its key does."""
DIALOG = ".p-modal__card, [role=dialog]"
"""Where the two interfaces show a form."""
FOUND = """(roots, isOurs) => {
    const outer = roots.filter(root => !roots.some(other => other !== root && other.contains(root)));
    const all = (selector) => outer.flatMap(root => [...root.querySelectorAll(selector)]);
    return {
        text: outer.map(root => root.innerText).join('\\n'),
        values: all('input,textarea').map(field => field.value),
        links: all('a').map(link => link.getAttribute('href')),
        images: all('img:not(.cm-widgetBuffer)').map(image => image.src),
        headings: all('h1,h2,h3,h4').map(heading => heading.innerText),
        foreign: all('script,iframe,object,b,del,sup,style' + (isOurs ? '' : ',i,svg,input,form'))
            .map(element => element.outerHTML.slice(0, 200)),
        strong: all('strong,em').map(element => element.innerText),
        code: all('code').map(element => element.innerText),
    };
}"""
"""What stands in some elements. Where they are ours, as a form is, they have icons and fields."""
SHOWS = """([selector, word, n]) => {
    const text = [...document.querySelectorAll(selector)].map(root => root.innerText).join('');
    return text.replace(/\\s/g, '').split(word).length > n;
}"""
ROWS = 10
"""Rows of a table that are shown at first."""
HOLDS_NONE = ("progress", "sweep-progress", "sweep-hostile")
"""Kinds of pages that hold what others wrote only while it is worked on, or none: a sweep's table of values."""
PICTURE = re.compile(r"!\[(?:\\.|[^\]\\])*\]\(data:[^)]*\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen of one page in one interface."""

    name: str
    n_held: int
    """Hostile words in what the server gives the page to show."""
    n_shown: int
    """Those that are text on the page."""
    texts: frozenset[str]
    """Hostile texts that are there in whole, letter by letter."""
    has_answers: bool = False
    """It shows what models answered."""


class Look:
    """One tab that opens page after page, and what was wrong with them."""

    def __init__(self, page: Any, server: str, folder: Path) -> None:
        self._page, self.server, self._folder = page, server, folder
        self.wrong: list[str] = []
        self.seen: list[Seen] = []
        folder.mkdir(parents=True, exist_ok=True)
        page.set_default_timeout(PATIENCE_MS)
        page.on("dialog", lambda dialog: (self.wrong.append(f"a dialog opened: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda asked: "evil.example" in asked.url and self.wrong.append(f"asked for {asked.url}"))

    def artifact(self, artifact: dict[str, Any], answers: Sequence[str] = ()) -> None:
        """Opens an artifact in both interfaces.

        Args:
            artifact: As the server has it.
            answers: Each must be there in whole.
        """
        n_held = n_hostile_words(_to_show(artifact))
        for interface, path in INTERFACES.items():
            name = f"{artifact['key'][:40]}-{artifact['id'][:6]}-{interface}"
            self._page.goto(f"{self.server}{path}/artifacts/artifact/{artifact['id']}")
            self._wait_for(artifact["type"], n_held)
            content = self._page.eval_on_selector_all(CONTENT, FOUND, False)
            self._check(content | {"strong": content["strong"] + content["code"]}, self._complain(name))
            found = self._page.eval_on_selector_all(WORDS, FOUND, True)
            self._note(name, found["text"], n_held, answers)
            self._page.screenshot(path=str(self._folder / f"{name}.png"), full_page=True)

    def form(self, flow_run_id: str, key: str, said: str, answers: Sequence[str], *, rater: str | None) -> None:
        """Opens in both interfaces the form with which a flow run is resumed.

        Args:
            flow_run_id: It is suspended.
            key: What it waits for.
            said: All that the form has to show.
            answers: Each must be there in whole.
            rater: Whose name stands in it already.
        """
        from playwright.sync_api import Error as BrowserError

        for interface, path in INTERFACES.items():
            name = f"form-{key}-{flow_run_id[:6]}-{interface}"
            complain = self._complain(name)
            self._page.goto(f"{self.server}{path}/runs/flow-run/{flow_run_id}")
            try:
                self._resume(interface)
                self._page.locator(DIALOG).get_by_text("Your name").first.wait_for()
                # What stands above the fields is fetched by itself.
                self._page.wait_for_function(SHOWS, arg=[DIALOG, MARK, n_hostile_words(said)], timeout=60_000)
            except BrowserError as error:
                complain(f"the form does not open, or shows too little: {error}")
            # Its hints quote line by line as code: that a backtick is a backtick is seen in the whole texts.
            inside = ", ".join(f"{box} {part}" for box in DIALOG.split(", ") for part in CONTENT.split(", "))
            self._check(self._page.eval_on_selector_all(inside, FOUND, False), complain)
            found = self._page.eval_on_selector_all(DIALOG, FOUND, True)
            self._check(found, complain)
            self._note(name, found["text"], n_hostile_words(said), answers)
            if rater is not None and rater not in found["values"]:
                complain("the rater's name is not in its field")
            self._page.screenshot(path=str(self._folder / f"{name}.png"))

    def _resume(self, interface: str) -> None:
        """Clicks what opens the form: the older pages have a button, the newer ones a menu."""
        if interface == "v2":
            self._page.get_by_role("button", name="Open menu").first.click()
            self._page.get_by_role("menuitem", name="Resume").click()
        else:
            self._page.get_by_role("button", name="Resume", exact=True).first.click()

    def _complain(self, name: str) -> Callable[[str], None]:
        return lambda said: self.wrong.append(f"{name}: {said}")

    def _wait_for(self, kind: str, n_held: int) -> None:
        """Returns when the page shows what it holds, or after a while: a description stands there before the rest."""
        from playwright.sync_api import TimeoutError as NotThereError

        first = {"table": "table td", "markdown": ".prose h1, .markdown-renderer h1"}.get(
            kind, "text=/%|answered|scores/"
        )
        with suppress(NotThereError):
            self._page.wait_for_selector(first)
            self._page.wait_for_function(SHOWS, arg=[WORDS, MARK, n_held])

    def _check(self, found: dict[str, Any], complain: Callable[[str], None]) -> None:
        """Complains of what is not text alone."""
        for link in found["links"]:
            if not str(link).startswith(OURS):
                complain(f"a link to {link!r}")
        for image in found["images"]:
            if not image.startswith("data:image/svg+xml;base64,"):
                complain(f"an image {image[:80]!r}")
        for said in found["foreign"]:
            complain(f"an element {said!r}")
        for said in found["strong"]:
            if said in (MARK, "x"):
                complain(f"an emphasised {said!r}")
        for heading in found["headings"]:
            if heading.strip().startswith(MARK) and letters(heading) != letters(NAME):
                complain(f"a heading {heading!r}")
        if self._page.eval_on_selector_all("script", "found => found.some(e => e.textContent.includes('hostile'))"):
            complain("a script")
        everything = self._page.inner_text("body")
        if "\u202e" in everything or "\x1b" in everything:
            complain("a control character")

    def _note(self, name: str, text: str, n_held: int, answers: Sequence[str]) -> None:
        """Counts what is there, and complains of what is not."""
        seen = Seen(
            name=name,
            n_held=n_held,
            n_shown=n_hostile_words(text),
            texts=texts_shown(text),
            has_answers=bool(answers),
        )
        self.seen.append(seen)
        complain = self._complain(name)
        if seen.n_shown < n_held:
            complain(f"{seen.n_shown} hostile words are there as text, and it holds {n_held}")
        if not n_held and not name.startswith(HOLDS_NONE):
            complain("it holds no hostile word, and was looked at for nothing")
        there = letters(text)
        for answer in answers:
            if letters(answer) not in there:
                complain(f"this answer is not there as text: {answer[:80]!r}")
        if answers and not seen.texts:
            complain("no hostile answer is there as text")

    def finish(self) -> int:
        """Says what was seen and what was wrong; the exit code."""
        for interface in INTERFACES:
            shown = [one.texts for one in self.seen if one.has_answers and one.name.endswith(interface)]
            if missing := set(TEXTS) - frozenset[str]().union(*shown):
                self.wrong.append(f"{interface}: no page with answers shows {sorted(missing)}")
        print(f"{'hostile words held':>18} {'shown':>6} {'whole texts':>12}  page")
        for one in self.seen:
            print(f"{one.n_held:18,} {one.n_shown:6,} {len(one.texts):6} of {len(TEXTS)}  {one.name}")
        n_answers = sum(one.has_answers for one in self.seen)
        print(f"{len(self.seen)} pages and forms, {n_answers} of them with answers; {len(self.wrong)} wrong")
        print("\n".join(self.wrong))
        return 1 if self.wrong or not n_answers else 0


def _to_show(artifact: dict[str, Any]) -> str:
    """What a page of an artifact shows when it is opened: of a table, the first rows."""
    held = artifact["data"] or artifact["description"]
    if artifact["type"] == "table":
        held = (json.loads(held) if isinstance(held, str) else held)[:ROWS]
    return PICTURE.sub("", str(held).replace("<br>", ""))  # what a picture is called shows where there is none


@contextmanager
def browser_page() -> Iterator[Any]:
    """A page of a headless Chromium that can reach this machine alone."""
    from playwright.sync_api import sync_playwright

    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        page = browser.new_page(viewport={"width": 1500, "height": 1000})
        try:
            yield page
        finally:
            browser.close()
