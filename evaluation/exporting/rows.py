"""What a run, an experiment or a comparison has to give, as rows of plain values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.generation import Failure, Generation
from evaluation.reports.labels import unique_labels
from evaluation.reports.results import run_result
from evaluation.score import Measurement, ScoreFailure
from evaluation.store.comparisons import find_comparison
from evaluation.store.experiments import find_experiment
from evaluation.store.outcomes import iterate_outcomes
from evaluation.store.records import MetricUse, RunCandidateRecord, RunRecord, StoredOutcome
from evaluation.store.runs import find_run
from evaluation.store.scores import scores_of_generations
from evaluation.store.session import Store

Row = dict[str, Any]
NUMBERS = ("value", "low", "high", "n", "method")
OF_AN_ANSWER = (
    "run_id", "benchmark", "benchmark_version", "candidate", "model", "digest", "fingerprint", "endpoint", "case_id",
    "repeat", "answer", "thinking", "finish_reason", "failure", "own_failure", "message", "prompt_tokens",
    "output_tokens", "total_s", "ttft_s", "queue_s", "load_s", "prompt_s", "generate_s", "cold", "reused", "n_attempts",
    "seed", "effective_context", "vram_share", "energy_j", "started_at", "finished_at",
)  # fmt: skip
OF_A_RESULT = (
    "run_id", "benchmark", "benchmark_version", "status", "candidate", "model", "digest", "fingerprint", "endpoint",
    "metric", "signature", "quantity", *NUMBERS,
)  # fmt: skip
OF_A_PAIR = (
    "comparison_id", "benchmark", "benchmark_version", "metric", "signature", "a", "b", "a_key", "b_key", "verdict",
    "difference", "low", "high", "p_value", "p_adjusted", "n_pairs", "method", "effect_size", "mde",
)  # fmt: skip
OF_A_SCORE = (
    "run_id", "benchmark", "candidate", "case_id", "repeat", "metric", "signature", "value", "label", "rationale",
    "failure", "message",
)  # fmt: skip


class Kind(StrEnum):
    """What one row is."""

    ANSWERS = "answers"
    SCORES = "scores"
    RESULTS = "results"
    PAIRS = "pairs"


COLUMNS: Mapping[Kind, tuple[str, ...]] = {
    Kind.ANSWERS: OF_AN_ANSWER,
    Kind.SCORES: OF_A_SCORE,
    Kind.RESULTS: OF_A_RESULT,
    Kind.PAIRS: OF_A_PAIR,
}


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which rows are wanted; an empty one lets all through."""

    candidates: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    failed: bool | None = None
    """True: failures of the server alone; False: answers alone."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """What is exported: runs, or a comparison."""

    name: str
    run_ids: tuple[str, ...] = ()
    comparison_id: str | None = None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of rows that it has, the usual one first."""
        return (Kind.PAIRS,) if self.comparison_id else (Kind.ANSWERS, Kind.SCORES, Kind.RESULTS)


def find_source(store: Store, wanted: str) -> Source:
    """The run, experiment or comparison of that id or name, or of the beginning of an id; `last`: the newest run.

    Raises:
        UnknownNameError: none of them.
        ConfigurationError: several, or an experiment without runs.
    """
    found: list[Source] = []
    for look in (_run, _experiment, _comparison):
        try:
            found.append(look(store, wanted))
        except UnknownNameError:
            continue
        if wanted == "last":
            break
    if not found:
        raise UnknownNameError(
            "run, experiment or comparison",
            wanted,
            (),
            "see `benchwright runs list` and `benchwright experiments list`",
        )
    if len(found) > 1:
        raise ConfigurationError(
            f"{wanted!r} begins the ids of {' and '.join(source.name for source in found)}", "give more of the id"
        )
    return found[0]


def _run(store: Store, wanted: str) -> Source:
    run_id = find_run(store, wanted).plan.run_id
    return Source(name=f"run {run_id}", run_ids=(run_id,))


def _experiment(store: Store, wanted: str) -> Source:
    found = find_experiment(store, wanted)
    if not found.run_ids:
        raise ConfigurationError(f"experiment {found.name!r} has no run to export", "add one: `experiments add`")
    return Source(name=f"experiment {found.name}", run_ids=found.run_ids)


def _comparison(store: Store, wanted: str) -> Source:
    comparison_id = find_comparison(store, wanted).comparison_id
    return Source(name=f"comparison {comparison_id}", comparison_id=comparison_id)


def check_filters(store: Store, source: Source, kind: Kind, filters: Filters) -> None:
    """Refuses what would silently leave everything out.

    Raises:
        ConfigurationError: this kind of row cannot be had of the source, or cannot be filtered so.
        UnknownNameError: a candidate or a metric that does not occur.
    """
    if kind not in source.kinds:
        raise ConfigurationError(
            f"{source.name} has no {kind}", f"It has: {', '.join(source.kinds)}; choose with --table."
        )
    if filters.failed is not None and kind is not Kind.ANSWERS:
        raise ConfigurationError(f"--failed and --answered choose among answers, not {kind}", "Give --table answers.")
    if filters.cases and kind in (Kind.RESULTS, Kind.PAIRS):
        raise ConfigurationError(f"--case does not choose among {kind}", "Give --table answers or scores.")
    labels, metrics = _known(store, source)
    for what, wanted, known in (("candidate", filters.candidates, labels), ("metric", filters.metrics, metrics)):
        for name in wanted:
            if name not in known:
                raise UnknownNameError(f"{what} of {source.name}", name, known)


def _known(store: Store, source: Source) -> tuple[list[str], list[str]]:
    """Labels of the candidates and names of the metrics that occur."""
    if source.comparison_id:
        pairs = find_comparison(store, source.comparison_id).pairs
        return [side for pair in pairs for side in (pair.a, pair.b)], [pair.metric.name for pair in pairs]
    results = [run_result(store, run_id) for run_id in source.run_ids]
    labels = dict.fromkeys(found["candidate"] for result in results for found in result["candidates"])
    names = dict.fromkeys(
        name for result in results for found in result["candidates"] for name in (*result["metrics"], *found["metrics"])
    )
    return list(labels), list(names)


def rows(store: Store, source: Source, kind: Kind, filters: Filters) -> tuple[tuple[str, ...], Iterator[Row]]:
    """The columns, and the rows one by one: of 100,000 answers, a page is in memory.

    Args:
        store: Where they are.
        source: What is exported.
        kind: What one row is.
        filters: Which ones.
    """
    if source.comparison_id:
        return OF_A_PAIR, _pairs(store, source.comparison_id, filters)
    if kind is Kind.RESULTS:
        return OF_A_RESULT, _results(store, source, filters)
    runs = [find_run(store, run_id) for run_id in source.run_ids]
    if kind is Kind.SCORES:
        return OF_A_SCORE, (row for run in runs for row in _scores(store, run, filters))
    words = {run.plan.run_id: _metric_words(store, run, filters) for run in runs}
    of_metrics = dict.fromkeys(
        column for by_signature in words.values() for word in by_signature.values() for column in _score_columns(word)
    )
    return (*OF_AN_ANSWER, *of_metrics), (
        row for run in runs for row in _answers(store, run, words[run.plan.run_id], filters)
    )


def _metric_words(store: Store, run: RunRecord, filters: Filters) -> dict[str, str]:
    """The word under which each signature stands, as `show` has it."""
    measured: Mapping[str, str] = run_result(store, run.plan.run_id)["metrics"]
    return {signature: word for word, signature in measured.items() if not filters.metrics or word in filters.metrics}


def _score_columns(word: str) -> tuple[str, str, str]:
    return word, f"{word} label", f"{word} failure"


def _answers(store: Store, run: RunRecord, words: Mapping[str, str], filters: Filters) -> Iterator[Row]:
    for found, label in _candidates(run, filters):
        for page in iterate_outcomes(store, found.run_candidate_id):
            chosen = [stored for stored in page if _wanted(stored, filters)]
            scores = scores_of_generations(store, [stored.generation_id for stored in chosen])
            for stored in chosen:
                row = _answer(run, found, label, stored)
                for use, said in scores.get(stored.generation_id, ()):
                    if use.signature in words:
                        row |= _score_cells(words[use.signature], said)
                yield row


def _candidates(run: RunRecord, filters: Filters) -> Iterator[tuple[RunCandidateRecord, str]]:
    labels = unique_labels(run)
    for found in run.candidates:
        label = labels[found.run_candidate_id]
        if not filters.candidates or label in filters.candidates:
            yield found, label


def _wanted(stored: StoredOutcome, filters: Filters) -> bool:
    if filters.cases and stored.row.case_id not in filters.cases:
        return False
    return filters.failed is None or filters.failed == isinstance(stored.row.outcome, Failure)


def _answer(run: RunRecord, found: RunCandidateRecord, label: str, stored: StoredOutcome) -> Row:
    row, plan = stored.row, found.plan
    known: Row = {
        "run_id": run.plan.run_id,
        "benchmark": run.plan.benchmark_name,
        "benchmark_version": run.plan.benchmark_version,
        "candidate": label,
        "model": plan.model_name,
        "digest": plan.digest,
        "fingerprint": plan.candidate_fingerprint,
        "endpoint": row.endpoint,
        "case_id": row.case_id,
        "repeat": row.repeat,
        "effective_context": row.effective_context,
        "vram_share": row.vram_share,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
    }
    outcome = row.outcome
    return known | (_of_generation(outcome) if isinstance(outcome, Generation) else _of_failure(outcome))


def _of_generation(given: Generation) -> Row:
    timing = given.timing
    seconds = ("total_s", "ttft_s", "queue_s", "load_s", "prompt_s", "generate_s")
    return {
        "answer": given.answer,
        "thinking": given.thinking,
        "finish_reason": given.finish_reason,
        "own_failure": str(given.own_failure) if given.own_failure else None,
        "prompt_tokens": given.prompt_tokens,
        "output_tokens": given.output_tokens,
        **{name: getattr(timing, name) if timing else None for name in seconds},
        "cold": given.cold,
        "reused": given.reused,
        "n_attempts": given.n_attempts,
        "seed": given.seed,
        "energy_j": given.energy_j,
    }


def _of_failure(given: Failure) -> Row:
    return {"failure": str(given.kind), "message": given.message, "n_attempts": given.n_attempts}


def _score_cells(word: str, said: Measurement | ScoreFailure) -> Row:
    value, label, failure = _score_columns(word)
    if isinstance(said, ScoreFailure):
        return {failure: said.kind}
    return {value: said.value, label: said.label}


def _scores(store: Store, run: RunRecord, filters: Filters) -> Iterator[Row]:
    words = _metric_words(store, run, filters)
    for found, label in _candidates(run, filters):
        for page in iterate_outcomes(store, found.run_candidate_id):
            chosen = [stored for stored in page if _wanted(stored, filters)]
            scores = scores_of_generations(store, [stored.generation_id for stored in chosen])
            for stored in chosen:
                for use, said in scores.get(stored.generation_id, ()):
                    if use.signature in words:
                        yield {
                            "run_id": run.plan.run_id,
                            "benchmark": run.plan.benchmark_name,
                            "candidate": label,
                            "case_id": stored.row.case_id,
                            "repeat": stored.row.repeat,
                            **_score(words[use.signature], use, said),
                        }


def _score(word: str, use: MetricUse, said: Measurement | ScoreFailure) -> Row:
    known: Row = {"metric": word, "signature": use.signature}
    if isinstance(said, ScoreFailure):
        return known | {"failure": said.kind, "message": said.message}
    return known | {"value": said.value, "label": said.label, "rationale": said.rationale}


def _results(store: Store, source: Source, filters: Filters) -> Iterator[Row]:
    """The numbers of `show --json`, a row each."""
    for run_id in source.run_ids:
        result = run_result(store, run_id)
        for found in result["candidates"]:
            if filters.candidates and found["candidate"] not in filters.candidates:
                continue
            known = {name: result[name] for name in ("run_id", "benchmark", "benchmark_version", "status")}
            known |= {name: found[name] for name in ("candidate", "model", "digest", "fingerprint", "endpoint")}
            for metric, numbers in found["metrics"].items():
                if not filters.metrics or metric in filters.metrics:
                    yield from _quantities(known, metric, numbers)


def _quantities(known: Row, metric: str, numbers: Mapping[str, Any]) -> Iterator[Row]:
    head = known | {"metric": metric, "signature": numbers.get("signature")}
    if "value" in numbers:
        yield head | {"quantity": "mean"} | {name: numbers[name] for name in NUMBERS}
    for quantity, part in numbers.items():
        if isinstance(part, Mapping):
            yield head | {"quantity": quantity} | {name: part[name] for name in NUMBERS}


def _pairs(store: Store, comparison_id: str, filters: Filters) -> Iterator[Row]:
    found = find_comparison(store, comparison_id)
    for pair in found.pairs:
        if filters.metrics and pair.metric.name not in filters.metrics:
            continue
        if not _is_among({pair.a, pair.b}, filters.candidates):
            continue
        known: Row = {
            "comparison_id": found.comparison_id,
            "benchmark": found.benchmark_name,
            "benchmark_version": found.benchmark_version,
            "metric": pair.metric.name,
            "signature": pair.metric.signature,
        }
        yield known | {name: getattr(pair, name) for name in OF_A_PAIR[5:]}


def _is_among(sides: set[str], wanted: tuple[str, ...]) -> bool:
    """True for the pairs that a single name is part of, and for those between several names."""
    if len(wanted) == 1:
        return wanted[0] in sides
    return not wanted or sides <= set(wanted)
