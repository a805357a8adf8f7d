"""The result of one case of a run, read from the store: prompt, every candidate's answers, and their scores."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from evaluation.benchmarks.rendering import render
from evaluation.candidate import Candidate
from evaluation.case import Message
from evaluation.errors import StoreError, UnknownNameError
from evaluation.generation import Failure, Generation
from evaluation.records.candidates import MetricUse
from evaluation.records.labels import unique_labels
from evaluation.records.metric_keys import metric_keys
from evaluation.records.outcomes import StoredOutcome
from evaluation.records.runs import RunCandidateRecord, RunRecord
from evaluation.records.stages import StageRow
from evaluation.results.cases import (
    AnswerResult,
    CaseCandidate,
    CaseResult,
    CutResult,
    FailureTimings,
    MissingOutcome,
    NoAnswerResult,
    OutcomeFailure,
    OutcomeResult,
    ScoreFailureResult,
    ScoreResult,
)
from evaluation.run_results.failure_examples import failure_kind
from evaluation.run_results.stage_results import answer_result, stage_result, trace_result
from evaluation.scores import Measurement, ScoreFailure
from evaluation.store.annotations import notes_on_case
from evaluation.store.answer_tags import tags_of_cases
from evaluation.store.benchmarks import has_case, load_benchmark_version
from evaluation.store.outcomes import outcomes_of_case
from evaluation.store.registry import find_candidates
from evaluation.store.run_cases import has_run_case, run_case_ids
from evaluation.store.runs import find_run
from evaluation.store.scores import scores_of_generations
from evaluation.store.session import Store
from evaluation.store.stage_rows import load_stages, staged_candidates
from evaluation.truncation import FINISH_REASON, Limits

Scores = dict[int, dict[str, ScoreResult | ScoreFailureResult]]
"""Scores by repeat, then by metric."""
_MOST_NAMED = 500


def case_result(store: Store, run_id: str, case_id: str) -> CaseResult:
    """Return a case of a run (its id, a prefix of one, or `last`) with every candidate's outcomes, repeat by repeat.

    Raises:
        UnknownNameError: the run did not ask this case; names the cases with similar ids.
    """
    run = find_run(store, run_id)
    plan = run.plan
    if not has_run_case(store, plan.run_id, case_id):
        raise unknown_case(store, run, case_id)
    benchmark = load_benchmark_version(store, plan.benchmark_version, plan.benchmark_name, case_ids=[case_id])
    (case,) = benchmark.cases
    messages = render(benchmark, case)
    labels = unique_labels(run)
    seen = _Seen.of(store, run, case_id)
    return CaseResult(
        run_id=plan.run_id,
        status=run.status,
        benchmark=plan.benchmark_name,
        benchmark_version=plan.benchmark_version,
        task_type=benchmark.task_type,
        headline=plan.headline,
        seed=plan.seed,
        n_repeats=plan.n_repeats,
        code_version=plan.code_version,
        case=case,
        annotations=tuple(notes_on_case(store, plan.run_id, case_id)),
        tags=tags_of_cases(store, plan.run_id, [case_id]),
        candidates=tuple(
            _candidate(store, run, record, labels[record.run_candidate_id], seen, messages) for record in run.candidates
        ),
    )


def unknown_case(store: Store, run: RunRecord, case_id: str) -> UnknownNameError:
    """Return the error for an unknown case, which names cases with similar ids, and all others where they are few."""
    plan = run.plan
    next_step = f"`benchwright show {plan.run_id} --json` lists the ids of all its cases"
    if has_case(store, plan.benchmark_version, case_id):
        next_step = f"It is a case of {plan.benchmark_name!r}, but this run asked only {plan.n_cases} of them"
    alike: list[str] = []
    first: list[str] = []
    for page in run_case_ids(store, plan.run_id):
        alike = get_close_matches(case_id, [*alike, *page], n=5)
        first += page[: _MOST_NAMED - len(first)]
    return UnknownNameError(
        f"case of run {plan.run_id}",
        case_id,
        [*alike, *(other_id for other_id in first if other_id not in alike)],
        next_step,
    )


def _candidate(
    store: Store, run: RunRecord, record: RunCandidateRecord, label: str, seen: "_Seen", messages: tuple[Message, ...]
) -> CaseCandidate:
    plan = record.plan
    limits = Limits.of(plan.options, trained_context=plan.details.get("context_length"))
    candidate = seen.candidates.get(plan.candidate_fingerprint)
    if candidate is None:
        raise StoreError(
            f"{store.shown_url} does not hold candidate {plan.candidate_fingerprint!r} of the run",
            "Restore the database's backup",
        )
    outcomes = {stored.row.repeat: stored for stored in seen.outcomes.get(record.run_candidate_id, ())}
    scores = _scores(seen, outcomes, planned=run.plan.metrics)
    stages = {}
    if record.run_candidate_id in seen.staged:
        stages = load_stages(store, record.run_candidate_id, [seen.case_id])
    return CaseCandidate(
        label=label,
        model=plan.model_name,
        digest=plan.digest,
        fingerprint=plan.candidate_fingerprint,
        options=dict(plan.options),
        profile=candidate.profile.name,
        think=candidate.think,
        endpoint=plan.endpoint_name,
        provider=plan.provider,
        server_version=plan.server_version,
        messages=tuple(candidate.profile.wrap(messages)),
        outcomes=tuple(
            _outcome(
                outcomes.get(repeat), repeat, scores.get(repeat, {}), limits, stages.get((seen.case_id, repeat), ())
            )
            for repeat in range(run.plan.n_repeats)
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What is stored of a case, read for all candidates of the run at once."""

    case_id: str
    candidates: Mapping[str, Candidate]
    outcomes: Mapping[int, Sequence[StoredOutcome]]
    """By the candidate's row."""
    scores: Mapping[int, Sequence[tuple[MetricUse, Measurement | ScoreFailure]]]
    """By the outcome's row."""
    staged: frozenset[int]
    """Rows of the candidates that have stages."""

    @classmethod
    def of(cls, store: Store, run: RunRecord, case_id: str) -> "_Seen":
        """Return what is stored of a case."""
        row_ids = [record.run_candidate_id for record in run.candidates]
        listed = outcomes_of_case(store, row_ids, case_id)
        outcomes: defaultdict[int, list[StoredOutcome]] = defaultdict(list)
        for stored in listed:
            outcomes[stored.row.run_candidate_id].append(stored)
        return cls(
            case_id=case_id,
            candidates=find_candidates(store, {record.plan.candidate_fingerprint for record in run.candidates}),
            outcomes=outcomes,
            scores=scores_of_generations(store, [stored.generation_id for stored in listed]),
            staged=staged_candidates(store, row_ids, case_id),
        )


def _scores(seen: _Seen, outcomes: Mapping[int, StoredOutcome], *, planned: Sequence[MetricUse]) -> Scores:
    """Return the scores of a case's repeats on every metric that ever scored them, the run's own metrics first."""
    all_scores = [
        (use, repeat, score)
        for repeat, stored in outcomes.items()
        for use, score in seen.scores.get(stored.generation_id, ())
    ]
    all_scores.sort(key=lambda each: (isinstance(each[2], ScoreFailure), each[0].name, each[0].signature, each[1]))
    keys = metric_keys(planned, [use for use, _, _ in all_scores])
    order = list(keys)
    all_scores.sort(
        key=lambda each: len(order) if isinstance(each[2], ScoreFailure) else order.index(each[0].signature)
    )
    scores: Scores = {}
    for use, repeat, score in all_scores:
        scores.setdefault(repeat, {})[keys[use.signature]] = (
            ScoreFailureResult(failure=score, signature=use.signature)
            if isinstance(score, ScoreFailure)
            else ScoreResult(value=score.value, label=score.label, rationale=score.rationale, signature=use.signature)
        )
    return scores


def _outcome(
    stored: StoredOutcome | None,
    repeat: int,
    scores: Mapping[str, ScoreResult | ScoreFailureResult],
    limits: Limits,
    stages: Sequence[StageRow],
) -> OutcomeResult | MissingOutcome:
    if stored is None:
        return MissingOutcome(repeat=repeat)
    row, outcome = stored.row, stored.row.outcome
    kind = failure_kind(outcome)
    return OutcomeResult(
        repeat=repeat,
        outcome=_word(outcome),
        failure=None if kind is None else OutcomeFailure(kind=kind, message=outcome.message),
        came_back=_what_came_back(outcome),
        cut=_cut(outcome, row.effective_context, limits),
        scores=scores,
        n_attempts=outcome.n_attempts,
        seed=outcome.seed,
        endpoint=row.endpoint,
        effective_context=row.effective_context,
        vram_share=row.vram_share,
        energy_j=outcome.energy_j if isinstance(outcome, Generation) else None,
        stages=tuple(map(stage_result, stages)),
        trace=trace_result(row),
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def _cut(outcome: Generation | Failure, effective_context: int | None, limits: Limits) -> CutResult | None:
    """Return what cut an answer off, in words, and the remedy; None where it was not cut off."""
    if isinstance(outcome, Failure) or outcome.finish_reason != FINISH_REASON:
        return None
    cut = limits.cut_by(
        prompt_tokens=outcome.prompt_tokens,
        output_tokens=outcome.output_tokens,
        effective_context=effective_context,
    )
    return CutResult(by=cut.value, message=f"cut {limits.where(cut)}; {limits.step(cut)}")


def _word(outcome: Generation | Failure) -> str:
    if isinstance(outcome, Failure):
        return "server_failure"
    return "answer" if outcome.own_failure is None else "own_failure"


def _what_came_back(outcome: Generation | Failure) -> AnswerResult | NoAnswerResult:
    if isinstance(outcome, Failure):
        timings = None if outcome.total_s is None else FailureTimings(total_s=outcome.total_s)
        return NoAnswerResult(timings=timings)
    return answer_result(outcome)
