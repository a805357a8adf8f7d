"""Is the last number of the answer the number of the reference?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import ClassVar

from evaluation.case import Case
from evaluation.errors import ConfigurationError
from evaluation.generation import Generation
from evaluation.metrics.metric import Answers, Metric, Need
from evaluation.score import Measurement

NO_NUMBER = "no_number"

_DIGITS = r"(?:\d{1,3}(?:[,\u00a0\u202f]\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:[eE][+-]?\d{1,3}(?!\w))?"
# The digit of `m2`, `x1` or `m^2` is part of a name or a unit; that of `18km` is not.
_NUMBER = re.compile(rf"(?<![A-Za-z\d^]){_DIGITS}|(?<![\w.])\.\d+")
_NUMBER_IN_A_WORD = re.compile(_DIGITS)
# In `16-3` the dash subtracts; in `= -3`, `-$3` and `$-3` it belongs to the number.
_MINUS_BEFORE = re.compile(r"(?:(?:^|[^\w)\]%.$€£¥])[-−][$€£¥]?|(?:^|[^\w)\]%])[$€£¥][-−])$")
_SEPARATORS = str.maketrans("", "", ",\u00a0\u202f")


@dataclass(frozen=True, kw_only=True)
class NumericMatch(Metric):
    """1 where the last number of the answer equals the last number of a reference, else 0.

    Compared as exact decimals: `57.00` is 57, `$1,234` is 1234, `-5`, `€5.`, `50%` and `12 km` are what they look
    like; a percent sign, a currency and a unit are not compared. The comma is a thousands separator, so `3,5` reads
    as two numbers. The label says where the number stood: `last_line`, `earlier_line`, `inside_word` (`USD18`, used
    only where no number stands alone), or `no_number`, which scores 0.
    """

    name: ClassVar[str] = "numeric_match"
    unit: ClassVar[str] = "fraction"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.REFERENCES})

    tolerance: float = 0.0
    """The largest absolute difference that still counts as equal."""

    def __post_init__(self) -> None:
        """Refuse a tolerance that no difference can meet."""
        if not 0 <= self.tolerance < float("inf"):
            raise ConfigurationError(
                f"numeric_match: tolerance={self.tolerance!r} must be a finite number of at least 0"
            )

    def problem(self, case: Case) -> str | None:
        """Says which reference holds no number."""
        for reference in case.references:
            if reference.strip() and _last_number(reference) is None:
                return f"has the reference {reference!r}, which holds no number"
        return None

    def measure(self, case: Case, generations: Sequence[Generation], answers: Answers) -> Measurement:
        (generation,) = generations
        found = _last_number(generation.answer)
        if found is None:
            both_empty = not generation.answer.strip() and any(not text.strip() for text in case.references)
            return Measurement(value=float(both_empty), label=NO_NUMBER)
        number, place = found
        expected = [wanted[0] for wanted in map(_last_number, case.references) if wanted is not None]
        right = any(self._equal(number, other) for other in expected)
        return Measurement(value=float(right), label=place, rationale=f"read as {str(number)[:40]}")

    def _equal(self, number: Decimal, other: Decimal) -> bool:
        if not self.tolerance:
            return number == other
        with localcontext() as context:
            context.prec = 60
            return abs(number - other) <= Decimal(str(self.tolerance))


def _last_number(text: str) -> tuple[Decimal, str] | None:
    """The last number of `text` and where it stood; None where there is none."""
    text = text.rstrip()
    match, place = _last(_NUMBER, text), "last_line"
    if match is None:
        match, place = _last(_NUMBER_IN_A_WORD, text), "inside_word"
    elif "\n" in text[match.end() :]:
        place = "earlier_line"
    if match is None:
        return None
    number = Decimal(match.group().translate(_SEPARATORS))
    before = text[max(0, match.start() - 3) : match.start()]
    return (-number if _MINUS_BEFORE.search(before) else number), place


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    last = None
    for match in pattern.finditer(text):
        last = match
    return last
