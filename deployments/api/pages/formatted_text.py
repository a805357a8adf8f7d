"""Answers in Markdown with their headings, lists, tables and code, and nothing that leads anywhere or loads anything.

A model's text is hostile. Written here are elements of this module alone, around escaped text; the text itself gives no
attribute but the number of a list's first item. Links, pictures and HTML in it stay text.
"""

from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

from evaluation.escaping import for_terminal

LONGEST = 20_000
"""Characters above which a text is shown as it was written."""
_NOT_READ = ("link", "image", "autolink", "html_block", "html_inline", "reference", "entity")
_reader = MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable(_NOT_READ)
_ELEMENTS = {
    "paragraph": "p",
    "blockquote": "blockquote",
    "bullet_list": "ul",
    "ordered_list": "ol",
    "list_item": "li",
    "table": "table",
    "thead": "thead",
    "tbody": "tbody",
    "tr": "tr",
    "th": "th",
    "td": "td",
    "strong": "strong",
    "em": "em",
    "s": "del",
}
"""Elements by what Markdown calls the part; a part that is not here leaves its text alone."""


def formatted(text: str) -> Markup | None:
    """Return the text as Markdown shows it; None where it is longer than `LONGEST`."""
    if len(text) > LONGEST:
        return None
    return Markup("").join(_parts(_reader.parse(text)))


def _parts(tokens: Sequence[Token]) -> Iterator[Markup]:
    for token in tokens:
        part, _, end = token.type.rpartition("_")
        if token.children:
            yield from _parts(token.children)
        elif part == "heading":  # no heading of the page
            yield Markup("<p><strong>") if end == "open" else Markup("</strong></p>")
        elif token.type == "ordered_list_open" and (start := token.attrGet("start")) is not None:
            yield Markup('<ol start="{}">').format(int(start))
        elif token.type == "th_open":
            yield Markup('<th scope="col">')
        elif part in _ELEMENTS and end in ("open", "close") and not token.hidden:
            yield Markup(f"<{'/' * (end == 'close')}{_ELEMENTS[part]}>")  # noqa: S704 - one of our own elements
        elif token.type in ("fence", "code_block"):
            yield Markup("<pre><code>") + _text(token.content) + Markup("</code></pre>")
        elif token.type == "code_inline":
            yield Markup("<code>") + _text(token.content) + Markup("</code>")
        elif token.type == "hardbreak":
            yield Markup("<br>")
        elif token.type == "hr":
            yield _text("———")
        else:
            yield _text("\n" if token.type == "softbreak" else token.content)


def _text(text: str) -> Markup:
    return escape(for_terminal(text))
