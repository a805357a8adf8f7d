"""Comparison of questions and answers by their words. Articles and small words are English; the rest any language."""

import re
import unicodedata

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
MOST_WORDS = 0.75
"""Share of the longer answer's words that the shorter one has at least, to say the same: one name of two does not."""
HALF = 0.5
"""The same for a guess, of which half gives too much away."""
ALIKE = 0.8
"""Share of the words of two questions that both have, above which they ask the same."""


def tokens(text: str) -> list[str]:
    """Return the words and numbers in lower case: `1,200` is `1200`, and `three` is `3`."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return [_token(match.group()) for match in _TOKEN.finditer(plain)]


def _token(word: str) -> str:
    if word[0].isdigit():
        return _THOUSANDS.sub("", word).replace(",", ".")
    return _DIGITS.get(word, word)


def content_words(text: str) -> list[str]:
    """Return the words that carry meaning; all of them where no other is left."""
    words = tokens(text)
    return [word for word in words if word not in _SMALL] or words


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
    first_words, second_words = set(content_words(first)), set(content_words(second))
    small, large = sorted((first_words, second_words), key=len)
    if not small or not small <= large or len(small) < least * len(large):
        return False
    return numbers(first) == numbers(second) and bool(small & _NEGATIONS) == bool(large & _NEGATIONS)


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
    first_words, second_words = set(content_words(first)), set(content_words(second))
    return numbers(first) == numbers(second) and len(first_words & second_words) >= ALIKE * len(
        first_words | second_words
    )
