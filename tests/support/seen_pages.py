"""A page as a browser reads it: its elements, its links, its pictures and its text."""

import asyncio
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from itertools import pairwise

from api_client import ApiClient

from deployments.api.pages.drawn_charts import drawn_charts

_VOID = frozenset({"meta", "link", "input", "img", "br", "source", "col"})
_ELEMENTS = frozenset({
    "html", "head", "meta", "title", "link", "script", "body", "a", "header", "nav", "main", "dialog", "dl", "dt",
    "dd", "kbd", "form", "button", "h1", "h2", "h3", "h4", "p", "ul", "ol", "li", "div", "section", "article",
    "table", "thead", "tbody", "tr", "th", "td", "span", "strong", "time", "code", "pre", "details", "summary",
    "label", "input", "select", "option", "progress", "svg", "rect", "figure", "figcaption", "img", "br", "ins",
    "del", "em", "blockquote", "fieldset", "legend", "textarea", "datalist", "picture", "source", "footer", "colgroup",
    "col",
})  # fmt: skip
"""All elements that our templates have."""
_ATTRIBUTES = frozenset({
    "lang", "charset", "name", "content", "rel", "href", "type", "src", "defer", "class", "id", "aria-label",
    "aria-current", "aria-labelledby", "aria-live", "aria-hidden", "method", "action", "tabindex", "role", "scope",
    "datetime", "value", "max", "min", "maxlength", "placeholder", "size", "checked", "selected", "title", "alt",
    "open", "viewbox", "preserveaspectratio", "x", "y", "width", "height", "data-row", "data-open", "data-up",
    "data-cell", "data-live", "data-search", "data-omit-empty", "required", "autocomplete", "autofocus",
    "rows", "form", "formaction", "aria-describedby", "data-go", "data-rating", "data-letter", "data-grade",
    "data-better", "data-notes", "data-store", "data-skip", "data-undo", "data-select", "data-copy", "data-all",
    "data-marked", "data-label", "data-needs", "data-renews", "list", "popover", "popovertarget",
    "data-key", "data-refresh", "data-state", "data-fetch", "data-once", "data-drop", "data-dropped", "data-benchmarks",
    "for", "spellcheck", "inputmode", "accept", "disabled", "aria-invalid",
    "media", "srcset", "start", "data-clear", "hidden", "span",
})  # fmt: skip
"""All attributes that our templates have: no handler of events, no style."""
_PICTURE = re.compile(r"/charts/([0-9a-f]{32}(?:-narrow)?)\.svg")
_ADDRESSES = frozenset({"href", "action", "src"})


class SeenPage(HTMLParser):
    """What a browser makes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.links: list[str] = []
        self.headings: list[str] = []
        self.problems: list[str] = []
        """What none of our templates would have put there."""
        self.pictures: list[ET.Element] = []
        self._open: list[str] = []
        self._texts: list[str] = []
        self.feed(text)
        self.close()
        self.problems += [f"<{name}> is not closed" for name in self._open]

    @property
    def text(self) -> str:
        """All of the text, whether it is folded or not."""
        return " ".join(self._texts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        if tag not in _VOID:
            self._open.append(tag)
        if tag not in _ELEMENTS:
            self.problems.append(f"element {tag}")
        if tag in ("h1", "h2", "h3", "h4") and "dialog" not in self._open:
            self.headings.append(tag)
        self._check(tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.problems.append(f"</{tag}> ends nothing")

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "script" and data.strip():
            self.problems.append("a script stands in the page")
        self._texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.problems.append(f"comment {data}")

    def _check(self, tag: str, values: dict[str, str | None]) -> None:
        self.problems += [f"attribute {name} of {tag}" for name in values if name not in _ATTRIBUTES]
        if tag == "source":
            self._check_picture(values.get("srcset") or "")
        for name in _ADDRESSES & values.keys():
            address = values[name] or ""
            if tag == "img":
                self._check_picture(address)
            elif not address.startswith(("/", "#")) or address.startswith(("//", "/\\")):
                self.problems.append(f"address {address}")
            elif tag == "a":
                self.links.append(address)
        if tag == "th" and values.get("scope") not in ("row", "col"):
            self.problems.append("a heading of a table without scope")
        if tag == "img" and not values.get("alt"):
            self.problems.append("a picture without words")

    def _check_picture(self, address: str) -> None:
        name = _PICTURE.fullmatch(address)
        if name is None:
            self.problems.append(f"picture {address[:80]}")
            return
        root = ET.fromstring(asyncio.run(drawn_charts.svg(name[1])))
        for element in root.iter():
            name = element.tag.rpartition("}")[2]
            if name in ("script", "foreignObject", "image", "a", "use", "iframe"):
                self.problems.append(f"picture with {name}")
            self.problems += [
                f"picture with attribute {each}" for each in element.attrib if each.startswith("on") or "href" in each
            ]
        if not address.endswith("-narrow.svg"):
            self.pictures.append(root)

    @property
    def is_in_order(self) -> bool:
        """Whether there is one first heading, and no level is left out on the way down."""
        levels = [int(name[1]) for name in self.headings]
        return levels[:1] == [1] and levels.count(1) == 1 and all(b <= a + 1 for a, b in pairwise(levels))


def crawl(api: ApiClient) -> dict[str, SeenPage]:
    """Follows every link from the first page on and gives the pages by address; asserts that each is there."""
    to_do, pages = ["/"], dict[str, SeenPage]()
    while to_do:
        path = to_do.pop()
        if path in pages or path.startswith("#"):
            continue
        answer = api.get(path)
        assert 200 == answer.status_code, path
        if "/report?" in path or path.endswith(".png"):  # a file to save
            assert answer.headers["content-disposition"].startswith("attachment; "), path
            continue
        assert "text/html; charset=utf-8" == answer.headers["content-type"], path
        pages[path] = SeenPage(answer.text)
        to_do += pages[path].links
    return pages
