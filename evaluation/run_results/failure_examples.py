"""The failures of a run by kind, with counts and one example each."""

from collections.abc import Mapping, Sequence

from evaluation.errors import FailureKind
from evaluation.generation import Failure, Outcome
from evaluation.records.labels import unique_labels
from evaluation.records.outcomes import OutcomeCounts, StoredOutcome
from evaluation.results.failures import FailureExample, FailureReason, FailureSummary
from evaluation.store.outcomes import count_messages, count_outcomes, first_of_kind
from evaluation.store.runs import find_run
from evaluation.store.session import Store

MOST_REASONS = 5
"""Messages of a kind that are kept: a pipeline's own may differ from case to case."""


def failure_examples(store: Store, run_id: str) -> tuple[FailureSummary, ...]:
    """Return every kind of failure with its count for each candidate and one example.

    The server's failures come first, then the most frequent ones.
    """
    labels = unique_labels(find_run(store, run_id))
    counts = {
        outcome_counts.run_candidate_id: _kinds(outcome_counts) for outcome_counts in count_outcomes(store, run_id)
    }
    examples: dict[FailureKind, FailureExample] = {}
    for row_id, kinds in counts.items():
        examples |= _examples(store, row_id, labels[row_id], {kind for kind in kinds if kind not in examples})
    reasons = _reasons(store, run_id, labels)
    failures = [
        _summary(kind, counts, labels, reasons.get(kind, []), examples.get(kind))
        for kind in sorted({k for c in counts.values() for k in c})
    ]
    return tuple(sorted(failures, key=lambda failure: (failure.is_own, -failure.n, failure.kind)))


def _reasons(store: Store, run_id: str, labels: Mapping[int, str]) -> dict[FailureKind, list[FailureReason]]:
    """Return the messages of each kind, the most frequent first."""
    reasons: dict[FailureKind, list[FailureReason]] = {}
    for counted in count_messages(store, run_id):
        reason = FailureReason(candidate=labels[counted.run_candidate_id], message=counted.message, n=counted.n)
        reasons.setdefault(counted.kind, []).append(reason)
    return reasons


def _kinds(counts: OutcomeCounts) -> dict[FailureKind, int]:
    return {kind: n for kind, n in (*counts.failures.items(), *counts.own_failures.items()) if n}


def _examples(store: Store, row_id: int, label: str, kinds: set[FailureKind]) -> dict[FailureKind, FailureExample]:
    """Return the first failure of each wanted kind; a failure that has been answered since has none."""
    failures = {kind: first_of_kind(store, row_id, kind) for kind in sorted(kinds)}
    return {kind: _example(stored, label) for kind, stored in failures.items() if stored is not None}


def failure_kind(outcome: Outcome) -> FailureKind | None:
    """Return why there is no usable answer: the server's failure or the candidate's own; None where there is one."""
    return outcome.kind if isinstance(outcome, Failure) else outcome.own_failure


def _example(stored: StoredOutcome, label: str) -> FailureExample:
    outcome = stored.row.outcome
    return FailureExample(
        candidate=label,
        case_id=stored.row.case_id,
        repeat=stored.row.repeat,
        message=outcome.message,
        n_attempts=outcome.n_attempts,
        endpoint=stored.row.endpoint,
    )


def _summary(
    kind: FailureKind,
    counts: Mapping[int, Mapping[FailureKind, int]],
    labels: Mapping[int, str],
    reasons: Sequence[FailureReason],
    example: FailureExample | None,
) -> FailureSummary:
    by_candidate = {labels[row_id]: kinds[kind] for row_id, kinds in counts.items() if kind in kinds}
    return FailureSummary(
        kind=kind,
        is_own=kind.is_the_candidates_own,
        n=sum(by_candidate.values()),
        by_candidate=by_candidate,
        reasons=tuple(reasons[:MOST_REASONS]),
        n_reasons=len(reasons),
        example=example,
    )
