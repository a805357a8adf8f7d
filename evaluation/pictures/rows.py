"""What pictures with a row a candidate have in common."""

from evaluation.pictures.svg import WIDTH, text

ROW = 30
"""Pixels of a row."""
LABEL_RIGHT = 220
LONGEST_LABEL = 28
"""Letters; the table has the whole name."""
MOST_ROWS = 30


def left_out(n: int, y: float) -> list[str]:
    """Return a line that says how many rows there is no room for; nothing where all are there."""
    return [text(WIDTH - 16, y, f"and {n:,} more in the table", class_="faint", text_anchor="end")] if n > 0 else []
