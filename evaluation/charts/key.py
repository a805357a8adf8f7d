"""Keys that flow: as many parts in a line as the paper has room for."""

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from evaluation.charts.frame import Text, sign
from evaluation.charts.key_parts import LINE, SIGN_PX, KeyPart, key_places, shown_words
from evaluation.charts.paper import KEY_Y, Margins


@dataclass(frozen=True, slots=True)
class PlacedKey:
    """A key with the places of its parts."""

    words: list[Text]
    signs: list[alt.Chart]


def placed_key(parts: Sequence[KeyPart], margins: Margins) -> PlacedKey:
    """Return a key in its lines below the title."""
    words, signs = [], []
    for part, (line, x) in zip(parts, key_places(parts, margins.paper), strict=True):
        left, y = x - margins.left, KEY_Y + LINE * line - margins.top
        if len(part.shape) <= 2:
            words.append(Text(part.shape, left, y + 4, is_faint=False))
        else:
            signs.append(
                sign(part.shape, left + 6, y, size=part.size, inside=part.inside, stroke=part.stroke, angle=part.angle)
            )
        words.append(Text(shown_words(part, margins.paper), left + SIGN_PX, y + 4))
    return PlacedKey(words, signs)
