"""pass@k: the probability that one of k programs passes all its tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import ClassVar

from evaluation.errors import ConfigurationError
from evaluation.metrics.metric import TooFewRepeatsError
from evaluation.metrics.programs.program_metric import ProgramMetric, has_passed
from evaluation.program import ProgramOutcome


@dataclass(frozen=True, kw_only=True)
class PassAtK(ProgramMetric):
    """The chance that one of `k` programs passes all tests of its case, in [0, 1] (Chen et al. 2021).

    A program counts 1 where every test held and it kept within its limits, else 0. Of a case with n repeats, c of
    them right, the value is the unbiased estimate 1 − C(n−c, k) / C(n, k). A case on which the server failed so often
    that fewer than `k` repeats are left has no value: the chance for fewer tries is another, lower one.
    """

    name: ClassVar[str] = "pass_at_k"
    formula: ClassVar[str] = "1 − C(n−c, k) / C(n, k) for n repeats of a case, c of them right; mean over cases"
    source: ClassVar[str] = "Chen et al. 2021, arXiv:2107.03374"
    blind_spots: ClassVar[str] = (
        "Sees what the tests test: a program that is wrong elsewhere passes, and so does a slow or unreadable one "
        "within the time limit. A program that needs packages beyond the standard library fails."
    )

    k: int = 1
    """Number of programs that may be tried."""

    def __post_init__(self) -> None:
        """Refuse a `k` that is no number of programs."""
        ProgramMetric.__post_init__(self)
        if self.k < 1:
            raise ConfigurationError(f"pass_at_k has k={self.k!r}", "Give a number from 1")

    @property
    def n_repeats_needed(self) -> int:
        """`k`: fewer repeats cannot estimate pass@k."""
        return self.k

    def combine(self, values: Sequence[float]) -> float:
        """Return the unbiased estimate from the repeats of a case."""
        n, n_right = len(values), sum(value == 1.0 for value in values)
        if n < self.k:
            raise TooFewRepeatsError(f"{n} of {self.k} repeats")
        return 1.0 - comb(n - n_right, self.k) / comb(n, self.k)

    def _value(self, outcome: ProgramOutcome) -> float:
        return float(has_passed(outcome))
