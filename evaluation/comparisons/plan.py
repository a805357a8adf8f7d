"""The plan of a comparison, determined without reading a score."""

from collections.abc import Sequence

from evaluation.case import Benchmark
from evaluation.comparisons.comparison import match_runs
from evaluation.comparisons.comparison_result import grouped_runs
from evaluation.formatting import counted, listed
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.results.planned_comparisons import PlannedComparison, PlannedEvaluation, StoredCandidate
from evaluation.store.runs import find_run
from evaluation.store.session import Store


def planned_comparisons(store: Store, request: ComparisonRequest) -> list[PlannedComparison]:
    """Return the sides, pairs and metrics of each requested comparison of stored runs.

    Raises:
        BenchwrightError: what cannot be compared, and why.
    """
    return [_planned(store, request, run_ids) for run_ids in grouped_runs(store, request)]


def _planned(store: Store, request: ComparisonRequest, run_ids: Sequence[str]) -> PlannedComparison:
    matched = match_runs(store, run_ids, request)
    plan = matched.members[0].run.plan
    return PlannedComparison(
        benchmark=plan.benchmark_name,
        benchmark_version=plan.benchmark_version,
        run_ids=tuple(dict.fromkeys(member.run_id for member in matched.members)),
        by=request.by,
        against=matched.against.label if matched.against else None,
        sides=tuple(side.label for side in matched.measured.sides),
        metrics=tuple(metric.word for metric in (*matched.measured.metrics, *matched.measured.figures)),
        pairs=tuple(matched.pairs),
    )


def planned_beside(
    store: Store, request: ComparisonRequest, benchmark: Benchmark, labels: Sequence[str]
) -> PlannedEvaluation:
    """Return the stored sides with which candidates that are yet to be asked would be compared.

    Args:
        store: Where the stored runs are.
        request: What was asked for; names its runs by their ids.
        benchmark: The benchmark that they would be asked.
        labels: Of the candidates.
    """
    stored = [find_run(store, run_id) for run_id in request.runs]
    return PlannedEvaluation(
        benchmark=benchmark.name,
        by=request.by,
        against=request.against,
        evaluated=tuple(labels),
        stored=tuple(
            StoredCandidate(run_id=run.plan.run_id, candidate=candidate.plan.label)
            for run in stored
            if run.plan.benchmark_version == benchmark.version
            for candidate in run.candidates
        ),
    )


def planned_sentence(planned: PlannedEvaluation) -> str:
    """Return `Then compared on numbers: good and half, with good:1b of run one (3 pairs)`, as a sentence."""
    stored = [f"{each.candidate} of run {each.run_id}" for each in planned.stored]
    beside = f", with {listed(stored)}" if stored else ""
    n_sides = len(planned.evaluated) + len(stored)
    n_pairs = n_sides - 1 if planned.against else n_sides * (n_sides - 1) // 2
    how = f"by {planned.by}" if planned.by else counted(n_pairs, "pair")
    against = f", against {planned.against}" if planned.against else ""
    return f"Then compared on {planned.benchmark}: {listed(planned.evaluated)}{beside} ({how}{against})."
