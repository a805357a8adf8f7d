"""An answer as prose, sentences and words for the quality metrics, read in linear time.

A word is a run of letters, marks and digits, with apostrophes and hyphens inside; in scripts without blanks (Chinese,
Japanese, Thai, Lao, Khmer, Burmese) every character is one. A sentence ends at `. ! ?` and the equivalent marks of
other scripts, at an empty line, and before a list item or a heading; not after a known abbreviation or an initial.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

READ_CHARS = 60_000
"""Characters read from the beginning by quality metrics, except the counts."""
_FENCED = re.compile(r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1[ \t]*$|\Z)", re.M | re.S)
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_MARKS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0963\u0966-\u0dff\u200c\u200d"
"""Separate accents and vowel signs, which the pattern of letters and digits does not match."""
_LETTERS = rf"(?:(?![{_UNSPACED}])[^\W_])(?:(?![{_UNSPACED}])[^\W_]|[{_MARKS}])*"
_WORD = re.compile(rf"[{_UNSPACED}]|{_LETTERS}(?:['’\-]{_LETTERS})*")
_HEADING = re.compile(r"^[ \t]*#{1,6}[ \t].*$", re.M)
_BLOCK = re.compile(r"\n[ \t\r]*\n|\n(?=[ \t]*(?:[-*+•‣–>|]|\(?(?:\d{1,3}[.)]|[a-zA-Z]\)))[ \t])")
_END = re.compile(
    r"(?<=[.!?…])[\"'”’»)\]*_]{0,3}\s+(?=[\"'“‘«(\[*_]{0,3}[^\W_a-z])|(?<=[。！？｡])[」』”’）]{0,3}\s*|(?<=[؟।॥።။])\s+"
)
_MARKER = re.compile(r"^[\s>]*(?:[-*+•‣–#|]+|\(?(?:\d{1,3}[.)]|[a-zA-Z]\)))?\s+")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[\"'“])(?:[A-Z]|e\.g|i\.e|etc|cf|vs|approx|al|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|No|Nos|Fig|Eq|Eqs|Sec|Vol|pp|p|"
    r"Inc|Ltd|Co|Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec)\.$"
)
_LONGEST_ABBREVIATION = 10


@dataclass(frozen=True, slots=True)
class Reading:
    """The prose that the quality metrics read."""

    text: str
    sentences: tuple[str, ...]
    words: tuple[str, ...]
    """Words as written."""

    @property
    def lower(self) -> tuple[str, ...]:
        """The words in lower case."""
        return tuple(word.lower() for word in self.words)


@lru_cache(maxsize=8)
def reading_of(text: str) -> Reading:
    """Return the first `READ_CHARS` characters of `text`, without fenced code unless there is nothing else."""
    beginning = text[:READ_CHARS]
    outside = without_code(beginning)
    body = outside if _WORD.search(outside) else beginning
    return Reading(text=body, sentences=sentences(body), words=tuple(words(body)))


def without_code(text: str) -> str:
    """Return `text` with an empty line where fenced code stood."""
    return _FENCED.sub("\n\n", text)


def words(text: str) -> list[str]:
    """Return the words of `text` as written."""
    return _WORD.findall(text)


def sentences(text: str) -> tuple[str, ...]:
    """Return the sentences, list items and headings of `text` that hold a word, each with single blanks."""
    kept: list[str] = []
    for block in _BLOCK.split(_HEADING.sub(r"\n\n\g<0>\n\n", text)):
        body = " ".join(_MARKER.sub("", f" {block}").split())
        kept += [sentence for sentence in _split(body) if _WORD.search(sentence)]
    return tuple(kept)


def _split(block: str) -> list[str]:
    pieces: list[str] = []
    begin = 0
    for gap in _END.finditer(block):
        tail = block[max(begin, gap.start() - _LONGEST_ABBREVIATION) : gap.start()]
        if not _ABBREVIATION.search(tail):
            pieces.append(block[begin : gap.end()].strip())
            begin = gap.end()
    pieces.append(block[begin:].strip())
    return pieces
