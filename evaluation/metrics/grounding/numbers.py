"""Which number does a word or a stretch of words stand for, in one form for each number?"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
_MORE_ONES = "seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = {word: value for value, word in enumerate(f"{_ONES} {_MORE_ONES}".split())}
_TENS_VALUES = {word: 10 * value for value, word in enumerate(_TENS.split(), start=2)}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}

_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_DECIMAL_COMMA = re.compile(r"\d+,\d+")
_LONGEST = 40


def plain_number(token: str) -> str | None:
    """Return `1,000.50` as `1000.5`, `3,5` as `3.5`; None where the token is no number."""
    if not token[:1].isdecimal():
        return None
    if len(token) > _LONGEST:
        return token
    if _GROUPED.fullmatch(token):
        token = token.replace(",", "")
    elif _DECIMAL_COMMA.fullmatch(token):
        token = token.replace(",", ".")
    try:
        value = Decimal(token)
    except ArithmeticError:
        return token
    return _written(value)


def folded_numbers(tokens: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Yield each token with the number it stands for, if any.

    The words of one number (`twenty-six`) become one token.
    """
    index = 0
    while index < len(tokens):
        value, used = _number_at(tokens, index)
        if used == 0:
            yield tokens[index], None
            index += 1
        else:
            yield " ".join(tokens[index : index + used]).casefold(), _written(value)
            index += used


def _number_at(tokens: Sequence[str], start: int) -> tuple[Decimal, int]:
    """Return a number in words, or digits before a scale (`3.2 million`), at `start`, and how many tokens it has."""
    value, used = _below_a_hundred(tokens, start)
    while used and start + used < len(tokens) and (scale := _SCALES.get(tokens[start + used].casefold())):
        value *= scale
        used += 1
    return (value, used) if used > 1 or not tokens[start][:1].isdecimal() else (value, 0)


def _below_a_hundred(tokens: Sequence[str], start: int) -> tuple[Decimal, int]:
    word = tokens[start].casefold()
    if word in _SMALL:
        return Decimal(_SMALL[word]), 1
    if word in _TENS_VALUES:
        ones = _SMALL.get(tokens[start + 1].casefold(), 0) if start + 1 < len(tokens) else 0
        return (Decimal(_TENS_VALUES[word] + ones), 2) if 0 < ones < 10 else (Decimal(_TENS_VALUES[word]), 1)
    if word in _SCALES:
        return Decimal(_SCALES[word]), 1
    digits = plain_number(word)
    try:
        return (Decimal(digits), 1) if digits and len(digits) <= _LONGEST else (Decimal(0), 0)
    except ArithmeticError:
        return Decimal(0), 0


def _written(value: Decimal) -> str:
    return format(value.normalize(), "f")
