"""Answers and scores as rows, with one page in memory at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from evaluation.exports.filters import Filters
from evaluation.exports.people_words import people_words
from evaluation.outcome_fields import KINDS
from evaluation.records.labels import unique_labels
from evaluation.records.runs import RunCandidateRecord, RunRecord
from evaluation.scores import Measurement, ScoreFailure
from evaluation.store.outcome_values import (
    OutcomeValues,
    iterate_outcome_values,
    outcome_values_of_cases,
    score_cells,
)
from evaluation.store.scores import scores_of_generations
from evaluation.store.session import Store

Row = dict[str, Any]
_BEFORE = {"own_failure": ("failure",), "energy_j": ("effective_context", "vram_share")}
"""Columns that do not come from an outcome's own fields, by the field that they precede."""
OF_AN_ANSWER = (
    "run_id", "benchmark", "benchmark_version", "candidate", "model", "digest", "fingerprint", "endpoint", "case_id",
    "repeat", *(column for name in KINDS for column in (*_BEFORE.get(name, ()), name)), "started_at", "finished_at",
    "tags", "notes",
)  # fmt: skip
OF_A_SCORE = (
    "run_id", "benchmark", "candidate", "case_id", "repeat", "metric", "signature", "value", "label", "rationale",
    "failure", "message",
)  # fmt: skip


def score_columns(word: str) -> tuple[str, str, str]:
    """Return the columns of a metric in the table of answers: its value, its label, and why there is none."""
    column = f"metric {word}" if word in OF_AN_ANSWER else word
    return column, f"{column} label", f"{column} failure"


def answer_rows(store: Store, run: RunRecord, words: Mapping[str, str], filters: Filters) -> Iterator[Row]:
    """Yield a row for each outcome of a run, with its scores in columns of their own.

    Args:
        store: Where they are.
        run: The run.
        words: Of the requested metrics, by signature.
        filters: Which outcomes.
    """
    for candidate, label in candidates_of(run, filters):
        for page in _pages(store, candidate, filters):
            yield from answers_as_rows(store, run, candidate, label, page, words)


def answers_as_rows(
    store: Store,
    run: RunRecord,
    candidate: RunCandidateRecord,
    label: str,
    outcomes: Sequence[OutcomeValues],
    words: Mapping[str, str],
) -> list[Row]:
    """Return a row for each of these outcomes of a candidate, with the scores of the metrics in `words`."""
    of_candidate = _of_candidate(run, candidate, label)
    case_ids = list(dict.fromkeys(outcome.values["case_id"] for outcome in outcomes))
    written = people_words(store, run.plan.run_id, candidate.plan.candidate_fingerprint, case_ids)
    rows: dict[int, Row] = {}
    for outcome in outcomes:
        rows[outcome.generation_id] = row = of_candidate | outcome.values | written.cells(outcome.values["case_id"])
        row["failure"] = row.pop("failure_kind")
    columns = {signature: score_columns(word) for signature, word in words.items()}
    for cell in score_cells(store, list(rows), words) if words else ():
        value, name, failure = columns[cell.signature]
        if cell.failure is None:
            rows[cell.generation_id] |= {value: cell.value, name: cell.label}
        else:
            rows[cell.generation_id][failure] = cell.failure
    return list(rows.values())


def score_rows(store: Store, run: RunRecord, words: Mapping[str, str], filters: Filters) -> Iterator[Row]:
    """Yield a row for each score of a run; the arguments are those of `answer_rows`."""
    for candidate, label in candidates_of(run, filters):
        of_candidate = {"run_id": run.plan.run_id, "benchmark": run.plan.benchmark_name, "candidate": label}
        for page in _pages(store, candidate, filters):
            scores = scores_of_generations(store, [outcome.generation_id for outcome in page])
            for generation_id, values in page:
                place = of_candidate | {"case_id": values["case_id"], "repeat": values["repeat"]}
                for use, score in scores.get(generation_id, ()):
                    if use.signature in words:
                        yield place | {"metric": words[use.signature], "signature": use.signature} | _score(score)


def candidates_of(run: RunRecord, filters: Filters) -> Iterator[tuple[RunCandidateRecord, str]]:
    """Yield the selected candidates of a run with their labels."""
    labels = unique_labels(run)
    for candidate in run.candidates:
        label = labels[candidate.run_candidate_id]
        if not filters.candidates or label in filters.candidates:
            yield candidate, label


def _pages(store: Store, candidate: RunCandidateRecord, filters: Filters) -> Iterable[list[OutcomeValues]]:
    """Return the selected outcomes, a page at a time; named cases are looked up directly."""
    row_id = candidate.run_candidate_id
    if filters.cases:
        case_ids = list(dict.fromkeys(filters.cases))
        return [outcome_values_of_cases(store, row_id, case_ids, failed=filters.failed)]
    return iterate_outcome_values(store, row_id, failed=filters.failed)


def _of_candidate(run: RunRecord, candidate: RunCandidateRecord, label: str) -> Row:
    return {
        "run_id": run.plan.run_id,
        "benchmark": run.plan.benchmark_name,
        "benchmark_version": run.plan.benchmark_version,
        "candidate": label,
        "model": candidate.plan.model_name,
        "digest": candidate.plan.digest,
        "fingerprint": candidate.plan.candidate_fingerprint,
    }


def _score(score: Measurement | ScoreFailure) -> Row:
    if isinstance(score, ScoreFailure):
        return {"failure": score.kind, "message": score.message}
    return {"value": score.value, "label": score.label, "rationale": score.rationale}
