"""What was typed of a comparison."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evaluation.results.runs import RunResult


@dataclass(frozen=True, kw_only=True)
class CompareOptions:
    """Options as typed on the command line."""

    fields: Mapping[str, Any]
    """Fields of `ComparisonRequest`."""
    evaluation: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `EvaluationRequest`; empty: stored runs only."""
    checks: bool = False
    """Whether to look for regressions."""
    fails: bool = False
    """Whether to exit with 1 where there is a regression."""
    check_metrics: tuple[str, ...] = ()
    """Metrics to check beside the headline."""
    junit: Path | None = None
    publish: bool = False
    dry_run: bool = False


def cancelled_result(runs: "Sequence[RunResult]") -> dict[str, Any]:
    """Return the `--json` output of a comparison that was cancelled."""
    return {"status": "cancelled", "comparisons": [], "results": [], "runs": list(runs)}
