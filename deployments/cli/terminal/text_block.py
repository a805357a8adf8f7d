"""Text on several lines: that of others with a margin, so that none of it can pass for ours, and prose, wrapped."""

import re
from collections.abc import Iterator

from evaluation.escaping import for_terminal

MARGIN = "  │ "
_WORDS = re.compile(r" *(?:`[^`]*`|[^ ])+")
"""Words with the blanks before them; a command between backticks is one."""


def as_block(text: str, *, width: int | None) -> str:
    """Return `text` with a margin before each line.

    Args:
        text: The original text.
        width: Columns of the screen; longer lines are folded, so that every part of them has the margin.
            None: no limit.
    """
    lines = for_terminal(text).expandtabs(4).split("\n")
    room = None if width is None else max(10, width - len(MARGIN))
    return "\n".join(MARGIN + part for line in lines for part in _folded(line, room))


def _folded(line: str, room: int | None) -> Iterator[str]:
    """Yield the line in parts of at most `room` columns, split at a blank if one is close enough."""
    from rich.cells import cell_len, chop_cells

    while room is not None and cell_len(line) > room:
        part = chop_cells(line, room)[0]
        blank = part.rfind(" ")
        if blank > len(part) // 2:
            part = part[: blank + 1]
        yield part.rstrip(" ")
        line = line[len(part) :]
    yield line


def wrapped(text: str, *, width: int | None, hang: int = 0) -> str:
    """Return prose with line breaks between words; a word that is wider than the screen stays where it is.

    Args:
        text: One or more lines, of which each is wrapped and keeps its indentation.
        width: Columns of the screen; None: no limit.
        hang: Columns by which to indent all but the first line of each further.
    """
    if width is None:
        return text
    return "\n".join(part for line in text.split("\n") for part in _wrapped(line, width, hang))


def _wrapped(line: str, width: int, hang: int) -> Iterator[str]:
    from rich.cells import cell_len

    indent = " " * (len(line) - len(line.lstrip(" ")) + hang)
    part = ""
    for word in _WORDS.findall(line):
        below = indent + word.lstrip(" ")
        if part and cell_len(part + word) > width >= cell_len(below):
            yield part
            part = below
        else:
            part += word
    yield part
