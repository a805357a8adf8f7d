"""The text that an HTML page shows, in one pass without a tree: time and memory grow with the page, not its depth."""

from evaluation.retrieval.left_out import WhyLeftOut
from evaluation.retrieval.unreadable_document import Text, UnreadableDocumentError

_HIDDEN = frozenset({"script", "style", "template", "noscript", "head"})
# fmt: off
_BLOCKS = frozenset({
    "p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "tr", "pre", "blockquote", "section", "article", "td",
    "th", "dt", "dd", "table", "ul", "ol", "dl", "header", "footer", "main", "nav", "aside", "figure", "figcaption",
    "caption", "address", "form", "fieldset", "hr", "option", "summary", "details",
})
# fmt: on
_BLANKS = " \n\t\f\r"
_PREFORMATTED = frozenset({"pre", "textarea"})


def read_html(content: bytes) -> Text:
    """Return what a page shows: no scripts, styles or comments; headings and paragraphs stand apart."""
    from bs4.dammit import EncodingDetector
    from lxml import etree  # type: ignore[import-untyped]

    detector = EncodingDetector(content, is_html=True)
    for encoding in detector.encodings:
        page = _ShownText()
        try:
            parser = etree.HTMLParser(target=page, recover=True, huge_tree=True, encoding=encoding)
            parser.feed(detector.markup)
            parser.close()
        except (UnicodeDecodeError, LookupError, etree.ParserError):  # another encoding may do
            continue
        return page.text, ()
    raise UnreadableDocumentError("in no encoding that is known", WhyLeftOut.NOT_UTF_8)


class _ShownText:
    """What a parser tells of a page, put together; its methods are those that lxml calls."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._data: list[str] = []
        self._n_hidden = 0
        self._n_preformatted = 0

    @property
    def text(self) -> str:
        """The paragraphs, each in one line."""
        paragraphs = (" ".join(paragraph.split()) for paragraph in "".join(self._parts).split("\n\n"))
        return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)

    def start(self, tag: str, attributes: object) -> None:
        """Begin an element."""
        self._end_data()
        self._n_hidden += tag in _HIDDEN
        self._n_preformatted += tag in _PREFORMATTED
        if tag in _BLOCKS:
            self._break("\n\n")
        elif tag == "br":
            self._break("\n")

    def end(self, tag: str) -> None:
        """End an element; the parser ends each that it began."""
        self._end_data()
        self._n_hidden -= tag in _HIDDEN
        self._n_preformatted -= tag in _PREFORMATTED
        if tag in _BLOCKS:
            self._break("\n\n")

    def data(self, data: str) -> None:
        """Take a part of a text."""
        if not self._n_hidden:
            self._data.append(data)

    def comment(self, text: str) -> None:
        """Leave out a comment, which divides a text in two."""
        self._end_data()

    def pi(self, target: str, data: str) -> None:
        """Leave out a processing instruction."""
        self._end_data()

    def close(self) -> None:
        """End the page."""
        self._end_data()

    def _break(self, lines: str) -> None:
        if not self._n_hidden:
            self._parts.append(lines)

    def _end_data(self) -> None:
        """Take the text since the last mark; blank lines between two elements are no paragraph's end."""
        if not self._data:
            return
        text = "".join(self._data)
        self._data = []
        if not self._n_preformatted and not text.strip(_BLANKS):
            text = "\n" if "\n" in text else " "
        self._parts.append(text)
