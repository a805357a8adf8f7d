"""Answers and scores as rows, a page in memory at a time."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from evaluation.exports.filters import Filters
from evaluation.generation import Failure, Generation
from evaluation.records import RunCandidateRecord, RunRecord, StoredOutcome
from evaluation.records.labels import unique_labels
from evaluation.score import Measurement, ScoreFailure
from evaluation.store.outcomes import iterate_outcomes, load_outcomes
from evaluation.store.scores import scores_of_generations
from evaluation.store.session import Store

Row = dict[str, Any]
OF_AN_ANSWER = (
    "run_id", "benchmark", "benchmark_version", "candidate", "model", "digest", "fingerprint", "endpoint", "case_id",
    "repeat", "answer", "text", "thinking", "finish_reason", "failure", "own_failure", "message", "prompt_tokens",
    "output_tokens", "cached_tokens", "total_s", "ttft_s", "queue_s", "load_s", "prompt_s", "generate_s", "cold",
    "reused", "prompt_state", "n_attempts", "seed", "effective_context", "vram_share", "energy_j", "started_at",
    "finished_at",
)  # fmt: skip
OF_A_SCORE = (
    "run_id", "benchmark", "candidate", "case_id", "repeat", "metric", "signature", "value", "label", "rationale",
    "failure", "message",
)  # fmt: skip
_SECONDS = ("total_s", "ttft_s", "queue_s", "load_s", "prompt_s", "generate_s")


def score_columns(word: str) -> tuple[str, str, str]:
    """Columns of a metric in the table of answers: its value, its label, and why there is none."""
    column = f"metric {word}" if word in OF_AN_ANSWER else word
    return column, f"{column} label", f"{column} failure"


def answer_rows(store: Store, run: RunRecord, words: Mapping[str, str], filters: Filters) -> Iterator[Row]:
    """A row for each outcome of a run, with its scores in columns of their own.

    Args:
        store: Where they are.
        run: The run.
        words: Of the metrics that are wanted, by signature.
        filters: Which outcomes.
    """
    for candidate, label in _candidates(run, filters):
        of_candidate = _of_candidate(run, candidate, label)
        for page in _pages(store, candidate, filters):
            scores = scores_of_generations(store, [stored.generation_id for stored in page]) if words else {}
            for stored in page:
                row = of_candidate | _answer(stored)
                for use, score in scores.get(stored.generation_id, ()):
                    if use.signature in words:
                        row |= _score_cells(words[use.signature], score)
                yield row


def score_rows(store: Store, run: RunRecord, words: Mapping[str, str], filters: Filters) -> Iterator[Row]:
    """A row for each score of a run; the arguments are those of `answer_rows`."""
    for candidate, label in _candidates(run, filters):
        of_candidate = {"run_id": run.plan.run_id, "benchmark": run.plan.benchmark_name, "candidate": label}
        for page in _pages(store, candidate, filters):
            scores = scores_of_generations(store, [stored.generation_id for stored in page])
            for stored in page:
                place = of_candidate | {"case_id": stored.row.case_id, "repeat": stored.row.repeat}
                for use, score in scores.get(stored.generation_id, ()):
                    if use.signature in words:
                        yield place | {"metric": words[use.signature], "signature": use.signature} | _score(score)


def _candidates(run: RunRecord, filters: Filters) -> Iterator[tuple[RunCandidateRecord, str]]:
    labels = unique_labels(run)
    for candidate in run.candidates:
        label = labels[candidate.run_candidate_id]
        if not filters.candidates or label in filters.candidates:
            yield candidate, label


def _pages(store: Store, candidate: RunCandidateRecord, filters: Filters) -> Iterator[list[StoredOutcome]]:
    """The outcomes that are wanted, a page at a time; named cases are looked up and not searched for."""
    row_id = candidate.run_candidate_id
    pages: Iterable[tuple[StoredOutcome, ...]] = (
        [load_outcomes(store, row_id, list(dict.fromkeys(filters.cases)))]
        if filters.cases
        else iterate_outcomes(store, row_id)
    )
    for page in pages:
        yield [stored for stored in page if _is_selected(stored, filters)]


def _is_selected(stored: StoredOutcome, filters: Filters) -> bool:
    return filters.failed is None or filters.failed == isinstance(stored.row.outcome, Failure)


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


def _answer(stored: StoredOutcome) -> Row:
    row, outcome = stored.row, stored.row.outcome
    cells: Row = {
        "endpoint": row.endpoint,
        "case_id": row.case_id,
        "repeat": row.repeat,
        "n_attempts": outcome.n_attempts,
        "seed": outcome.seed,
        "effective_context": row.effective_context,
        "vram_share": row.vram_share,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
    }
    return cells | (_of_generation(outcome) if isinstance(outcome, Generation) else _of_failure(outcome))


def _of_generation(generation: Generation) -> Row:
    timing = generation.timing
    return {
        "answer": generation.answer,
        "text": generation.text,
        "thinking": generation.thinking,
        "finish_reason": generation.finish_reason,
        "own_failure": str(generation.own_failure) if generation.own_failure else None,
        "message": generation.message if generation.own_failure else None,
        "prompt_tokens": generation.prompt_tokens,
        "output_tokens": generation.output_tokens,
        "cached_tokens": generation.cached_tokens,
        **{name: getattr(timing, name) if timing else None for name in _SECONDS},
        "cold": generation.cold,
        "reused": generation.reused,
        "prompt_state": generation.prompt_state.value if generation.prompt_state else None,
        "energy_j": generation.energy_j,
    }


def _of_failure(failure: Failure) -> Row:
    return {"failure": str(failure.kind), "message": failure.message, "total_s": failure.total_s}


def _score_cells(word: str, score: Measurement | ScoreFailure) -> Row:
    value, label, failure = score_columns(word)
    if isinstance(score, ScoreFailure):
        return {failure: score.kind}
    return {value: score.value, label: score.label}


def _score(score: Measurement | ScoreFailure) -> Row:
    if isinstance(score, ScoreFailure):
        return {"failure": score.kind, "message": score.message}
    return {"value": score.value, "label": score.label, "rationale": score.rationale}
