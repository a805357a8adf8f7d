"""Comparison of questions and answers by their words. Articles and small words are English; the rest any language.

Of scripts without blanks between words, such as Japanese and Thai, every letter is a word where order counts, and each
two neighbours where it does not, as in the search by words.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache

from evaluation.words import stretches, unspaced_bigrams, words_of

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|\w+", re.UNICODE)
_THOUSANDS = re.compile(r",(?=\d{3}(?!\d))")
_NAMES = ("zero", "", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_DIGITS = {name: str(value) for value, name in enumerate(_NAMES) if name}
"""Numbers by their names, without `one`, which is more often no number."""
_SMALL = frozenset(
    (
        *("a", "an", "the", "of", "in", "on", "at", "by", "to", "for", "from", "with", "is", "was", "are", "were"),
        *("be", "it", "its", "this", "that", "and", "or", "about"),
    )
)
_NEGATIONS = frozenset(("no", "not", "never", "none", "nor", "without", "neither", "nothing", "cannot", "t"))
"""`t` is the end of `isn't`."""
_UNSPACED_NEGATIONS = (
    *("不", "没", "沒", "無", "无", "未", "非", "ない", "なし", "なかっ", "ません"),  # Chinese, Japanese
    *("ไม่", "มิได้", "ບໍ່", "មិន", "ဘူး"),  # Thai, Lao, Khmer, Burmese
)
"""Parts of words, compared as NFKC writes them."""
_AS_IN_ENGLISH = str.maketrans({"’": "'", "٫": ".", "٬": ","})
CACHED_TEXTS = 4096
"""Texts whose words are kept: every draft is compared with each before it."""
MOST_WORDS = 0.75
"""Share of the longer answer's words that the shorter one has at least, to say the same: one name of two does not."""
HALF = 0.5
"""The same for a guess, of which half gives too much away."""
ALIKE = 0.8
"""Share of the words of two questions that both have, above which they ask the same."""


@lru_cache(CACHED_TEXTS)
def tokens(text: str) -> tuple[str, ...]:
    """Return the words and numbers in lower case: `1,200` and `١٬٢٠٠` are `1200`, and `three` is `3`."""
    return _split(text, words_of)


def _split(text: str, of_unspaced: Callable[[str], Sequence[str]]) -> tuple[str, ...]:
    """Return the words in order; `of_unspaced` splits what is of a script without blanks between words."""
    if text.isascii():
        return tuple(_token(match.group()) for match in _TOKEN.finditer(text.casefold()))
    words: list[str] = []
    for stretch, is_unspaced in stretches(_plain(text)):
        if is_unspaced:
            words += of_unspaced(stretch)
        else:
            # A vowel sign, as in Hindi, is no letter to `\w`, but belongs to its word.
            letters = "".join("_" if unicodedata.category(letter).startswith("M") else letter for letter in stretch)
            words += [_token(stretch[match.start() : match.end()]) for match in _TOKEN.finditer(letters)]
    return tuple(words)


def _plain(text: str) -> str:
    """Return the text in lower case, with the digits and separators of any script as those of English."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_AS_IN_ENGLISH)
    return "".join(str(unicodedata.decimal(letter, letter)) for letter in plain)


def _token(word: str) -> str:
    if word[0].isdigit():
        return _THOUSANDS.sub("", word).replace(",", ".")
    return _DIGITS.get(word, word)


def content_words(text: str) -> tuple[str, ...]:
    """Return the words that carry meaning, in order; all of them where no other is left."""
    return _meaningful(tokens(text))


@lru_cache(CACHED_TEXTS)
def _content(text: str) -> frozenset[str]:
    """Return the words that carry meaning, with each two neighbours of scripts without blanks between words."""
    return frozenset(_meaningful(_split(text, lambda run: unspaced_bigrams(run)[1])))


def _meaningful(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in words if word not in _SMALL) or words


@lru_cache(CACHED_TEXTS)
def _is_negated(text: str) -> bool:
    return not _NEGATIONS.isdisjoint(tokens(text)) or any(part in _plain(text) for part in _UNSPACED_NEGATIONS)


def numbers(text: str) -> frozenset[str]:
    """Return the numbers of a text."""
    return frozenset(word for word in tokens(text) if word[0].isdigit())


def same_answer(first: str, second: str, *, least: float = MOST_WORDS) -> bool:
    """Check whether two answers say the same: the same numbers and negations, and no words but those of the longer one.

    Args:
        first: An answer.
        second: Another one.
        least: Share of the longer one's words that the shorter one has at least.
    """
    first_words, second_words = _content(first), _content(second)
    small, large = sorted((first_words, second_words), key=len)
    if not small or not small <= large or len(small) < least * len(large):
        return False
    return numbers(first) == numbers(second) and _is_negated(first) is _is_negated(second)


def contains_answer(question: str, answer: str) -> bool:
    """Check whether the answer's words stand in the question, one behind the other."""
    words, sought = content_words(question), content_words(answer)
    return bool(sought) and any(
        words[start : start + len(sought)] == sought for start in range(len(words) - len(sought) + 1)
    )


def same_question(first: str, second: str) -> bool:
    """Check whether two questions have the same words in the same order, articles and small words aside."""
    return content_words(first) == content_words(second)


def similar_question(first: str, second: str) -> bool:
    """Check whether two questions share most words and all numbers."""
    first_words, second_words = _content(first), _content(second)
    return numbers(first) == numbers(second) and len(first_words & second_words) >= ALIKE * len(
        first_words | second_words
    )
