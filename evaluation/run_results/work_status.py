"""How far a flow run is, from what it has stored."""

from datetime import UTC, datetime

from evaluation.formatting import excerpt
from evaluation.records.status import Status
from evaluation.results.flow_runs import CandidateStatus, FlowRunStatus, WorkStatus
from evaluation.store.outcomes import latest_answer
from evaluation.store.plans import runs_of_flow
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from evaluation.store.summaries import count_outcomes_since, progress

PREVIEW = 500
"""Characters of the newest answer that are shown."""


def work_status(store: Store, flow_run: FlowRunStatus) -> WorkStatus:
    """Return a flow run with the progress of the runs that it stores results in."""
    # A flow run that continues another one's work has runs of its own in the store once it has planned.
    ids = dict.fromkeys((flow_run.id, flow_run.flow_run_id))
    run_ids = tuple(dict.fromkeys(run_id for each in ids for run_id in runs_of_flow(store, each)))
    invocation_id = find_run(store, run_ids[0]).plan.invocation_id if run_ids else flow_run.id.replace("-", "")
    candidates = progress(store, invocation_id) if run_ids else ()
    n_planned = sum(each.n_planned for each in candidates)
    n_done, n_failed = sum(each.n_done for each in candidates), sum(each.n_failed for each in candidates)
    rate = _rate(flow_run, _n_since(store, invocation_id, flow_run, n_done + n_failed))
    left = n_planned - n_done - n_failed
    answer = latest_answer(store, invocation_id) if n_done else None
    return WorkStatus(
        flow_run=flow_run,
        run_ids=run_ids,
        n_planned=n_planned,
        n_done=n_done,
        n_failed=n_failed,
        cases_per_s=rate,
        left_s=left / rate if rate and left > 0 and not flow_run.has_ended else None,
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


def _n_since(store: Store, invocation_id: str, flow_run: FlowRunStatus, n: int) -> int:
    """Return how many of the outcomes are this flow run's: one that continues another began with those there were."""
    if flow_run.flow_run_id == flow_run.id or flow_run.started_at is None or not n:
        return n
    return count_outcomes_since(store, invocation_id, flow_run.started_at)


def _rate(flow_run: FlowRunStatus, n: int) -> float | None:
    if flow_run.started_at is None or not n:
        return None
    end = flow_run.ended_at or datetime.now(UTC)
    return n / max((end - flow_run.started_at).total_seconds(), 1e-3)
