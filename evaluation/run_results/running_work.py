"""What runs now, from what is stored: progress, pace, time left, means so far, and the newest answers."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import inf

from evaluation.answer_parts import answer_parts
from evaluation.metrics.metric_facts import higher_is_better, reads_a_part
from evaluation.records.outcomes import CandidateProgress
from evaluation.records.runs import RunCandidateRecord, RunPlan, RunRecord, RunSummary
from evaluation.records.status import Status
from evaluation.results.estimates import MetricEstimate
from evaluation.results.running_work import GpuNow, NewAnswer, RunningCandidate, RunningWork
from evaluation.scoring.means_so_far import LOOK_WITHIN_S, MeansSoFar
from evaluation.store.headlines import headline_means
from evaluation.store.newest_outcomes import (
    NewestOutcome,
    flow_runs_of,
    newest_gpu_samples,
    newest_outcomes,
    texts_of,
)
from evaluation.store.runs import load_runs
from evaluation.store.session import Store
from evaluation.store.summaries import progress

AT_WORK = (Status.RUNNING, Status.PLANNED)
PACE_OF = 200
"""Newest answers of each candidate that the pace is measured on."""
PACE_WITHIN_S = 60.0
"""Older answers do not count for the pace."""
N_SHOWN = 4
"""Newest answers that are shown."""
PREVIEW = 400
"""Characters of each that are shown."""
_GPU_WITHIN = timedelta(seconds=30)


def running_work(store: Store, runs: Sequence[RunSummary], means: MeansSoFar) -> tuple[RunningWork, ...]:
    """Return the invocations of runs that are planned or under way, in the order of the runs.

    Args:
        store: The store.
        runs: Some runs; those that have ended are left out.
        means: What was read at the last look.
    """
    at_work = [run for run in runs if run.status in AT_WORK]
    flows = flow_runs_of(store, [run.run_id for run in at_work])
    by_invocation: dict[str, list[RunSummary]] = {}
    for run in at_work:
        by_invocation.setdefault(run.invocation_id, []).append(run)
    return tuple(_work(store, of_invocation, flows, means) for of_invocation in by_invocation.values())


def newest_ended_work(store: Store, runs: Sequence[RunSummary]) -> RunningWork | None:
    """Return the invocation of the first of these runs that has ended; None where none has."""
    newest = next((run for run in runs if run.status not in AT_WORK), None)
    if newest is None:
        return None
    of_invocation = [run for run in runs if run.invocation_id == newest.invocation_id]
    return _work(store, of_invocation, flow_runs_of(store, [run.run_id for run in of_invocation]), None)


def _best_first(
    candidates: Sequence[RunningCandidate], records: Mapping[str, RunRecord]
) -> tuple[RunningCandidate, ...]:
    """Return the candidates of each run in the order of their means, those without one last."""
    order = {run_id: place for place, run_id in enumerate(dict.fromkeys(each.run_id for each in candidates))}

    def place(each: RunningCandidate) -> tuple[int, float]:
        return order[each.run_id], inf if each.mean is None else -_sign(records[each.run_id].plan) * each.mean.value

    return tuple(sorted(candidates, key=place))


def _work(
    store: Store, runs: Sequence[RunSummary], flows: Mapping[str, Sequence[str]], means: MeansSoFar | None
) -> RunningWork:
    invocation_id = runs[0].invocation_id
    stages = progress(store, invocation_id)
    records = {record.plan.run_id: record for record in load_runs(store, list({each.run_id for each in stages}))}
    candidates = _candidates(store, [each for each in stages if each.run_id in records], records, means)
    if means is None:
        candidates = _best_first(candidates, records)
    newest = newest_outcomes(store, [each.run_candidate_id for each in stages], limit=PACE_OF)
    n_planned, n_ended = sum(each.n_planned for each in candidates), sum(each.n_ended for each in candidates)
    pace = _pace(newest)
    of_runs = [flow for run in runs for flow in flows.get(run.run_id, ())]
    return RunningWork(
        invocation_id=invocation_id,
        runs=tuple(runs),
        flow_run_id=of_runs[-1] if of_runs else None,
        candidates=candidates,
        n_planned=n_planned,
        n_ended=n_ended,
        answers_per_s=pace,
        left_s=(n_planned - n_ended) / pace if pace and n_planned > n_ended else None,
        answers=_answers(store, newest, candidates),
        gpus=_gpus(store, invocation_id),
    )


def _candidates(
    store: Store, stages: Sequence[CandidateProgress], records: Mapping[str, RunRecord], means: MeansSoFar | None
) -> tuple[RunningCandidate, ...]:
    final = {
        row.run_candidate_id: MetricEstimate.of(row.estimate)
        for rows in headline_means(store, list(records)).values()
        for row in rows
    }
    shown: dict[int, MetricEstimate] = dict(final)
    until = time.monotonic() + LOOK_WITHIN_S
    for each in stages:
        if means is None or each.run_candidate_id in final or not each.n_done:
            continue
        mean = means.mean(store, records[each.run_id].plan, each.run_candidate_id, until=until)
        if mean is not None:
            shown[each.run_candidate_id] = MetricEstimate.of(mean)
    best = _best(stages, records, shown)
    rows = {row.run_candidate_id: row for record in records.values() for row in record.candidates}
    return tuple(
        _candidate(
            each,
            rows[each.run_candidate_id],
            metric=records[each.run_id].plan.headline,
            mean=shown.get(each.run_candidate_id),
            is_final=each.run_candidate_id in final,
            is_best=each.run_candidate_id in best,
        )
        for each in stages
        if each.run_candidate_id in rows
    )


def _candidate(
    stage: CandidateProgress,
    row: RunCandidateRecord,
    *,
    metric: str,
    mean: MetricEstimate | None,
    is_final: bool,
    is_best: bool,
) -> RunningCandidate:
    options = ", ".join(f"{name}={value}" for name, value in row.plan.options.items() if value not in (None, [], ""))
    return RunningCandidate(
        run_candidate_id=stage.run_candidate_id,
        run_id=stage.run_id,
        benchmark=stage.benchmark_name,
        label=stage.label,
        model=row.plan.model_name,
        options=options,
        endpoint=row.plan.endpoint_name,
        status=Status(stage.status).value,
        n_planned=stage.n_planned,
        n_ended=stage.n_done + stage.n_failed,
        n_failed=stage.n_failed + stage.n_own_failed,
        metric=metric,
        mean=mean,
        is_final=is_final,
        is_best=is_best,
    )


def _best(
    stages: Sequence[CandidateProgress], records: Mapping[str, RunRecord], means: Mapping[int, MetricEstimate]
) -> frozenset[int]:
    """Return the candidates with the best mean of their run, where at least two have one with an interval."""
    by_run: dict[str, list[int]] = {}
    for each in stages:
        mean = means.get(each.run_candidate_id)
        if mean is not None and mean.low is not None:
            by_run.setdefault(each.run_id, []).append(each.run_candidate_id)
    best: list[int] = []
    for run_id, row_ids in by_run.items():
        sign = _sign(records[run_id].plan)
        if len(row_ids) > 1:
            best.append(max(row_ids, key=lambda row_id: sign * means[row_id].value))
    return frozenset(best)


def _sign(plan: RunPlan) -> int:
    """Return 1 if a higher mean of the headline is better, else -1."""
    signature = next((use.signature for use in plan.metrics if use.name == plan.headline), "")
    return 1 if higher_is_better(plan.headline, signature) else -1


def _pace(newest: Sequence[NewestOutcome]) -> float | None:
    """Return the answers a second of the last minute, up to now: it falls where none come any more."""
    now = datetime.now(UTC)
    moments = [_aware(each.finished_at) for each in newest]
    recent = [moment for moment in moments if (now - moment).total_seconds() <= PACE_WITHIN_S]
    if len(recent) < 2:
        return None
    return len(recent) / max((now - min(recent)).total_seconds(), 0.1)


def _answers(
    store: Store, newest: Sequence[NewestOutcome], candidates: Sequence[RunningCandidate]
) -> tuple[NewAnswer, ...]:
    by_id = {each.run_candidate_id: each for each in candidates}
    texts = texts_of(store, [each.generation_id for each in newest[:N_SHOWN]], most_characters=PREVIEW)
    return tuple(
        NewAnswer(
            run_id=by_id[each.run_candidate_id].run_id,
            case_id=each.case_id,
            repeat=each.repeat,
            label=by_id[each.run_candidate_id].label,
            benchmark=by_id[each.run_candidate_id].benchmark,
            text=answer_parts(
                each.text,
                each.end if len(each.text) == PREVIEW else "",
                reads_a_part=reads_a_part(by_id[each.run_candidate_id].metric),
            ).first,
            is_failure=each.is_failure,
            seconds=each.seconds,
            n_tokens=each.output_tokens,
            finished_at=_aware(each.finished_at),
        )
        for each in texts
        if each.run_candidate_id in by_id
    )


def _gpus(store: Store, invocation_id: str) -> tuple[GpuNow, ...]:
    return tuple(
        GpuNow(
            endpoint=each.endpoint,
            name=each.gpu_name,
            utilisation=each.utilisation,
            memory_used_bytes=each.memory_used_bytes,
            memory_total_bytes=each.memory_total_bytes,
        )
        for each in newest_gpu_samples(store, invocation_id, since=datetime.now(UTC) - _GPU_WITHIN)
    )


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
