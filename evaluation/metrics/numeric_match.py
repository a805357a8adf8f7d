"""Numeric match: whether the answer's number equals that of the reference."""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from evaluation.case import Case
from evaluation.errors import ConfigurationError
from evaluation.formatting import excerpt
from evaluation.generation import Generation
from evaluation.metrics.metric import AnswerMetric, Need
from evaluation.metrics.numbers_in_text import NumberInText, find_number
from evaluation.scores import Measurement

NO_NUMBER = "no_number"
_UNDERSCORED = re.compile(r"\d_\d")
"""An underscore between digits, after which only the last digits would be read: `0_1` as 1."""


@dataclass(frozen=True, kw_only=True)
class NumericMatch(AnswerMetric):
    r"""1 where the number that the answer gives equals that of a reference, else 0.

    It is the last number, unless one is marked as the answer (`\boxed{…}`, or alone in a line after `####`) or
    announced ("the answer is 18", "18 is the answer", `A: 18`, `**18**` in the last line, `18` above an explanation, a
    JSON object's `answer`), and the label says where it stood: `marked`, `announced`, `last_line`, `earlier_line`,
    `inside_word` (`USD18`, used only where no number stands by itself), `ambiguous` ("the answer is 5 or 6", "it is 5.
    Wait, that's wrong") or `no_number`, which both score 0. A number that is supposed ("if the answer is 5"), said by
    others, or announced to a further question is not announced, and one that counts steps or items ("see step 3") is
    read only where there is no other. Compared exactly: `57.00` and `$57` are 57,
    `1,234` and `1'234` are 1234, `3/4`, `¾` and `\frac{3}{4}` are 0.75, `1 1/2` is 1.5, `1.5e3` and `1.5 × 10^3` are
    1500. A currency and a unit are not compared. A percentage equals its number and, where only one side has the sign,
    its hundredth: `12%` is right for 12 and for 0.12. The comma separates thousands (`3,5` are two numbers), unless
    `decimal_comma` is set.
    """

    name: ClassVar[str] = "numeric_match"
    unit: ClassVar[str] = "fraction"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.REFERENCES})
    scorer_version: ClassVar[str] = "5"
    reads_a_part: ClassVar[bool] = True
    formula: ClassVar[str] = "1 if |number of the answer - number of a reference| ≤ tolerance, else 0"
    blind_spots: ClassVar[str] = (
        "A number that follows an answer that nothing announces (`18, as 9 > 2`) is taken for it; units, currencies, "
        "times of day (`7:30`), words (`twelve`, `2 million`) and the way to the number are not read."
    )

    tolerance: float = 0.0
    """Largest absolute difference that counts as equal."""
    decimal_comma: bool = False
    """Read `1.234,5` and `1 234,5` as 1234.5, as in much of Europe."""

    def __post_init__(self) -> None:
        """Refuse a tolerance that no difference can meet."""
        if not 0 <= self.tolerance < float("inf"):
            raise ConfigurationError(
                f"numeric_match: tolerance={self.tolerance!r} must be a finite number of at least 0"
            )

    def problem(self, case: Case) -> str | None:
        """Say which reference holds no number."""
        for reference in case.references:
            if _UNDERSCORED.search(reference):
                return f"has the reference {excerpt(reference, 60)!r}, with an underscore between digits"
            number = self._number(reference)
            if reference.strip() and (number is None or number.value is None):
                return f"has the reference {reference!r}, which holds no number"
        return None

    def measure_answer(self, case: Case, generation: Generation) -> Measurement:
        number = self._number(generation.answer)
        if number is None:
            both_empty = not generation.answer.strip() and any(not text.strip() for text in case.references)
            return Measurement(value=float(both_empty), label=NO_NUMBER)
        expected = [reference for reference in map(self._number, case.references) if reference is not None]
        right = any(self._equal(number, reference) for reference in expected)
        return Measurement(value=float(right), label=number.place, rationale=f"read as {excerpt(number.text, 40)!r}")

    def _number(self, text: str) -> NumberInText | None:
        return find_number(text, decimal_comma=self.decimal_comma)

    def _equal(self, number: NumberInText, reference: NumberInText) -> bool:
        if number.value is None or reference.value is None:
            return False
        if self._close(number.value, reference.value):
            return True
        if number.is_percent == reference.is_percent:
            return False
        percent, other = (number, reference) if number.is_percent else (reference, number)
        return percent.value is not None and other.value is not None and self._close(percent.value, 100 * other.value)

    def _close(self, left: Fraction, right: Fraction) -> bool:
        return abs(left - right) <= Fraction(str(self.tolerance))
