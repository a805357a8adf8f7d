"""What does a sentence say, word by word: stems, numbers, names, and which words are denied?

Words are folded (NFKC, case) and, where they are English, cut to a light stem. Scripts without blanks are read as
pairs of letters. Numbers are brought to one form: `1,000`, `1000` and `a thousand` are one.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from evaluation.metrics.grounding.numbers import folded_numbers, plain_number
from evaluation.metrics.grounding.vocabulary import DENIALS, IRREGULAR, NOT_DENIED_BEFORE, STOP_WORDS, SUFFIXES

MOST_WORDS = 300
"""Of one sentence, no more are read."""
_PIECE = 200
_LONGEST_WORD = 40
_SHORTEST_NAME = 3
_DENIED_WITHIN = 4
"""Words after a denial among which the denied one is looked for."""

_NO_BLANKS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(
    rf"\d+(?:[.,]\d+)*|[{_NO_BLANKS}]+|(?:(?![{_NO_BLANKS}])[^\W\d_])+(?:['’](?:(?![{_NO_BLANKS}])[^\W\d_])+)*"
)
_UNSPACED = re.compile(rf"[{_NO_BLANKS}]")
_VOWEL = re.compile(r"[aeiouy]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One sentence as the measures of support see it."""

    stems: tuple[str, ...]
    """Of the words that carry meaning, numbers among them, in order."""
    numbers: frozenset[str]
    """Without the words `one` and `two`, which often only point at something."""
    names: frozenset[str]
    """Stems of words written with a capital where none is due."""
    denied: frozenset[str]
    """Stems that a denial stands before."""
    denies: bool
    n_words: int
    n_capitals: int
    """Words written with a capital, the first one left out."""

    @property
    def claims_something(self) -> bool:
        """True where there is a word to look for; a bare `Yes.` has none."""
        return bool(self.stems)


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    stem: str
    is_capital: bool
    is_number: bool
    is_denial: bool


def read(sentence: str) -> Reading:
    """Return the reading of the first `MOST_WORDS` words of `sentence`."""
    words = _words(sentence)
    content = [word for word in words if _carries_meaning(word)]
    return Reading(
        stems=tuple(word.stem for word in content),
        numbers=frozenset(word.stem for word in words if word.is_number and word.text not in ("one", "two")),
        names=frozenset(word.stem for word in content if _is_name(word) and word is not words[0]),
        denied=frozenset(_denied(words)),
        denies=any(_is_denial(words, index) for index in range(len(words))),
        n_words=len(words),
        n_capitals=sum(word.is_capital for word in words[1:]),
    )


def _carries_meaning(word: _Word) -> bool:
    return not word.is_denial and word.text not in STOP_WORDS


def _is_name(word: _Word) -> bool:
    return word.is_capital and not word.is_number and len(word.stem) >= _SHORTEST_NAME


def _words(sentence: str) -> list[_Word]:
    tokens = list(islice(_tokens(sentence), MOST_WORDS))
    return [_word(text, number) for text, number in folded_numbers(tokens)]


def _tokens(sentence: str) -> Iterator[str]:
    for piece in sentence.split():
        for start in range(0, len(piece), _PIECE):
            # Piece by piece: long runs of combining marks take time that grows with the square.
            for token in _TOKEN.findall(unicodedata.normalize("NFKC", piece[start : start + _PIECE])):
                yield from _letter_pairs(token) if _UNSPACED.match(token) else (token,)


def _letter_pairs(token: str) -> Iterator[str]:
    if len(token) == 1:
        yield token
    for index in range(len(token) - 1):
        yield token[index : index + 2]


def _word(token: str, number: str | None) -> _Word:
    folded = token.casefold().replace("’", "'")
    is_denial = folded in DENIALS or folded.endswith("n't")
    stem = number or plain_number(token) or light_stem(folded)
    return _Word(folded, stem, token[:1].isupper(), number is not None or token[:1].isdigit(), is_denial)


def light_stem(word: str) -> str:
    """Return `word`, in small letters, without its English ending: `stopped` and `stops` are `stop`.

    Never under 3 letters.
    """
    word = word.removesuffix("'s")[:_LONGEST_WORD]
    word = IRREGULAR.get(word, word)
    if not word.isascii() or len(word) < 4:
        return word
    if word.endswith("ies"):
        return _without_last_vowel(word[:-3] + "y")
    for suffix in SUFFIXES:
        rest = word.removesuffix(suffix)
        if rest != word and len(rest) > 2 and _VOWEL.search(rest) and not (suffix == "s" and rest[-1] in "sui"):
            return _without_last_vowel(_undoubled(rest))
    return _without_last_vowel(word)


def _undoubled(word: str) -> str:
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls" else word


def _without_last_vowel(word: str) -> str:
    if len(word) > 3 and word[-1] == "y":
        return word[:-1] + "i"
    return word[:-1] if len(word) > 3 and word[-1] == "e" else word


def _denied(words: list[_Word]) -> Iterator[str]:
    for index in range(len(words)):
        if _is_denial(words, index):
            following = words[index + 1 : index + 1 + _DENIED_WITHIN]
            yield from [word.stem for word in following if _carries_meaning(word)][:1]


def _is_denial(words: list[_Word], index: int) -> bool:
    """Return a denial that denies: neither a `No` that opens an answer, nor `not only`, `no doubt`, `or not`."""
    if not words[index].is_denial or (index == 0 and words[0].text in ("no", "nein", "non")):
        return False
    following = words[index + 1].text if index + 1 < len(words) else ""
    return following not in NOT_DENIED_BEFORE and not (index > 0 and words[index - 1].text == "or")
