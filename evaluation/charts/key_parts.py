"""The parts of a key that flows, and their places. Nothing here draws."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.charts.paper import clipped
from evaluation.charts.theme import LETTER_PX

LINE = 18
"""Pixels of a line."""
SIGN_PX, _GAP_PX = 16, 18
_SMALL_LETTER_PX = LETTER_PX * 0.92


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPart:
    """A sign with its meaning."""

    words: str
    shape: str
    """A shape of Vega's, or a letter that stands for the words."""
    inside: str | None = None
    """Colour inside; None: no filling."""
    stroke: str = ""
    size: float = 60
    angle: float = 0


def key_lines(parts: Sequence[KeyPart], paper: int) -> int:
    """Return how many lines a key takes on a paper of that many pixels across."""
    return 1 + max((line for line, _ in key_places(parts, paper)), default=-1)


def shown_words(part: KeyPart, paper: int) -> str:
    """Return the words of a part for which a line has room."""
    return clipped(part.words, min(60, int((paper - 32 - SIGN_PX) / _SMALL_LETTER_PX)))


def key_places(parts: Sequence[KeyPart], paper: int) -> list[tuple[int, float]]:
    """Return the line of each part, and where it begins in pixels of the paper."""
    places: list[tuple[int, float]] = []
    line, x = 0, 16.0
    for part in parts:
        width = SIGN_PX + _SMALL_LETTER_PX * len(shown_words(part, paper))
        if x > 16 and x + width > paper - 16:
            line, x = line + 1, 16.0
        places.append((line, x))
        x += width + _GAP_PX
    return places
