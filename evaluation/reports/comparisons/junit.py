"""The checks of comparisons as JUnit XML."""

from collections.abc import Mapping, Sequence
from typing import Literal

from evaluation.comparisons.regression_checks import RegressionCheck
from evaluation.reports.junit import JUnitCase, junit_xml

_OUTCOMES: Mapping[str, tuple[Literal["passed", "failure", "error", "skipped"], str]] = {
    "passed": ("passed", ""),
    "regressed": ("failure", "regression"),
    "undecided": ("skipped", ""),
    "unscored": ("error", "unscored"),
}


def as_junit(checks: Sequence[RegressionCheck]) -> bytes:
    """Return the comparison as JUnit test cases, one per check.

    A regression fails, a check that was not scored is an error, an undecided one is skipped.
    """
    return junit_xml([_case(check) for check in checks], suite="benchwright compare")


def _case(check: RegressionCheck) -> JUnitCase:
    outcome, kind = _OUTCOMES[check.outcome]
    name = f"{check.side} against {check.baseline}: {check.metric}"
    return JUnitCase(name=name, group=check.benchmark, outcome=outcome, kind=kind, text=check.sentence)
