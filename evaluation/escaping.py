"""Escaping of model-written text for display in a terminal, JSON, Markdown, HTML or a spreadsheet."""

import html
import json
import re
import unicodedata
from dataclasses import is_dataclass
from typing import Any

from evaluation.results.as_json import as_json as result_as_json

_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Unicode categories of controls, direction marks, lone surrogates, private use and rare line separators."""
_JOINERS = "\u200c\u200d"
"""Joiners that Persian, Hindi and some emoji need."""
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~>$-])")
_LINK_STARTS = re.compile(r"(://|www\.|@(?=\w))", re.IGNORECASE)
"""Text that programs turn into a link without any markup: addresses of pages and of mailboxes."""
_NUMBERED = re.compile(r"^(\d+)\.(?=\s|$)")
"""Start of a numbered list."""
_UNSEEN = "\u200b"
"""A character that is not displayed and ends a link."""
_LOOK_ALIKES = str.maketrans({"`": "\u02cb", "*": "\u2217", "~": "\u223c"})
_CELL_BREAKS = re.compile(
    r"<(?=[a-z/!?])|\](?=[(\[:])|!(?=\[)|&(?=#?\w+;)|\\(?=[^\w\s])|://|www\.|@(?=\w)", re.IGNORECASE
)
_EDGE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_BLOCK_STARTS = re.compile(r"[-+](\s|$)|[>#]|\d+[.)](\s|$)|[=-]+$|\||\[")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Characters that start a formula; the last four are wide forms of the first, which some spreadsheets accept."""


def for_terminal(text: str) -> str:
    """Return `text` without control and bidirectional characters, which could move the cursor or hide text."""
    if text.isprintable() or text.replace("\n", "").replace("\t", "").isprintable():  # which no harmful letter is
        return text
    return text.translate(_SHOWN)


class _Shown(dict[int, int]):
    """What is shown for each letter, looked up once in Unicode's table."""

    def __missing__(self, code: int) -> int:
        letter = chr(code)
        self[code] = shown = code if letter in "\n\t" or not _is_harmful(letter) else 0xFFFD
        return shown


_SHOWN = _Shown()


def one_line(text: str) -> str:
    """Return `text` as a single line for a terminal, so that it cannot pass for our own output."""
    return " ".join(for_terminal(text).split())


def _is_harmful(letter: str) -> bool:
    return unicodedata.category(letter) in _HARMFUL and letter not in _JOINERS


def as_json(value: Any) -> str:
    """Return `value` as JSON that parses to the same value and is safe to print on a terminal."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=_plain)
    return "".join(json.dumps(letter)[1:-1] if letter != "\n" and _is_harmful(letter) else letter for letter in text)


def _plain(value: Any) -> Any:
    """Convert a value that JSON does not support."""
    return result_as_json(value) if is_dataclass(value) else str(value)


def for_markdown(text: str, *, max_length: int | None = None) -> str:
    """Return `text` as one line of Markdown that shows exactly these characters.

    An artifact's description is Markdown too. All published text goes through this function, or through
    `as_markdown_code`, whatever its source.
    """
    line = one_line(text)
    if max_length is not None and len(line) > max_length:
        line = line[: max_length - 1] + "…"
    escaped = _MARKDOWN.sub(r"\\\1", html.escape(line, quote=False))
    escaped = _NUMBERED.sub(r"\1\\.", escaped)
    return _LINK_STARTS.sub(lambda match: match[1][0] + _UNSEEN + match[1][1:], escaped)


def for_html(text: str, *, max_length: int | None = None) -> str:
    """Return `text` as one line that HTML shows as exactly these characters, also inside quoted attributes.

    Args:
        text: Any text, trusted or not.
        max_length: Where to truncate it, in characters.
    """
    line = one_line(text)
    if max_length is not None and len(line) > max_length:
        line = line[: max_length - 1] + "…"
    return html.escape(line, quote=True)


def for_cell(text: str) -> str:
    """Return `text` as one line that reads the same in a plain-text cell and in a Markdown cell.

    Of Prefect's two interfaces, one shows the cells of a table artifact as plain text and the other as Markdown. So
    nothing is escaped: an invisible character breaks up the start of markup, and paired marks are replaced by
    look-alikes.
    """
    line = one_line(text).translate(_LOOK_ALIKES)
    line = _CELL_BREAKS.sub(lambda match: match[0][0] + _UNSEEN + match[0][1:], line)
    line = _EDGE_UNDERSCORE.sub("\uff3f", line)
    return _UNSEEN + line if _BLOCK_STARTS.match(line) else line


def as_markdown_code(text: str) -> str:
    """Return `text` as one line of code, also valid in a table cell."""
    shown = one_line(text).replace("\\|", f"\\{_UNSEEN}|").replace("|", "\\|")
    fence = _fence(shown)
    edge = " " if len(fence) > 1 else ""
    return f"{fence}{edge}{shown}{edge}{fence}"


def _fence(text: str) -> str:
    """Return one backtick more than the longest run of them in `text`."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    return "`" * (longest + 1)


def for_spreadsheet(text: str) -> str:
    """Return `text` as a cell that no spreadsheet reads as a formula."""
    shown = for_terminal(text)
    return "'" + shown if shown.lstrip(" ").startswith(_FORMULA_STARTS) else shown
