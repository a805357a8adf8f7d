"""What differs between two texts, word by word."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

MOST_WORDS = 3_000
"""Words of a text that are compared; comparing takes time with their square."""
MOST_CHARACTERS = 100_000
"""Characters of a text that is compared: a word may have any number of them."""
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of both texts, or of one of them."""

    kind: Literal["same", "added", "removed"]
    text: str


def word_diff(before: str, after: str) -> tuple[Piece, ...] | None:
    """Return the pieces of which the two texts are made; None: one is too long to compare."""
    if max(len(before), len(after)) > MOST_CHARACTERS:
        return None
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if max(len(old), len(new)) > MOST_WORDS:
        return None
    return tuple(_pieces(old, new))


def both_marked(before: str, after: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]] | None:
    """Return the pieces of each text, marked where the other one has none; None: one is too long to compare."""
    pieces = word_diff(before, after)
    if pieces is None:
        return None
    return (
        tuple(each for each in pieces if each.kind != "added"),
        tuple(each for each in pieces if each.kind != "removed"),
    )


def _pieces(old: list[str], new: list[str]) -> Iterator[Piece]:
    for kind, first, last, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Piece("same", "".join(old[first:last]))
            continue
        if first < last:
            yield Piece("removed", "".join(old[first:last]))
        if start < end:
            yield Piece("added", "".join(new[start:end]))
