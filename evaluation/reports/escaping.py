"""Makes text that a model wrote harmless where it is shown: on a terminal, in Markdown, in a spreadsheet."""

import html
import re
import unicodedata

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~>$-])")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def for_terminal(text: str) -> str:
    """`text` without control and direction characters, which could move the cursor or hide what stands there."""
    return "".join(letter if letter in "\n\t" or not _is_control(letter) else "\ufffd" for letter in text)


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co"} and letter not in "\u200c\u200d"


def for_markdown(text: str, *, max_length: int | None = None) -> str:
    """`text` as one line of Markdown that shows just these characters."""
    line = " ".join(for_terminal(text).split())
    if max_length is not None and len(line) > max_length:
        line = line[: max_length - 1] + "…"
    return _MARKDOWN.sub(r"\\\1", html.escape(line, quote=False)).replace("://", ":\u200b//")


def as_markdown_block(text: str) -> str:
    """`text` as a fenced block whose fence is longer than any run of backticks inside."""
    shown = for_terminal(text)
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{shown}\n{fence}"


def for_spreadsheet(text: str) -> str:
    """`text` as a cell that no spreadsheet reads as a formula."""
    shown = for_terminal(text)
    return "'" + shown if shown.startswith(_FORMULA_STARTS) else shown
