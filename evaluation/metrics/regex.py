"""Does the answer match a pattern?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from evaluation.case import Case
from evaluation.errors import ConfigurationError
from evaluation.generation import Generation
from evaluation.metrics.metric import Answers, Metric
from evaluation.score import Measurement

MAX_CHARS = 20_000
"""Of an answer, no more is looked at: a careless pattern takes time that grows faster than the text."""
CUT = "cut"


@dataclass(frozen=True, kw_only=True)
class Regex(Metric):
    r"""1 where the pattern (Python's `re`) is found in the answer, else 0.

    Without the `pattern` option, each reference of a case is a pattern, and one match is enough. Flags can be set
    inline: `(?m)`, `(?s)`. Only the first 20,000 characters are read; a longer answer carries the label `cut`. An
    answer of nothing but blanks matches only the patterns `""`, `^$` and `\A\Z`, so that a failed answer cannot pass
    for a good one; the empty pattern matches nothing else.
    """

    name: ClassVar[str] = "regex"
    unit: ClassVar[str] = "fraction"

    pattern: str | None = None
    ignore_case: bool = False
    search: bool = True
    """Found anywhere; False: the whole answer, without outer blanks, must match."""

    def __post_init__(self) -> None:
        """Refuse a pattern that does not compile."""
        if self.pattern is not None:
            _compiled(self.pattern, self.ignore_case)

    def problem(self, case: Case) -> str | None:
        """Says that there is no pattern, or which one does not compile."""
        if self.pattern is not None:
            return None
        if not case.references:
            return "has no references to serve as patterns, and no pattern option is given"
        return next(filter(None, map(_fault, case.references)), None)

    def measure(self, case: Case, generations: Sequence[Generation], answers: Answers) -> Measurement:
        (generation,) = generations
        patterns = case.references if self.pattern is None else (self.pattern,)
        answer = generation.answer.strip()
        matched = next((pattern for pattern in patterns if self._matches(pattern, answer[:MAX_CHARS])), None)
        return Measurement(
            value=float(matched is not None),
            label=CUT if len(answer) > MAX_CHARS else None,
            rationale=None if matched is None else f"matched {matched!r}",
        )

    def _matches(self, pattern: str, answer: str) -> bool:
        if not pattern or not answer:
            return not answer and pattern in ("", "^$", r"\A\Z")
        compiled = _compiled(pattern, self.ignore_case)
        return bool(compiled.search(answer) if self.search else compiled.fullmatch(answer))


@lru_cache(maxsize=1024)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE if ignore_case else 0)
    except (re.error, OverflowError, RecursionError) as error:
        raise ConfigurationError(f"regex: the pattern {pattern!r} does not compile: {error}") from error


def _fault(pattern: str) -> str | None:
    try:
        _compiled(pattern, ignore_case=False)
    except ConfigurationError as error:
        return f"has references that cannot serve as patterns: {error.message}"
    return None
