"""Keys that flow: as many parts in a line as the paper has room for."""

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from evaluation.charts.frame import KEY_Y, Margins, Text, clipped, sign
from evaluation.charts.theme import LETTER_PX

LINE = 18
"""Pixels of a line."""
_SIGN_PX, _GAP_PX = 16, 18
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


@dataclass(frozen=True, slots=True)
class PlacedKey:
    """A key with the places of its parts."""

    words: list[Text]
    signs: list[alt.Chart]


def key_lines(parts: Sequence[KeyPart], paper: int) -> int:
    """Return how many lines a key takes on a paper of that many pixels across."""
    return 1 + max((line for line, _ in _places(parts, paper)), default=-1)


def placed_key(parts: Sequence[KeyPart], margins: Margins) -> PlacedKey:
    """Return a key in its lines below the title."""
    words, signs = [], []
    for part, (line, x) in zip(parts, _places(parts, margins.paper), strict=True):
        left, y = x - margins.left, KEY_Y + LINE * line - margins.top
        if len(part.shape) <= 2:
            words.append(Text(part.shape, left, y + 4, is_faint=False))
        else:
            signs.append(
                sign(part.shape, left + 6, y, size=part.size, inside=part.inside, stroke=part.stroke, angle=part.angle)
            )
        words.append(Text(_clipped(part, margins.paper), left + _SIGN_PX, y + 4))
    return PlacedKey(words, signs)


def _clipped(part: KeyPart, paper: int) -> str:
    return clipped(part.words, min(60, int((paper - 32 - _SIGN_PX) / _SMALL_LETTER_PX)))


def _places(parts: Sequence[KeyPart], paper: int) -> list[tuple[int, float]]:
    """Return the line of each part, and where it begins in pixels of the paper."""
    places: list[tuple[int, float]] = []
    line, x = 0, 16.0
    for part in parts:
        width = _SIGN_PX + _SMALL_LETTER_PX * len(_clipped(part, paper))
        if x > 16 and x + width > paper - 16:
            line, x = line + 1, 16.0
        places.append((line, x))
        x += width + _GAP_PX
    return places
