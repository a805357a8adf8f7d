"""Do HTML reports open in a browser without a network, and is all that others wrote in them only text?

    python tests/ui/reports.py [FOLDER FOR PICTURES]

Reports on a run, a comparison, an experiment, a race and a sweep of a store in which everything that others write is
hostile. Chromium opens each as a file, as from a mail attachment, at two widths, dark and light. Exit code 1 for an
error in the console, a finding of axe-core, a request to anywhere, a dialog, an element that only a hostile text can
have brought, a page that scrolls sideways, or a table of cases that cannot be searched or sorted.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from first_day import CHROMIUM, say
from hostile_store import fill_hostile
from hostile_texts import TEXTS, texts_shown
from page_checks import faults
from pages import PATIENCE_MS
from playwright.sync_api import Page, sync_playwright
from written_reports import newest_comparison, written

from evaluation.reports.documents.formats import ReportFormat
from evaluation.store.session import open_store

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--host-resolver-rules=MAP * ~NOTFOUND"]
WIDTHS = (1440, 390)
FOREIGN = """() => [...document.querySelectorAll('iframe,object,embed,a,i,base,link,svg,form:not(#filters)')]
    .map(element => element.outerHTML.slice(0, 200))"""
ATTRIBUTES = """() => [...document.querySelectorAll('*')].flatMap(element => element.getAttributeNames()
    .filter(name => name.startsWith('on') || name === 'style' || name === 'href')
    .map(name => `${element.tagName} ${name}`))"""
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
IDS = """() => [...document.querySelectorAll('#cases tbody tr')].filter(row => !row.hidden)
    .map(row => row.querySelector('.id').textContent)"""


def main() -> int:
    """Open all reports, and say what was wrong."""
    pictures = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory(prefix="benchwright-reports-") as folder:
        files = list(_write(Path(folder)))
        wrong = _open_all(files, pictures)
    for line in wrong:
        say(f"WRONG {line}")
    say(f"{len(files)} reports, {len(WIDTHS) * 2} times each: {len(wrong)} wrong")
    return 1 if wrong else 0


def _write(folder: Path) -> Iterator[Path]:
    with open_store(str(folder / "benchwright.db")) as store:
        fill_hostile(store)
        names = {name: name for name in ("mixed", "race", "sweep", "hostile")} | {
            "comparison": newest_comparison(store)
        }
        for subject, name in names.items():
            path = folder / f"{subject}.html"
            path.write_bytes(written(store, name, ReportFormat.HTML))
            yield path


def _open_all(files: list[Path], pictures: Path | None) -> list[str]:
    wrong: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for scheme in ("light", "dark"):
            for width in WIDTHS:
                context = browser.new_context(viewport={"width": width, "height": 1000}, color_scheme=scheme)
                for file in files:
                    name = f"{file.stem}-{width}-{scheme}"
                    page = context.new_page()
                    page.set_default_timeout(PATIENCE_MS)
                    wrong += [f"{name}: {line}" for line in _open(page, file)]
                    if pictures is not None:
                        pictures.mkdir(parents=True, exist_ok=True)
                        page.screenshot(path=str(pictures / f"{name}.png"), full_page=True)
                    page.close()
                context.close()
        browser.close()
    return wrong


def _open(page: Page, file: Path) -> list[str]:
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("dialog", lambda dialog: (wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda request: _is_foreign(request, file) and wrong.append(f"asked for {request.url[:100]}"))
    page.goto(file.as_uri())
    wrong += faults(page, None)
    wrong += [f"foreign {each}" for each in page.evaluate(FOREIGN)]
    wrong += [f"attribute {each}" for each in page.evaluate(ATTRIBUTES)]
    if (overflow := page.evaluate(OVERFLOW)) > 0:
        wrong.append(f"scrolls sideways by {overflow} px")
    if file.stem == "mixed":
        page.evaluate("() => document.querySelectorAll('details').forEach(each => { each.open = true })")
        wrong += _not_shown(page.evaluate("() => document.body.innerText"))
    return wrong + _use_cases(page)


def _is_foreign(request: Any, file: Path) -> bool:
    return request.url != file.as_uri() and not request.url.startswith("data:")


def _not_shown(text: str) -> list[str]:
    return [f"not shown: {each!r}" for each in set(TEXTS) - texts_shown(text)]


def _use_cases(page: Page) -> list[str]:
    """Search and sort the table of cases, with the keyboard."""
    ids = page.evaluate(IDS)
    if not ids:
        return []
    wrong = []
    page.focus("#search")
    page.keyboard.type(ids[0])
    if page.evaluate(IDS) != [ids[0]]:
        wrong.append(f"searching for {ids[0]!r} shows {page.evaluate(IDS)}")
    page.fill("#search", "")
    heading = page.locator("#cases thead button").first
    for order in ("ascending", "descending"):
        heading.press("Enter")
        if page.locator("#cases thead th").first.get_attribute("aria-sort") != order:
            wrong.append(f"the cases are not sorted {order}")
    if page.evaluate(IDS) != ids[::-1]:
        wrong.append("sorting from the end does not reverse the cases")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
