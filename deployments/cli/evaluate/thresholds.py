"""Checks of a run's values against `--fail-under`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evaluation.formatting import beyond, quantity

if TYPE_CHECKING:
    from evaluation.reports.junit import JUnitCase
    from evaluation.requests.evaluation_request import EvaluationRequest
    from evaluation.results.runs import InvocationResult, MetricResult, RunResult


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdCheck:
    """One candidate's value of a metric on a benchmark, compared with its threshold."""

    benchmark: str
    candidate: str
    metric: str
    limit: float
    value: float | None
    """Measured value; None: it could not be measured."""
    problem: str | None
    """Why the check fails; None: it passes."""


def threshold_checks(request: "EvaluationRequest", result: "InvocationResult") -> list[ThresholdCheck]:
    """Return a check for each threshold, run and candidate.

    Where less is better, a value must not be above its threshold.

    Args:
        request: Request with the thresholds.
        result: Result of the evaluation.
    """
    return [
        check for name, limit in request.thresholds().items() for run in result.runs for check in _of(run, name, limit)
    ]


def _of(run: "RunResult", name: str, limit: float) -> Iterator[ThresholdCheck]:
    from evaluation.metrics.metric_facts import higher_is_better
    from evaluation.metrics.speed import SPEED_METRICS

    of_judges = [word for word in run.metrics if word == name or word.startswith(f"{name} by ")]
    for word in of_judges or ([name] if name in SPEED_METRICS else []):
        rising = higher_is_better(word, run.metrics.get(word, ""))
        for candidate in run.candidates:
            result = candidate.metrics.get(word)
            yield ThresholdCheck(
                benchmark=run.benchmark,
                candidate=candidate.label,
                metric=word,
                limit=limit,
                value=None if result is None else result.value,
                problem=_problem(result, limit, rising=rising),
            )


def _problem(result: "MetricResult | None", limit: float, *, rising: bool) -> str | None:
    if result is None or result.value is None:
        is_kept = result is not None and "cached_prompts" in result.quantities
        kept = " (all its prompts were in the server's cache)" if is_kept else ""
        return f"could not be measured{kept}, so it cannot be checked against {limit:g}"
    if result.value >= limit if rising else result.value <= limit:
        return None
    value, shown = beyond(result.value, limit)
    return f"{value} is {'under' if rising else 'over'} {shown}"


def threshold_cases(checks: list[ThresholdCheck], result: "InvocationResult") -> "list[JUnitCase]":
    """Return the checks as test cases, after an error for each run that has not completed."""
    from evaluation.reports.junit import JUnitCase

    broken = [
        JUnitCase(
            name=f"run {run.run_id}",
            group=run.benchmark,
            outcome="error",
            kind=run.status,
            text=f"the run is {run.status}: {run.reason or 'unknown reason'}",
        )
        for run in result.runs
        if run.status != "completed"
    ]
    return [*broken, *map(_case, checks)]


def _case(check: ThresholdCheck) -> "JUnitCase":
    from evaluation.reports.junit import JUnitCase

    name, about = f"{check.candidate}: {check.metric}", f"{check.candidate} on {check.benchmark}: {check.metric}"
    if check.value is None:
        return JUnitCase(
            name=name, group=check.benchmark, outcome="error", kind="unscored", text=f"{about} {check.problem}"
        )
    if check.problem is not None:
        return JUnitCase(
            name=name, group=check.benchmark, outcome="failure", kind="threshold", text=f"{about} {check.problem}"
        )
    held = f"{about} {quantity(check.value)} holds {check.limit:g}"
    return JUnitCase(name=name, group=check.benchmark, outcome="passed", text=held)
