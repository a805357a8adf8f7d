"""Features of a single sentence that indicate its position in a text."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from evaluation.metrics.quality.reading import words
from evaluation.metrics.quality.word_classes import (
    ARTICLES_OF_ORDERS,
    CUE_CLASSES,
    DEMONSTRATIVES,
    FINITE,
    INTRODUCING,
    ORDINALS,
    PAST,
    POINTING_BACK,
    SMALL_WORDS,
    SPEAKERS,
    TELLING,
)

_MOST_WORDS = 200
"""Words read of one sentence, at most."""
_STEM = 5
"""Length of a stem: words with the same first letters are taken for forms of one word."""
_SHORT_STEM = 4
_EARLY = 6
"""Number of first words of a sentence that are searched for a class."""
_FRONT = 8
_ABBREVIATION = re.compile(r"\(([A-Z][A-Za-z]{1,9})s?\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """Features for judging the order of sentences. A stem is the beginning of a word other than a function word."""

    first: str
    start: tuple[str, ...]
    """The first two words."""
    n_words: int
    stems: frozenset[str]
    short_stems: frozenset[str]
    """Stems of words of three letters or more."""
    small: frozenset[str]
    front: frozenset[str]
    """Stems of the first half, eight words at most."""
    back: frozenset[str]
    """Stems of the second half."""
    introduced: frozenset[str]
    """Stems that follow "a", "some", "three", …"""
    pointed_at: frozenset[str]
    """Stems that follow "the", "this", "its", …"""
    shown: frozenset[str]
    """Stems that follow "this", "such", … near the beginning."""
    compounds: frozenset[tuple[str, str]]
    """Stems of two adjacent words."""
    alone: frozenset[str]
    """Stems that do not follow another stem."""
    names: Mapping[str, int]
    """Capitalised words, in lower case, with the number of words of their name."""
    named: frozenset[str]
    """Stems of capitalised words, except the first word."""
    abbreviations: frozenset[str]
    """Abbreviations in parentheses after their long form."""
    year: int | None
    """Earliest year."""
    ordinal: int | None
    """Lowest of "first", "second", …, "finally" near the beginning."""
    speakers: frozenset[str]
    """Those of "you", "we", "i" and "he" that occur in any form."""
    past: float
    """Ten times the share of words in the past tense, up to 2."""
    quotes: bool
    opens_quote: bool
    """True if it starts with a quotation mark."""
    quote_open: bool
    """True if it has an odd number of quotation marks."""
    cues: Mapping[str, float]
    """Hints at the sentence's position: 1 for a word that occurs, or a number. A missing hint is 0."""


def sentence_of(text: str) -> Sentence:
    """Return the facts about one sentence by itself."""
    written = words(text)[:_MOST_WORDS]
    lower = [word.lower() for word in written]
    half = max(1, len(lower) // 2)
    names = dict(_names(written))
    introduced = _after(lower, INTRODUCING)
    named = frozenset(word.lower()[:_STEM] for word in written[1:] if _is_name(word))
    quotes = any(mark in text for mark in '"“”')
    numbers = {
        "indefinite_thing": bool(introduced),
        "past": _past(lower),
        "comma": "," in text,
        "quote": quotes,
        "name": bool(named),
        "long_name": max(names.values(), default=0) > 1,
        "digit": any(letter.isdigit() for word in written for letter in word[:20]),
        "letters": sum(min(len(word), 30) for word in lower) / (len(lower) or 1) / 3,
    }
    cues = {name: 1.0 for name in (*_classes(lower), *_tellings(lower))}
    return Sentence(
        first=lower[0] if lower else "",
        start=tuple(lower[:2]),
        n_words=max(1, len(lower)),
        stems=_stems(lower),
        short_stems=frozenset(word[:_SHORT_STEM] for word in lower if word not in SMALL_WORDS and len(word) > 2),
        small=frozenset(lower) & SMALL_WORDS,
        front=_stems(lower[: min(half, _FRONT)]),
        back=_stems(lower[half:]),
        introduced=introduced,
        pointed_at=_after(lower, POINTING_BACK),
        shown=_after(lower[:_EARLY], DEMONSTRATIVES),
        compounds=frozenset(_compounds(lower)),
        alone=frozenset(_alone(lower)),
        names=names,
        named=named,
        abbreviations=frozenset(abbreviation.lower() for abbreviation in _ABBREVIATION.findall(text)),
        year=min((int(word) for word in lower if _is_year(word)), default=None),
        ordinal=min((ORDINALS[word] for word in lower[:4] if word in ORDINALS), default=None),
        speakers=frozenset(SPEAKERS[word] for word in lower if word in SPEAKERS),
        past=_past(lower),
        quotes=quotes,
        opens_quote=text[:1] in {'"', "“"},
        quote_open=text.count('"') % 2 == 1 or text.count("“") > text.count("”"),
        cues=cues | {name: float(value) for name, value in numbers.items() if value},
    )


def _stems(lower: Sequence[str]) -> frozenset[str]:
    return frozenset(word[:_STEM] for word in lower if word not in SMALL_WORDS)


def _after(lower: Sequence[str], openers: frozenset[str]) -> frozenset[str]:
    """Return the stems of up to three words directly after an opener, up to the first small word."""
    stems: set[str] = set()
    for i, word in enumerate(lower):
        if word in openers:
            for follower in lower[i + 1 : i + 4]:
                if follower in SMALL_WORDS:
                    break
                stems.add(follower[:_STEM])
    return frozenset(stems)


def _classes(lower: Sequence[str]) -> Iterator[str]:
    if lower:
        yield f"starts_{CUE_CLASSES.get(lower[0], 'other' if lower[0] in SMALL_WORDS else 'content')}"
    yield from (CUE_CLASSES[word] for word in lower[1:_EARLY] if word in CUE_CLASSES)


def _tellings(lower: Sequence[str]) -> Iterator[str]:
    """Yield the cues that may occur anywhere in the sentence, and those from the form of its first words."""
    yield from (TELLING[word] for word in lower if word in TELLING)
    if FINITE.isdisjoint(lower):
        yield "no_finite_verb"
    if lower and lower[0] not in SMALL_WORDS:
        if lower[1:2] and lower[1] in ARTICLES_OF_ORDERS:
            yield "like_an_order"
        for ending in ("s", "ly", "ing"):
            if lower[0].endswith(ending):
                yield f"starts_with_{ending}"


def _past(lower: Sequence[str]) -> float:
    n_past = sum(word in PAST or (len(word) > 3 and word.endswith("ed")) for word in lower)
    return min(2.0, 10 * n_past / (len(lower) or 1))


def _compounds(lower: Sequence[str]) -> Iterator[tuple[str, str]]:
    for word, following in pairwise(lower):
        if word not in SMALL_WORDS and following not in SMALL_WORDS:
            yield word[:_STEM], following[:_STEM]


def _alone(lower: Sequence[str]) -> Iterator[str]:
    for before, word in zip(["the", *lower], lower, strict=False):
        if word not in SMALL_WORDS and before in SMALL_WORDS:
            yield word[:_STEM]


def _names(written: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield each word of each run of capitalised words, with the length of the run."""
    run: list[str] = []
    for word in [*written, ""]:
        if _is_name(word):
            run.append(word)
        else:
            yield from ((part.lower().removesuffix("'s").removesuffix("’s"), len(run)) for part in run)
            run = []


def _is_name(word: str) -> bool:
    return word[:1].isupper() and word.lower() not in SMALL_WORDS


def _is_year(word: str) -> bool:
    return len(word) == 4 and word.isascii() and word.isdecimal() and "1500" <= word < "2100"
