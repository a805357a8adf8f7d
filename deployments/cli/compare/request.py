"""What was typed of a comparison, and the request that it makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evaluation.requests.comparison_request import ComparisonRequest
    from evaluation.requests.evaluation_request import EvaluationRequest
    from evaluation.results.runs import RunResult


@dataclass(frozen=True, kw_only=True)
class CompareOptions:
    """What was typed."""

    fields: Mapping[str, Any]
    """Fields of `ComparisonRequest`."""
    evaluation: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `EvaluationRequest`; empty: stored runs alone."""
    checks: bool = False
    """Look for regressions."""
    fails: bool = False
    """Exit 1 where there is one."""
    check_metrics: tuple[str, ...] = ()
    """Beside the headline."""
    junit: Path | None = None
    publish: bool = False
    dry_run: bool = False


def cancelled_result(runs: "Sequence[RunResult]") -> dict[str, Any]:
    """Return what `--json` says of a comparison that did not come about."""
    return {"status": "cancelled", "comparisons": [], "results": [], "runs": list(runs)}


def comparison_request(options: CompareOptions, evaluation: "EvaluationRequest | None") -> "ComparisonRequest":
    """Return the request that was typed.

    Raises:
        ConfigurationError: names each field, its value and what is allowed.
    """
    from evaluation.comparisons.sides import FIRST
    from evaluation.requests.comparison_request import read_comparison_request

    fields = {**options.fields, "evaluation": evaluation}
    if options.checks:  # the other pairs are not asked for, and p need not allow for them
        fields = {"against": FIRST, **fields}
    if options.fails and "metrics" in fields:
        fields["metrics"] = [*fields["metrics"], *options.check_metrics]
    return read_comparison_request(fields)
