"""One case of a run in full: what was asked, what every candidate made of it, and what the metrics say."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from difflib import get_close_matches
from typing import Any

from evaluation.benchmarks.rendering import render
from evaluation.candidate import Candidate
from evaluation.case import Case, Message
from evaluation.cutting import FINISH_REASON, Limits
from evaluation.errors import StoreError, UnknownNameError
from evaluation.generation import Failure, Generation
from evaluation.reports.failure_examples import failure_kind
from evaluation.reports.labels import unique_labels
from evaluation.reports.notes import annotation_facts
from evaluation.reports.results import metric_keys
from evaluation.store.annotations import notes_on_case
from evaluation.store.benchmarks import has_case, load_benchmark_version
from evaluation.store.outcomes import load_outcomes
from evaluation.store.records import MetricUse, RunCandidateRecord, RunRecord, StoredOutcome
from evaluation.store.registry import find_candidate
from evaluation.store.runs import find_run, has_run_case, run_case_ids
from evaluation.store.scores import score_failures_of_case, scores_of_case
from evaluation.store.session import Store

Scores = dict[int, dict[str, dict[str, Any]]]
"""By repeat, then by metric."""
_MOST_NAMED = 500


def case_result(store: Store, run_id: str, case_id: str) -> dict[str, Any]:
    """A case with every candidate's outcomes, repeat by repeat, as plain values.

    Raises:
        UnknownNameError: the run did not ask this case; names those that are written alike.
    """
    run = find_run(store, run_id)
    version, name = run.plan.benchmark_version, run.plan.benchmark_name
    if not has_run_case(store, run.plan.run_id, case_id):
        raise unknown_case(store, run, case_id)
    benchmark = load_benchmark_version(store, version, name, case_ids=[case_id])
    (case,) = benchmark.cases
    asked = render(benchmark, case)
    labels = unique_labels(run)
    return {
        "run_id": run.plan.run_id,
        "status": str(run.status),
        "benchmark": run.plan.benchmark_name,
        "benchmark_version": run.plan.benchmark_version,
        "task_type": benchmark.task_type,
        "headline": run.plan.headline,
        "seed": run.plan.seed,
        "repeats": run.plan.n_repeats,
        "code_version": run.plan.code_version,
        "case": _case(case),
        "annotations": [annotation_facts(note) for note in notes_on_case(store, run.plan.run_id, case_id)],
        "candidates": [
            _candidate(store, run, found, labels[found.run_candidate_id], case_id, asked) for found in run.candidates
        ],
    }


def unknown_case(store: Store, run: RunRecord, case_id: str) -> UnknownNameError:
    """Names the cases that are written alike; all others too where they are few."""
    plan = run.plan
    next_step = f"`benchwright show {plan.run_id} --json` lists the ids of all its cases"
    if has_case(store, plan.benchmark_version, case_id):
        next_step = f"it is a case of {plan.benchmark_name!r}, but this run asked only {plan.n_cases} of them"
    alike: list[str] = []
    first: list[str] = []
    for page in run_case_ids(store, plan.run_id):
        alike = get_close_matches(case_id, [*alike, *page], n=5)
        first += page[: _MOST_NAMED - len(first)]
    return UnknownNameError(
        f"case of run {plan.run_id}", case_id, [*alike, *(known for known in first if known not in alike)], next_step
    )


def _case(case: Case) -> dict[str, Any]:
    messages = [asdict(message) for message in case.messages]
    return {"case_id": case.case_id, **case.content, "messages": messages}


def _candidate(
    store: Store, run: RunRecord, found: RunCandidateRecord, label: str, case_id: str, asked: tuple[Message, ...]
) -> dict[str, Any]:
    plan = found.plan
    limits = Limits.of(plan.options, trained_context=plan.details.get("context_length"))
    candidate = _stored_candidate(store, plan.candidate_fingerprint)
    outcomes = {stored.row.repeat: stored for stored in load_outcomes(store, found.run_candidate_id, [case_id])}
    scores = _scores(store, found.run_candidate_id, case_id, planned=run.plan.metrics)
    return {
        "candidate": label,
        "model": plan.model_name,
        "digest": plan.digest,
        "fingerprint": plan.candidate_fingerprint,
        "options": dict(plan.options),
        "profile": candidate.profile.name,
        "think": candidate.think,
        "endpoint": plan.endpoint_name,
        "provider": plan.provider,
        "server_version": plan.server_version,
        "messages": [asdict(message) for message in candidate.profile.wrap(asked)],
        "outcomes": [
            _outcome(outcomes.get(repeat), repeat, scores.get(repeat, {}), limits)
            for repeat in range(run.plan.n_repeats)
        ],
    }


def _stored_candidate(store: Store, fingerprint: str) -> Candidate:
    candidate = find_candidate(store, fingerprint)
    if candidate is None:
        raise StoreError(
            f"{store.shown_url} does not hold candidate {fingerprint!r} of the run", "restore the database's backup"
        )
    return candidate


def _scores(store: Store, run_candidate_id: int, case_id: str, *, planned: Sequence[MetricUse]) -> Scores:
    """The scores of a case's repeats, on every metric that they were ever scored with, the run's own first."""
    found = scores_of_case(store, run_candidate_id, case_id)
    failed = score_failures_of_case(store, run_candidate_id, case_id)
    keys = metric_keys(planned, [use for use, _ in (*found, *failed)])
    order = list(keys)
    scores: Scores = {}
    for use, score in sorted(found, key=lambda pair: order.index(pair[0].signature)):
        scores.setdefault(score.repeat, {})[keys[use.signature]] = {
            "value": score.measurement.value,
            "label": score.measurement.label,
            "rationale": score.measurement.rationale,
            "signature": use.signature,
        }
    for use, missing in failed:
        scores.setdefault(missing.repeat, {})[keys[use.signature]] = {
            "value": None,
            "failure": {"kind": missing.failure.kind, "message": missing.failure.message},
            "signature": use.signature,
        }
    return scores


def _outcome(stored: StoredOutcome | None, repeat: int, scores: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    if stored is None:
        return {"repeat": repeat, "outcome": "missing"}
    row, outcome = stored.row, stored.row.outcome
    kind = failure_kind(outcome)
    return {
        "repeat": repeat,
        "outcome": _word(outcome),
        "failure": None if kind is None else {"kind": str(kind), "message": outcome.message},
        **_what_came_back(outcome),
        "cut": _cut(outcome, row.effective_context, limits),
        "scores": dict(scores),
        "n_attempts": outcome.n_attempts,
        "seed": outcome.seed,
        "endpoint": row.endpoint,
        "effective_context": row.effective_context,
        "vram_share": row.vram_share,
        "energy_j": outcome.energy_j if isinstance(outcome, Generation) else None,
        "stages": [asdict(stage) for stage in row.stages],
        "started_at": row.started_at.isoformat() if row.started_at else None,
        "finished_at": row.finished_at.isoformat(),
    }


def _cut(outcome: Generation | Failure, effective_context: int | None, limits: Limits) -> dict[str, str] | None:
    """What cut an answer off, in words, and what helps; None where nothing did."""
    if isinstance(outcome, Failure) or outcome.finish_reason != FINISH_REASON:
        return None
    cut = limits.cut_by(
        prompt_tokens=outcome.prompt_tokens,
        output_tokens=outcome.output_tokens,
        effective_context=effective_context,
    )
    return {"by": cut.value, "message": f"cut {limits.where(cut)}; {limits.step(cut)}"}


def _word(outcome: Generation | Failure) -> str:
    if isinstance(outcome, Failure):
        return "server_failure"
    return "answer" if outcome.own_failure is None else "own_failure"


def _what_came_back(outcome: Generation | Failure) -> dict[str, Any]:
    if isinstance(outcome, Failure):
        return {"timings": None if outcome.total_s is None else {"total_s": outcome.total_s}}
    return {
        "answer": outcome.answer,
        "text": outcome.text,
        "thinking": outcome.thinking,
        "finish_reason": outcome.finish_reason,
        "prompt_tokens": outcome.prompt_tokens,
        "output_tokens": outcome.output_tokens,
        "timings": None if outcome.timing is None else asdict(outcome.timing),
        "cold": outcome.cold,
        "reused": outcome.reused,
    }
