"""Regex: whether the answer matches a pattern."""

import re
from dataclasses import dataclass
from typing import ClassVar

from evaluation.case import Case
from evaluation.errors import ConfigurationError
from evaluation.generation import Generation
from evaluation.metrics.bounded_search import PatternTimeoutError, checked_pattern, is_found
from evaluation.metrics.metric import AnswerMetric
from evaluation.scores import Measurement, ScoreFailure

MAX_CHARS = 20_000
"""Characters of an answer that are searched: the time of many patterns grows faster than the text."""
CUT = "cut"


@dataclass(frozen=True, kw_only=True)
class Regex(AnswerMetric):
    r"""1 where the pattern (Python's `re`) is found in the answer, else 0.

    Without the `pattern` option, each reference of a case is a pattern, and one match is enough. Flags can be set
    inline: `(?m)`, `(?s)`. Only the first 20,000 characters are read; a longer answer carries the label `cut`. A
    pattern that takes longer than two seconds makes the score fail (`timed_out`). An answer of nothing but blanks
    matches only the patterns `""`, `^$` and `\A\Z`, so that a failed answer cannot pass for a good one; the empty
    pattern matches nothing else.
    """

    name: ClassVar[str] = "regex"
    unit: ClassVar[str] = "fraction"
    formula: ClassVar[str] = "1 if a pattern is found in the answer, else 0"
    blind_spots: ClassVar[str] = (
        "Sees what the pattern's author thought of: another wording of the same is wrong. "
        "Anything after the first 20,000 characters is not read."
    )

    pattern: str | None = None
    ignore_case: bool = False
    search: bool = True
    """Search for the pattern anywhere; False: the whole answer, without outer blanks, must match."""

    def __post_init__(self) -> None:
        """Refuse a pattern that does not compile."""
        if self.pattern is not None:
            _check(self.pattern, self.ignore_case)

    def problem(self, case: Case) -> str | None:
        """Say that there is no pattern, or which one does not compile."""
        if self.pattern is not None:
            return None
        if not case.references:
            return "has no references to serve as patterns, and no pattern option is given"
        return next(filter(None, map(_fault, case.references)), None)

    def measure_answer(self, case: Case, generation: Generation) -> Measurement | ScoreFailure | None:
        patterns = case.references if self.pattern is None else (self.pattern,)
        answer = generation.answer.strip()
        try:
            matched = next((pattern for pattern in patterns if self._matches(pattern, answer[:MAX_CHARS])), None)
        except PatternTimeoutError as error:
            return ScoreFailure(kind="timed_out", message=str(error))
        return Measurement(
            value=float(matched is not None),
            label=CUT if len(answer) > MAX_CHARS else None,
            rationale=None if matched is None else f"matched {matched!r}",
        )

    def _matches(self, pattern: str, answer: str) -> bool:
        if not pattern or not answer:
            return not answer and pattern in ("", "^$", r"\A\Z")
        _check(pattern, self.ignore_case)
        return is_found(pattern, answer, ignore_case=self.ignore_case, whole=not self.search)


def _check(pattern: str, ignore_case: bool) -> None:
    try:
        checked_pattern(pattern, ignore_case=ignore_case)
    except (re.error, OverflowError, RecursionError) as error:
        raise ConfigurationError(f"regex: the pattern {pattern!r} does not compile: {error}") from error


def _fault(pattern: str) -> str | None:
    try:
        _check(pattern, ignore_case=False)
    except ConfigurationError as error:
        return f"has references that cannot serve as patterns: {error.message}"
    return None
