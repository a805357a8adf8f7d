"""Answers of a run by page: a page is read from the index at its beginning, however many answers there are."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from evaluation.exports.answers import Row, answers_as_rows, candidates_of
from evaluation.exports.filters import Filters, check_filters, refuse_unknown
from evaluation.exports.metric_words import estimated_words
from evaluation.exports.source import Kind, source_of
from evaluation.records.runs import RunCandidateRecord
from evaluation.store.outcome_values import OutcomeValues, outcome_values_after
from evaluation.store.runs import find_run
from evaluation.store.session import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The last answer of a page: the next page begins behind it."""

    run_candidate_id: int
    generation_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPage:
    """Some answers of a run, with their scores in columns of their own."""

    rows: tuple[Row, ...]
    last: Place | None
    """Where the next page begins; None: there is none."""


def answer_page(store: Store, run_id: str, filters: Filters, *, after: Place | None, limit: int) -> AnswerPage:
    """Return answers of a run, by candidate and in the order in which they were stored.

    Args:
        store: Where they are.
        run_id: Id of the run, a prefix of one, or `last`.
        filters: Which ones.
        after: End of the page before; None: the first page.
        limit: Number of answers at most.

    Raises:
        UnknownNameError: no such run, candidate, metric or case.
    """
    run = find_run(store, run_id)
    source, all_words = source_of(run), estimated_words(store, run)
    check_filters(store, source, Kind.ANSWERS, replace(filters, metrics=()))
    refuse_unknown(f"metric of {source.name}", filters.metrics, list(all_words.values()))
    words = {signature: word for signature, word in all_words.items() if not filters.metrics or word in filters.metrics}
    rows: list[Row] = []
    last: Place | None = None
    for candidate, label, outcomes in _outcomes(store, list(candidates_of(run, filters)), filters, after, limit + 1):
        n_left = limit - len(rows)
        rows += answers_as_rows(store, run, candidate, label, outcomes[:n_left], words)
        if outcomes[:n_left]:
            place = Place(
                run_candidate_id=candidate.run_candidate_id, generation_id=outcomes[:n_left][-1].generation_id
            )
        if len(outcomes) > n_left:
            last = place
            break
    return AnswerPage(rows=tuple(rows), last=last)


def _outcomes(
    store: Store,
    candidates: list[tuple[RunCandidateRecord, str]],
    filters: Filters,
    after: Place | None,
    limit: int,
) -> Iterator[tuple[RunCandidateRecord, str, list[OutcomeValues]]]:
    """Yield the outcomes of one candidate after another, `limit` of all of them at most."""
    for candidate, label in candidates:
        row_id = candidate.run_candidate_id
        if limit <= 0:
            return
        if after is not None and row_id < after.run_candidate_id:
            continue
        begin = after.generation_id if after is not None and row_id == after.run_candidate_id else 0
        outcomes = outcome_values_after(
            store, row_id, begin, limit=limit, failed=filters.failed, case_ids=filters.cases or None
        )
        if outcomes:
            limit -= len(outcomes)
            yield candidate, label, outcomes
