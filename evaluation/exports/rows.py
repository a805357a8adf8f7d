"""Rows of plain values to export from a run, an experiment or a comparison."""

from collections.abc import Iterator

from evaluation.exports.answers import OF_A_SCORE, OF_AN_ANSWER, Row, answer_rows, score_columns, score_rows
from evaluation.exports.filters import Filters
from evaluation.exports.metric_words import words_of_runs
from evaluation.exports.source import Kind, Source
from evaluation.exports.stages import OF_A_STAGE, stage_rows
from evaluation.results.as_json import as_json
from evaluation.results.estimates import MetricEstimate
from evaluation.results.runs import CandidateResult, MetricResult, RunResult
from evaluation.run_results.run_result import run_result
from evaluation.store.comparisons import ComparisonPairRecord, find_comparison
from evaluation.store.runs import load_runs
from evaluation.store.session import Store

NUMBERS = ("value", "low", "high", "n", "method")
OF_A_RESULT = (
    "run_id", "benchmark", "benchmark_version", "status", "candidate", "model", "digest", "fingerprint", "endpoint",
    "metric", "signature", "quantity", *NUMBERS,
)  # fmt: skip
OF_A_PAIR = (
    "comparison_id", "benchmark", "benchmark_version", "metric", "signature", "a", "b", "a_key", "b_key", "verdict",
    "difference", "low", "high", "p_value", "p_adjusted", "n_pairs", "method", "effect_size", "mde",
)  # fmt: skip


def rows(store: Store, source: Source, kind: Kind, filters: Filters) -> tuple[tuple[str, ...], Iterator[Row]]:
    """Return the columns, and an iterator over the rows, which keeps one page of them in memory.

    Args:
        store: Where they are.
        source: What is exported.
        kind: What one row is.
        filters: Which ones.
    """
    if source.comparison_id:
        return _pairs(store, source.comparison_id, filters)
    if kind is Kind.RESULTS:
        return OF_A_RESULT, _results(store, source, filters)
    runs = load_runs(store, source.run_ids)
    if kind is Kind.STAGES:
        return OF_A_STAGE, (row for run in runs for row in stage_rows(store, run, filters))
    all_words = words_of_runs(store, runs)
    words = {signature: word for signature, word in all_words.items() if not filters.metrics or word in filters.metrics}
    if kind is Kind.SCORES:
        return OF_A_SCORE, (row for run in runs for row in score_rows(store, run, words, filters))
    columns = dict.fromkeys(column for word in words.values() for column in score_columns(word))
    return (*OF_AN_ANSWER, *columns), (row for run in runs for row in answer_rows(store, run, words, filters))


def _results(store: Store, source: Source, filters: Filters) -> Iterator[Row]:
    """Yield the numbers of `show --json`, a row each."""
    for run_id in source.run_ids:
        run = run_result(store, run_id)
        for candidate in run.candidates:
            if filters.candidates and candidate.label not in filters.candidates:
                continue
            about = _about(run, candidate)
            for metric, result in candidate.metrics.items():
                if not filters.metrics or metric in filters.metrics:
                    yield from _quantities(about, metric, result)


def _about(run: RunResult, candidate: CandidateResult) -> Row:
    return {
        "run_id": run.run_id,
        "benchmark": run.benchmark,
        "benchmark_version": run.benchmark_version,
        "status": str(run.status),
        "candidate": candidate.label,
        "model": candidate.model,
        "digest": candidate.digest,
        "fingerprint": candidate.fingerprint,
        "endpoint": candidate.endpoint,
    }


def _quantities(about: Row, metric: str, result: MetricResult) -> Iterator[Row]:
    head = about | {"metric": metric, "signature": result.signature}
    estimates = {} if result.mean is None else {"mean": result.mean}
    for quantity, estimate in {**estimates, **result.quantities}.items():
        yield head | {"quantity": quantity} | _numbers(estimate)


def _numbers(estimate: MetricEstimate) -> Row:
    return {
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "n": estimate.n_cases,
        "method": estimate.method,
    }


def _pairs(store: Store, comparison_id: str, filters: Filters) -> tuple[tuple[str, ...], Iterator[Row]]:
    """Return the pairs of `compare --json`, with all their values."""
    comparison = find_comparison(store, comparison_id)
    of_comparison = {
        "comparison_id": comparison.comparison_id,
        "benchmark": comparison.benchmark_name,
        "benchmark_version": comparison.benchmark_version,
    }
    selected = [pair for pair in comparison.pairs if _is_selected(pair, filters)]
    further = dict.fromkeys(name for pair in comparison.pairs for name in as_json(pair.result) if name not in OF_A_PAIR)
    return (*OF_A_PAIR, *further), (of_comparison | _pair(pair) for pair in selected)


def _pair(pair: ComparisonPairRecord) -> Row:
    return {"signature": pair.metric.signature, "a_key": pair.a_key, "b_key": pair.b_key, **as_json(pair.result)}


def _is_selected(pair: ComparisonPairRecord, filters: Filters) -> bool:
    """Check whether the pair contains the single name, or is between two of several names."""
    if filters.metrics and pair.result.metric not in filters.metrics:
        return False
    sides, names = {pair.result.a, pair.result.b}, set(filters.candidates)
    return bool(names & sides) if len(names) == 1 else not names or sides <= names
