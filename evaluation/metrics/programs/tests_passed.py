"""Tests passed: the share of its tests that a program passes."""

from dataclasses import dataclass
from typing import ClassVar

from evaluation.metrics.programs.program_metric import ProgramMetric
from evaluation.program import ProgramOutcome


@dataclass(frozen=True, kw_only=True)
class TestsPassed(ProgramMetric):
    """Share of a case's tests that the program passes, in [0, 1]; a test that was not reached is not passed."""

    __test__: ClassVar[bool] = False  # pytest would take it for one of its own

    name: ClassVar[str] = "tests_passed"
    formula: ClassVar[str] = "tests passed / tests of the case; mean over cases"
    blind_spots: ClassVar[str] = (
        "Tests are not equally hard: a program that returns a constant may pass many. HumanEval has one test a case, "
        "so there it is pass_at_k. After a test that never ends, the others count as not passed."
    )

    def _value(self, outcome: ProgramOutcome) -> float:
        return sum(outcome.passed) / len(outcome.passed) if outcome.passed else 0.0
