"""Resolution of a benchmark's name, with a check that the metrics can be measured on it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evaluation.benchmarks.rendering import check_renderable
from evaluation.case import Benchmark
from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.files.allowed_files import file_limit
from evaluation.files.names import normal_name
from evaluation.metrics.metric import Metric, Need
from evaluation.metrics.needs import missing_needs
from evaluation.records.candidates import BenchmarkRecord
from evaluation.results.catalogue_entries import BenchmarkFacts
from evaluation.results.catalogues import BenchmarkPage

if TYPE_CHECKING:
    from evaluation.requests.evaluation_request import EvaluationRequest
    from evaluation.store.session import Store


@dataclass(frozen=True, kw_only=True)
class ResolvedBenchmark:
    """A benchmark with the metrics that this run computes."""

    benchmark: Benchmark
    metrics: tuple[Metric, ...]
    headline: str


def resolve_benchmark(benchmark: Benchmark, request: "EvaluationRequest") -> ResolvedBenchmark:
    """Return the benchmark with the request's metrics, or its own where none is named; not yet bound to models."""
    if not benchmark.cases:
        raise ConfigurationError(f"benchmark {benchmark.name!r} has no case", "Add a case to its file.")
    check_renderable(benchmark)
    chosen = tuple(_metric(text, benchmark, request) for text in (request.metrics or benchmark.metrics))
    names = [metric.name for metric in chosen]
    headline = benchmark.headline if benchmark.headline in names else names[0]
    return ResolvedBenchmark(benchmark=benchmark, metrics=chosen, headline=headline)


def find_benchmark(
    name: str, *, store: "Store | None", fields: Mapping[str, str] | None = None, ignore: Sequence[str] = ()
) -> Benchmark:
    """Return a standard suite, else a stored benchmark, else the file at that path.

    Args:
        name: Its name or path.
        store: The store with stored benchmarks; None: there is none.
        fields: Mapping of our field names to those of the file.
        ignore: Fields of the file to leave out.

    Raises:
        UnknownNameError: neither a suite, nor stored, nor a path.
        ConfigurationError: fields are mapped or ignored, and it is not a file.
        BenchmarkError: the file cannot be used.
    """
    from evaluation.benchmarks.loading import load_benchmark, refuse_fields
    from evaluation.store.benchmarks import list_benchmarks, load_benchmark_version

    if store is None or not _may_be_stored(name):
        return load_benchmark(name, fields=fields, ignore=ignore)
    if (stored := _stored(name, store)) is not None:
        refuse_fields(f"the stored benchmark {name!r}", fields, ignore)
        return load_benchmark_version(store, stored.version)
    try:
        return load_benchmark(name, fields=fields, ignore=ignore)
    except UnknownNameError as error:
        names = [*error.known, *(record.name for record in list_benchmarks(store))]
        raise UnknownNameError(error.kind, name, dict.fromkeys(names), error.next_step) from None


def benchmark_page(name: str, *, store: "Store", after: int, limit: int) -> BenchmarkPage:
    """Return a benchmark with a page of its cases, of which no others are read where it is stored.

    Args:
        name: Its name or path, as `find_benchmark` takes it.
        store: The store with stored benchmarks.
        after: Position of the case behind which the page begins; -1: at the beginning.
        limit: Number of cases at most.

    Raises:
        BenchwrightError: as `find_benchmark`.
    """
    from evaluation.store.benchmarks import case_page, load_benchmark_version

    stored = _stored(name, store) if _may_be_stored(name) else None
    if stored is None:
        benchmark = find_benchmark(name, store=store)
        facts, cases = BenchmarkFacts.of(benchmark), benchmark.cases[after + 1 : after + 2 + limit]
    else:
        prompt = load_benchmark_version(store, stored.version, stored.name, case_ids=()).prompt
        facts = replace(BenchmarkFacts.of(stored), prompt=prompt, saved_at=None)
        cases = case_page(store, stored.version, after=after, limit=limit + 1)
    return BenchmarkPage(facts=facts, cases=cases[:limit], last=after + limit if len(cases) > limit else None)


def _may_be_stored(name: str) -> bool:
    """Return False for a standard suite, and for a file that may be named and is there."""
    from evaluation.benchmarks.suites import standard_suites

    return name not in standard_suites() and (file_limit() is not None or not os.path.exists(name))


def _stored(name: str, store: "Store") -> BenchmarkRecord | None:
    from evaluation.store.benchmarks import find_benchmark as find_stored

    return find_stored(store, name) or find_stored(store, normal_name(name))


def _metric(text: str, benchmark: Benchmark, request: "EvaluationRequest") -> Metric:
    from evaluation.metrics.parsing import parse_metric
    from evaluation.resolution.metric_models import how_to_offer, offered_needs
    from evaluation.sandbox.isolation import isolation
    from evaluation.settings import Settings

    metric = parse_metric(text, may_name_a_file=bool(request.metrics))
    offered = offered_needs(request, metric)
    if lacking := missing_needs(metric, benchmark.cases, offered=offered):
        raise ConfigurationError(
            f"benchmark {benchmark.name!r}: {lacking}",
            (how_to_offer(metric) if metric.asks_for - offered else None) or "Choose another with --metric.",
        )
    if Need.SANDBOX in metric.asks_for:
        isolation(Settings().sandbox)  # refuses where programs cannot be kept from harm
    if metric.n_repeats_needed > request.repeats:
        raise ConfigurationError(
            f"metric {metric.text} needs each case asked {metric.n_repeats_needed} times, and repeats is "
            f"{request.repeats}",
            f"Give --repeats {metric.n_repeats_needed} or more.",
        )
    return metric
