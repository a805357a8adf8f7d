"""Words of a text in any script, also in those that are written without blanks between words."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice

LONGEST_WORD = 30
"""Letters of a word; what is longer, such as an address, base64 or minified code, counts by its length."""
PART_OF_LONG_WORD = 4
"""Letters of a longer word that count as one word: about what a tokenizer makes of them."""
_UNSPACED = (
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"  # ideographs
    "\u0e01-\u0e4f\u0e81-\u0ecf\u1000-\u104f\u1780-\u17d3\u17dd"  # Thai, Lao, Burmese, Khmer
)
_MARKS = (
    "\u3099\u309a\uff9e\uff9f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece"
    "\u102b-\u103e\u1056-\u1059\u17b4-\u17d3\u17dd"
)
_CLOSING = "、。，．！？｡､」』）】〉》…"
_LETTER = re.compile(f"[{_UNSPACED}]")
_RUN = re.compile(f"[{_UNSPACED}{_MARKS}]+")
_WORD = re.compile(rf"(?:[{_UNSPACED}][{_MARKS}]*[{_CLOSING}]*|[^\s{_UNSPACED}]+)\s*")


def n_words(text: str) -> int:
    """Return the number of words: one for each letter of a script without blanks, else those between blanks.

    A word of more than 30 letters counts once for each 4 of them.
    """
    words = text.split()
    if not has_unspaced(text) and all(len(word) <= LONGEST_WORD for word in words):
        return len(words)
    return sum(1 for _ in word_spans(text, 0, len(text)))


def words_of(text: str) -> list[str]:
    """Return the words as `n_words` counts them, without blanks."""
    return [text[start:end].strip() for start, end in word_spans(text, 0, len(text))]


def word_spans(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield where each word between two places begins and ends, with the blanks behind it."""
    for match in _WORD.finditer(text, start, end):
        first, after = match.span()
        letters_end = first + len(match.group().rstrip())
        if letters_end - first > LONGEST_WORD and not _LETTER.match(text, first):
            while letters_end - first > PART_OF_LONG_WORD:
                yield first, first + PART_OF_LONG_WORD
                first += PART_OF_LONG_WORD
        yield first, after


def first_words(text: str, n: int) -> str:
    """Return the beginning of a text with at most `n` words, as `n_words` counts them."""
    ends = [end for _, end in islice(word_spans(text, 0, len(text)), n)]
    return text[: max(ends, default=0)].rstrip()


def stretches(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the text in pieces, each with whether it is of a script without blanks between words."""
    end = 0
    for match in _RUN.finditer(text) if has_unspaced(text) else ():
        if end < match.start():
            yield text[end : match.start()], False
        yield match.group(), True
        end = match.end()
    if end < len(text):
        yield text[end:], False


def has_unspaced(text: str) -> bool:
    """Check for a letter of a script without blanks between words."""
    return not text.isascii() and _LETTER.search(text) is not None


def unspaced_bigrams(text: str) -> tuple[str, list[str]]:
    """Return the text without its runs of letters of scripts without blanks, and each two neighbours of those runs.

    A letter that stands alone is one by itself, as in Lucene's CJKBigramFilter.
    """
    bigrams: list[str] = []
    for match in _RUN.finditer(text):
        run = unicodedata.normalize("NFKC", match.group())
        bigrams += [run[at : at + 2] for at in range(max(1, len(run) - 1))]
    return _RUN.sub(" ", text), bigrams
