"""What is wrong with a page as a browser shows it: accessibility, width, layout shift, focus and the console."""

from collections.abc import Iterator
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WIDTHS = (1440, 390)
SCHEMES = ("light", "dark")
MOST_SHIFT = 0.02
"""Largest sum of layout shifts of a page that loads; 0.1 counts as good (https://web.dev/articles/cls)."""
OBSERVE = """
window.seenShift = 0;
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) window.seenShift += each.value;
}).observe({type: "layout-shift", buffered: true});
"""
IS_DRAWN = "[...document.images].every((each) => each.complete && each.naturalWidth > 0)"
WIDER = """() => {
  const page = document.documentElement;
  if (page.scrollWidth <= page.clientWidth) return null;
  const wide = [...document.querySelectorAll("main *")]
    .filter((each) => each.getBoundingClientRect().right > page.clientWidth + 1 && !each.closest(".scroll"));
  const names = wide.slice(0, 3).map((each) => each.outerHTML.slice(0, 100));
  return `${page.scrollWidth - page.clientWidth} px wider than the window: ${names.join(" | ")}`;
}"""
AXE_RUN = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.map((each) => ({
  id: each.id, impact: each.impact, n: each.nodes.length,
  nodes: each.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} (${(node.any[0] || node.all[0]
    || node.none[0] || {message: ""}).message.slice(0, 200)})`),
}))"""
UNSEEN_FOCUS = """() => {
  const shows = (element) => {
    const style = getComputedStyle(element);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  };
  const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
    .filter((each) => !each.disabled && each.checkVisibility() && each.type !== "hidden");
  const unseen = all.filter((each) => {
    each.focus({preventScroll: true});
    return document.activeElement === each && !shows(each) && !shows(each.closest("label") || each);
  });
  document.activeElement.blur();
  return unseen.slice(0, 3).map((each) => each.outerHTML.slice(0, 100));
}"""
CUT = """() => [...document.querySelectorAll("button, .button, h1, h2, nav a, label, th")]
    .filter((each) => each.checkVisibility() && each.scrollWidth > each.clientWidth + 2 && each.clientWidth > 0
      && !["visible", "auto"].includes(getComputedStyle(each).overflowX))
    .slice(0, 3).map((each) => each.outerHTML.slice(0, 100))"""
HANGING_SPACE_PX = 5
"""A space at the end of a line of text that keeps its spaces may stand beyond it, unseen."""
OUTSIDE = f"""() => [...document.querySelectorAll("td > *, th > *")]
    .filter((each) => each.checkVisibility() && getComputedStyle(each).position === "static"
      && [...each.getClientRects()].some((part) => part.right > each.parentElement.getBoundingClientRect().right
      + {HANGING_SPACE_PX}))
    .slice(0, 3).map((each) => each.outerHTML.slice(0, 100))"""
_AXE = Axe().axe_script


class Console:
    """What a page writes to the console as an error, and errors that nobody caught."""

    def __init__(self, page: Page, *, refused: tuple[int, ...] = ()) -> None:
        self.errors: list[str] = []
        self._refused = tuple(f"status of {status}" for status in refused)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda line: self._note(line.text) if line.type in ("error", "warning") else None)

    def _note(self, text: str) -> None:
        if not any(each in text for each in self._refused):
            self.errors.append(text)


def wait_until_drawn(page: Page) -> None:
    """Wait for the pictures of a page, and a moment for what moves to come to rest."""
    page.wait_for_function(IS_DRAWN)
    comes_later = page.locator("[data-refresh], [data-fetch]").count()
    page.wait_for_timeout(1500 if comes_later else 150)


def faults(page: Page, scheme: Any) -> Iterator[str]:
    """Yield what axe-core finds on an open page in a colour scheme; None: in its own."""
    if scheme is not None:
        page.emulate_media(color_scheme=scheme)
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE)
    for each in page.evaluate(AXE_RUN):
        yield f"{each['impact']} {each['id']}, {each['n']} times: {' | '.join(each['nodes'])}"


def layout_faults(page: Page, *, has_focus: bool = True) -> Iterator[str]:
    """Yield what is wrong with the layout of an open page, which does not depend on colours."""
    if (shift := page.evaluate("window.seenShift")) > MOST_SHIFT:
        yield f"the layout shifts by {shift:.3f}"
    if (wider := page.evaluate(WIDER)) is not None:
        yield wider
    for each in page.evaluate(CUT):
        yield f"cut: {each}"
    for each in page.evaluate(OUTSIDE):
        yield f"wider than its cell: {each}"
    if has_focus:
        page.keyboard.press("Tab")
        for each in page.evaluate(UNSEEN_FOCUS):
            yield f"focus is not seen: {each}"
