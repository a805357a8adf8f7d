"""Splits texts into chunks of a size, at the boundaries that the text itself has."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.words import n_words, word_spans

LONGEST_PIECE = 60
"""Words above which a sentence is split between words, unless chunks are smaller."""
_PARAGRAPH_END = re.compile(r"\n[ \t]*\n\s*|\n(?=#{1,6} )")
_SENTENCE_END = re.compile(
    r"(?<=[.!?…。！？])[\"'”’)\]]*\s+|(?<=[。！？｡])[\"'”’)\]」』）】]*(?![。！？｡])\s*"  # no blank follows the latter
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a text that is not split: a sentence, or a part of a long one."""

    start: int
    """Index of its first character."""
    end: int
    n_words: int
    ends_paragraph: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A stretch of a text made of whole pieces."""

    text: str
    start: int
    end: int
    size: int
    """Sum of its pieces' sizes, in the unit in which they were counted."""


def pieces(text: str, *, longest: int = LONGEST_PIECE) -> tuple[Piece, ...]:
    """Return the pieces of a text in order; together they are the whole text but for blanks at its ends.

    Args:
        text: The text.
        longest: Words above which a sentence is split.
    """
    parts_of_text: list[Piece] = []
    for start, end in _stretches(text, 0, len(text), _PARAGRAPH_END):
        sentences = list(_stretches(text, start, end, _SENTENCE_END))
        parts = [part for sentence in sentences for part in _within_limit(text, *sentence, longest)]
        parts_of_text += [Piece(start=a, end=b, n_words=n, ends_paragraph=(a, b, n) == parts[-1]) for a, b, n in parts]
    return tuple(parts_of_text)


def _stretches(text: str, start: int, end: int, boundary: re.Pattern[str]) -> list[tuple[int, int]]:
    """Return the stretches between boundaries, each with its boundary, without those that are blank."""
    ends = [match.end() for match in boundary.finditer(text, start, end)] + [end]
    starts = [start, *ends]
    return [(a, b) for a, b in zip(starts, ends, strict=False) if text[a:b].strip()]


def _within_limit(text: str, start: int, end: int, longest: int) -> list[tuple[int, int, int]]:
    """Return where the parts of at most `longest` words begin and end, and their numbers of words."""
    n = n_words(text[start:end])
    if n <= longest:  # as nearly always: this halves the time
        return [(start, end, n)]
    words = list(word_spans(text, start, end))
    groups = [words[i : i + longest] for i in range(0, len(words), longest)]
    return [(group[0][0], group[-1][1], len(group)) for group in groups]


def packed(text: str, parts: Sequence[Piece], sizes: Sequence[int], *, size: int, overlap: int) -> tuple[Chunk, ...]:
    """Return chunks of at most `size`, each beginning with the end of the one before, up to `overlap`.

    A chunk that is at least half full ends with a paragraph rather than within the next one that does not fit.

    Args:
        text: The text.
        parts: Its pieces.
        sizes: Size of each piece, in the unit of `size`.
        size: Most that a chunk may hold; a single larger piece is a chunk of its own.
        overlap: Most that a chunk repeats of the one before; less than `size`.
    """
    if not 0 <= overlap < size:
        raise ValueError(f"overlap {overlap} must be from 0 to below the size, {size}")
    chunks: list[Chunk] = []
    first = 0
    while first < len(parts):
        after = _end_of_chunk(parts, sizes, first, size)
        chunks.append(_chunk(text, parts, sizes, first, after))
        if after == len(parts):
            break
        first = _start_of_next(sizes, first, after, size=size, overlap=overlap)
    return tuple(chunks)


def _end_of_chunk(parts: Sequence[Piece], sizes: Sequence[int], first: int, size: int) -> int:
    total, after = sizes[first], first + 1
    while after < len(parts) and total + sizes[after] <= size:
        total, after = total + sizes[after], after + 1
    if after == len(parts):
        return after
    held = total
    for index in range(after, first + 1, -1):
        if parts[index - 1].ends_paragraph and 2 * held >= size:
            return index
        held -= sizes[index - 1]
    return after


def _start_of_next(sizes: Sequence[int], first: int, after: int, *, size: int, overlap: int) -> int:
    """Return the first piece of the next chunk, which repeats only as much as leaves room for a new piece."""
    repeated, start = 0, after
    most = min(overlap, size - sizes[after])
    while start - 1 > first and repeated + sizes[start - 1] <= most:
        start -= 1
        repeated += sizes[start]
    return start


def _chunk(text: str, parts: Sequence[Piece], sizes: Sequence[int], first: int, after: int) -> Chunk:
    start, end = parts[first].start, parts[after - 1].end
    return Chunk(text=text[start:end].strip(), start=start, end=end, size=sum(sizes[first:after]))


def chunks_in_words(text: str, *, size: int, overlap: int) -> tuple[Chunk, ...]:
    """Return the chunks of a text, sizes counted in words."""
    parts = pieces(text, longest=min(size, LONGEST_PIECE))
    return packed(text, parts, [part.n_words for part in parts], size=size, overlap=overlap)
