"""How far a flow run is, from what it has stored."""

from collections.abc import Sequence
from datetime import UTC, datetime

from evaluation.formatting import excerpt
from evaluation.records.labels import unique_labels
from evaluation.records.outcomes import CandidateProgress
from evaluation.records.runs import RunRecord
from evaluation.records.scores import EstimateRow
from evaluation.records.status import Status
from evaluation.results.estimates import MetricEstimate
from evaluation.results.flow_runs import BestSoFar, CandidateStatus, FlowRunStatus, Stage, WorkStatus
from evaluation.run_results.best_mean import best_means
from evaluation.store.outcomes import latest_answer
from evaluation.store.plans import runs_of_flow
from evaluation.store.runs import load_runs
from evaluation.store.session import Store
from evaluation.store.summaries import count_outcomes_since, progress

PREVIEW = 500
"""Characters of the newest answer that are shown."""
_OVER = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})


def work_status(store: Store, flow_run: FlowRunStatus) -> WorkStatus:
    """Return a flow run with the progress of the runs that it stores results in."""
    # A flow run that continues another one's work has runs of its own in the store once it has planned.
    ids = dict.fromkeys((flow_run.id, flow_run.flow_run_id))
    run_ids = tuple(dict.fromkeys(run_id for each in ids for run_id in runs_of_flow(store, each)))
    runs = load_runs(store, run_ids)
    # One flow run may do the work of several commands: a look after an upgrade asks anew for each of its models.
    invocations = tuple(dict.fromkeys(run.plan.invocation_id for run in runs))
    candidates = [each for invocation_id in invocations for each in progress(store, invocation_id)]
    n_planned = sum(each.n_planned for each in candidates)
    n_done, n_failed = sum(each.n_done for each in candidates), sum(each.n_failed for each in candidates)
    rate = _rate(flow_run, _n_since(store, invocations, flow_run, n_done + n_failed))
    left = n_planned - n_done - n_failed
    answers = (latest_answer(store, invocation_id) for invocation_id in reversed(invocations)) if n_done else ()
    answer = next((each for each in answers if each is not None), None)
    best = best_means(store, runs)
    return WorkStatus(
        flow_run=flow_run,
        run_ids=run_ids,
        n_planned=n_planned,
        n_done=n_done,
        n_failed=n_failed,
        cases_per_s=rate,
        left_s=left / rate if rate and left > 0 and not flow_run.has_ended else None,
        stage=_stage(flow_run, runs, candidates),
        best_so_far=tuple(_best(run, best[run.plan.run_id]) for run in runs if run.plan.run_id in best),
        candidates=tuple(
            CandidateStatus(
                run_id=each.run_id,
                candidate=each.label,
                status=Status(each.status).value,
                n_planned=each.n_planned,
                n_done=each.n_done,
                n_failed=each.n_failed,
            )
            for each in candidates
        ),
        latest_answer=None if answer is None else excerpt(answer, PREVIEW),
    )


def _stage(flow_run: FlowRunStatus, runs: Sequence[RunRecord], candidates: Sequence[CandidateProgress]) -> Stage:
    if flow_run.has_ended:
        return "ended"
    if flow_run.state_type in ("SCHEDULED", "PENDING", "PAUSED"):
        return "waiting"
    if not candidates:
        return "planning"
    if any(each.n_done + each.n_failed < each.n_planned and each.status not in _OVER for each in candidates):
        return "generating"
    return "concluding" if all(run.status in _OVER for run in runs) else "scoring"


def _best(run: RunRecord, best: EstimateRow) -> BestSoFar:
    """Return the candidate with the best mean of the headline among those that are scored."""
    return BestSoFar(
        run_id=run.plan.run_id,
        benchmark=run.plan.benchmark_name,
        candidate=unique_labels(run)[best.run_candidate_id],
        metric=run.plan.headline,
        estimate=MetricEstimate.of(best.estimate),
    )


def _n_since(store: Store, invocations: Sequence[str], flow_run: FlowRunStatus, n: int) -> int:
    """Return how many of the outcomes are this flow run's: one that continues another began with those there were."""
    if flow_run.flow_run_id == flow_run.id or flow_run.started_at is None or not n:
        return n
    started_at = flow_run.started_at
    return sum(count_outcomes_since(store, invocation_id, started_at) for invocation_id in invocations)


def _rate(flow_run: FlowRunStatus, n: int) -> float | None:
    if flow_run.started_at is None or not n:
        return None
    end = flow_run.ended_at or datetime.now(UTC)
    return n / max((end - flow_run.started_at).total_seconds(), 1e-3)
