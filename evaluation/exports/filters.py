"""Row filters of an export; a filter that would silently exclude every row is rejected."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.exports.metric_words import words_of_runs
from evaluation.exports.source import Kind, Source
from evaluation.records.labels import unique_labels
from evaluation.run_results.case_result import unknown_case
from evaluation.run_results.run_result import run_result
from evaluation.store.comparisons import find_comparison
from evaluation.store.run_cases import has_run_case
from evaluation.store.runs import find_run, load_runs
from evaluation.store.session import Store
from evaluation.store.stage_pages import has_stages


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Conditions on the exported rows; an empty filter keeps all."""

    candidates: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    failed: bool | None = None
    """True: only failures of the server; False: only answers."""


def check_filters(store: Store, source: Source, kind: Kind, filters: Filters) -> None:
    """Check the filters, refusing those that would silently leave everything out.

    Raises:
        ConfigurationError: this kind of row is not available from the source, or does not have this filter.
        UnknownNameError: a candidate, a metric or a case that does not occur.
    """
    if kind not in source.kinds:
        raise ConfigurationError(
            f"{source.name} has no {kind}", f"It has: {', '.join(source.kinds)}; choose with --table."
        )
    if filters.failed is not None and kind is not Kind.ANSWERS:
        raise ConfigurationError(f"--failed and --answered choose among answers, not {kind}", "Give --table answers.")
    if filters.cases and kind in (Kind.RESULTS, Kind.PAIRS):
        raise ConfigurationError(f"--case does not choose among {kind}", "Give --table answers or scores.")
    if kind is Kind.STAGES:
        _check_stages(store, source, filters)
    if filters.candidates:
        refuse_unknown(f"candidate of {source.name}", filters.candidates, _labels(store, source))
    if filters.metrics:
        refuse_unknown(f"metric of {source.name}", filters.metrics, _metrics(store, source, kind))
    for case_id in filters.cases:
        if not any(has_run_case(store, run_id, case_id) for run_id in source.run_ids):
            raise unknown_case(store, find_run(store, source.run_ids[-1]), case_id)


def _check_stages(store: Store, source: Source, filters: Filters) -> None:
    if filters.metrics:
        raise ConfigurationError("--metric does not choose among stages", "Give --table answers, scores or results.")
    if not has_stages(store, source.run_ids):
        raise ConfigurationError(
            f"{source.name} has no stages: none of its candidates has a pipeline", "Give --table answers."
        )


def refuse_unknown(what: str, names: Sequence[str], known_names: Sequence[str]) -> None:
    """Raise an `UnknownNameError` for the first name that is not known."""
    for name in names:
        if name not in known_names:
            raise UnknownNameError(what, name, known_names)


def _labels(store: Store, source: Source) -> list[str]:
    """Return the labels of the candidates, or of the sides of a comparison."""
    if source.comparison_id:
        pairs = find_comparison(store, source.comparison_id).pairs
        return list(dict.fromkeys(side for pair in pairs for side in (pair.result.a, pair.result.b)))
    runs = load_runs(store, source.run_ids)
    return list(dict.fromkeys(label for run in runs for label in unique_labels(run).values()))


def _metrics(store: Store, source: Source, kind: Kind) -> list[str]:
    """Return the names of the metrics that occur in these rows."""
    if source.comparison_id:
        pairs = find_comparison(store, source.comparison_id).pairs
        return list(dict.fromkeys(pair.result.metric for pair in pairs))
    if kind is Kind.RESULTS:
        results = [run_result(store, run_id) for run_id in source.run_ids]
        return list(
            dict.fromkeys(name for result in results for candidate in result.candidates for name in candidate.metrics)
        )
    return list(words_of_runs(store, load_runs(store, source.run_ids)).values())
