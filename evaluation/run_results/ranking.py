"""The ranking of a run's candidates by the headline metric."""

from evaluation.metrics.metric_facts import higher_is_better
from evaluation.results.runs import CandidateResult, RunResult


def ranked(run: RunResult) -> list[CandidateResult]:
    """Return the candidates by the value of the headline metric, best first; those without one last."""
    return sorted(run.candidates, key=lambda candidate: -_headline_value(run, candidate))


def _headline_value(run: RunResult, candidate: CandidateResult) -> float:
    result = candidate.metrics.get(run.headline)
    if result is None or result.value is None:
        return float("-inf")
    is_better = higher_is_better(run.headline, run.metrics.get(run.headline, ""))
    return result.value if is_better else -result.value
