"""Text from other sources, with a margin so that none of its lines can pass for output of Benchwright."""

from collections.abc import Iterator

from evaluation.escaping import for_terminal

MARGIN = "  │ "


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
