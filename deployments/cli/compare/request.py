"""What was typed of a comparison."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
