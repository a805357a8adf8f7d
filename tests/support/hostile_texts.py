"""What a model, or whoever names things, may write to become markup, a script or a link on somebody's page."""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

OURS = ("../../runs/flow-run/", "../../artifacts/artifact/")
_AUTOLINK = re.compile(r"https?://\w|www\.\w|(?<![\w.+-])[\w.+-]+@\w+\.\w", re.IGNORECASE)
"""What GitHub's kind of Markdown makes a link of, without any mark."""
MARK = "hostile"
"""Stands in every one of them, so that one can look for it where it must be text."""
SCRIPT = f"<script>alert('{MARK}')</script>"
TEXTS = (
    SCRIPT,
    f"<img src=x onerror=alert('{MARK}')>",
    f"<h1>{MARK}</h1><b>{MARK}</b><iframe src='https://evil.example/{MARK}'></iframe>",
    f"[{MARK}](https://evil.example/{MARK}) [{MARK}](javascript:alert(1)) [{MARK}][1]",
    f"![{MARK}](https://evil.example/{MARK}.png)",
    f"https://evil.example/{MARK} www.evil.example/{MARK} <https://evil.example/{MARK}>",
    f"{MARK}@evil.example mailto:{MARK}@evil.example",
    f"javascript:alert('{MARK}')",
    f"| {MARK} | a | table | \\| row \\\\|",
    f"`{MARK}` ``{MARK}`` ~~{MARK}~~ **{MARK}** __{MARK}__ *{MARK}*",
    f"{MARK}\n# {MARK} heading\n## {MARK}\n- {MARK} list\n- [ ] {MARK} box\n> {MARK} quote\n\n{MARK}\n===\n---\n",
    f"1. {MARK}\n2. {MARK}",
    f"```mermaid\ngraph TD; {MARK}-->B\n```\n{MARK}",
    f"&lt;b&gt;{MARK}&lt;/b&gt; &#106;avascript:{MARK} &copy;",
    f"\x1b[31m{MARK}\x1b[0m \u202e{MARK}\u202c \u2066{MARK} \x00{MARK}\x07 \u2028{MARK}",
    f"{MARK}[^1]\n\n[^1]: {MARK}\n\n[1]: https://evil.example/{MARK}\n\n    {MARK}",
)
ALL = " ".join(TEXTS)
"""All of them in one."""
NAME = f"{MARK} <b>x</b> [x](https://evil.example/{MARK})|`x` www.evil.example"
"""Short enough for a name that is shown in whole."""
_ALIKE = str.maketrans({"\u02cb": "`", "\u2217": "*", "\u223c": "~", "\uff3f": "_"})
"""Letters that stand in a table for what would be a mark there."""


def letters(text: str) -> str:
    """What can be seen of a text: no blanks, line ends, controls or what stands for them, which pages change."""
    return "".join(letter for letter in text.translate(_ALIKE) if letter.isprintable() and letter not in " \ufffd")


def n_hostile_words(text: str) -> int:
    """How often what is seen says the mark."""
    return letters(text).count(MARK)


def texts_shown(text: str) -> frozenset[str]:
    """Those of the hostile texts that are seen in whole, letter by letter; a name that is hostile is none of them."""
    seen = letters(text)
    return frozenset(hostile for hostile in TEXTS if letters(hostile) in seen)


def foreign_markup(page: str) -> list[str]:
    """What stands on a page of Markdown that none of ours would have put there: markup, foreign links and images."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    return [said for token in _all(parser.parse(page)) if (said := _foreign(token)) is not None]


def _all(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _all(token.children or [])


def _foreign(token: Token) -> str | None:
    if token.type in ("html_inline", "html_block") and token.content.strip() != "<br>":
        return token.content
    if token.type == "link_open" and not str(token.attrs["href"]).startswith(OURS):
        return f"link to {token.attrs['href']}"
    if token.type == "image" and not str(token.attrs["src"]).startswith("data:image/svg+xml;base64,"):
        return f"image {token.attrs['src']}"
    if token.type in ("fence", "code_block") and token.info not in ("", "text"):
        return f"block of {token.info}"
    if token.type == "text" and (found := _AUTOLINK.search(token.content)):
        return f"autolink {found[0]}"
    return None
