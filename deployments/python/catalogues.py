"""Functions that list what there is: metrics, benchmarks, profiles, models, endpoints, experiments, and the rest.

Their names begin with `list_`, since some of the plain words (`benchmarks`, `metrics`, `comparisons`, `reviews`) are
packages of `evaluation`.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from deployments.cli.callers import quietly
from deployments.python.calling import call
from deployments.python.checking import plainly
from deployments.python.evaluations import as_lists
from deployments.python.stored import opened, several

if TYPE_CHECKING:
    from deployments.python.options import File, Settings, Texts
    from evaluation.pipelines.descriptions import PipelineDescription
    from evaluation.results.catalogue_entries import MetricDetails
    from evaluation.results.catalogues import (
        BenchmarkList,
        BenchmarkResult,
        EndpointList,
        ExperimentList,
        MetricList,
        ModelList,
        ProfileList,
        ReviewList,
        StoredComparisonList,
    )
    from evaluation.results.experiments import ExperimentResult
    from evaluation.results.reviews import OpenReviewResult, ReviewResult


@plainly
def list_experiments(*, all: bool = False, tag: "Texts" = (), db: str | None = None) -> "ExperimentList":
    """Return the experiments, favourites first, then the newest, as `benchwright experiments list` does.

    Args:
        all: Include archived ones.
        tag: Only those with all of these tags.
        db: Results database: a path or a URL.

    Raises:
        StoreError: the database is not there, or cannot be opened.
    """
    from deployments.cli.experiments.command import stored_experiments
    from evaluation.results.catalogues import ExperimentList

    with opened(db) as store:
        return ExperimentList(stored_experiments(store, everything=all, tags=several(tag)))


@plainly
def load_experiment(name: str, *, db: str | None = None) -> "ExperimentResult":
    """Return an experiment with its runs, comparisons and notes, as `benchwright experiments show` does.

    Args:
        name: The experiment's name, its id or the beginning of the id.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: no such experiment.
        StoreError: the database is not there, or cannot be opened.
    """
    from evaluation.run_results.experiment_result import experiment_result

    with opened(db) as store:
        return experiment_result(store, name)


@plainly
def list_models(
    *,
    endpoint: "Texts" = (),
    capability: str | None = None,
    max_size: str | None = None,
    family: str | None = None,
    retired: bool = False,
    stored: bool = False,
    db: str | None = None,
    tell: "Callable[[str], None] | None" = None,
) -> "ModelList":
    """Return the models that the servers have now, as `benchwright models list` does, and record them in the store.

    Args:
        endpoint: Names or addresses of servers; default: `OLLAMA_HOST` and the stored ones.
        capability: Only models with this capability: `completion`, `thinking`, …
        max_size: Only models up to this size: `8GB`, `500MB`, …
        family: The family as its server names it: `llama`.
        retired: Include retired models.
        stored: Contact no server; return what was recorded before.
        db: Results database: a path or a URL.
        tell: Called with each note that the command prints beside its result.

    Raises:
        ConfigurationError: a size that is none, or no server answers.
    """
    from deployments.cli.models.listing import known_models
    from evaluation.results.catalogues import ModelList

    find = partial(
        known_models,
        several(endpoint),
        capability=capability,
        max_size=max_size,
        family=family,
        retired=retired,
        stored=stored,
        db=db,
    )
    return ModelList(call(find, tell=tell).fitting)


@plainly
def list_endpoints(*, db: str | None = None) -> "EndpointList":
    """Return the model servers that are stored under a name, as `benchwright endpoints list` does.

    Args:
        db: Results database: a path or a URL.

    Raises:
        StoreError: the database is not there, or cannot be opened.
    """
    from deployments.cli.arguments import open_to_list
    from evaluation.results.catalogues import EndpointList
    from evaluation.store.registry import list_endpoints as stored_endpoints

    with quietly(), open_to_list(db) as store:
        return EndpointList(stored_endpoints(store))


@plainly
def list_comparisons(*, limit: int = 20, all: bool = False, db: str | None = None) -> "StoredComparisonList":
    """Return the stored comparisons, newest first; `load_comparison` returns one in full.

    Args:
        limit: Number of newest ones to return.
        all: Every comparison.
        db: Results database: a path or a URL.

    Raises:
        StoreError: the database is not there, or cannot be opened.
    """
    from evaluation.results.catalogues import StoredComparisonList
    from evaluation.store.comparisons import comparison_summaries

    with opened(db) as store:
        return StoredComparisonList(comparison_summaries(store, limit=None if all else limit))


@plainly
def list_reviews(*, db: str | None = None) -> "ReviewList":
    """Return the reviews, newest first, as `benchwright review list` does.

    Args:
        db: Results database: a path or a URL.

    Raises:
        StoreError: the database is not there, or cannot be opened.
    """
    from evaluation.results.catalogues import ReviewList
    from evaluation.store.reviews import list_reviews as stored_reviews

    with opened(db) as store:
        return ReviewList(stored_reviews(store))


@plainly
def load_review(
    review: str = "last", *, unblind: bool = False, db: str | None = None
) -> "ReviewResult | OpenReviewResult":
    """Return the result of a review, or its progress while ratings are missing, as `benchwright review show` does.

    Args:
        review: Id of the review, a prefix of one, or `last`.
        unblind: Reveal the candidates although ratings are missing.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: no such review.
        StoreError: the database is not there, or cannot be opened.
    """
    from deployments.cli.review.command import told_review

    with opened(db) as store:
        return told_review(store, review, unblind=unblind)


@plainly
def list_benchmarks(*, db: str | None = None) -> "BenchmarkList":
    """Return the standard suites and the stored benchmarks, as `benchwright benchmarks list` does.

    Args:
        db: Results database: a path or a URL.

    Raises:
        StoreError: the database is not there, or cannot be opened.
    """
    from deployments.cli.benchmarks import known_benchmarks
    from evaluation.results.catalogues import BenchmarkList

    with quietly():
        return BenchmarkList(known_benchmarks(db))


@plainly
def load_benchmark(
    name: "File",
    *,
    field: "Settings" = (),
    ignore_field: "Texts" = (),
    db: str | None = None,
) -> "BenchmarkResult":
    """Return a benchmark with its cases, as `benchwright benchmarks show` does.

    Args:
        name: A suite, a stored benchmark, or a file.
        field: Columns of a benchmark file that hold a field: `prompt=question`.
        ignore_field: Fields of a benchmark file to ignore.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: no such benchmark.
        BenchmarkError: the file cannot be read.
    """
    from deployments.cli.benchmarks import found_benchmark
    from evaluation.results.catalogue_entries import BenchmarkFacts
    from evaluation.results.catalogues import BenchmarkResult

    with quietly():
        benchmark = found_benchmark(str(name), **fields_of_file(field, ignore_field), db=db)
    return BenchmarkResult(facts=BenchmarkFacts.of(benchmark), cases=benchmark.cases)


def fields_of_file(field: "Settings", ignore_field: "Texts") -> Mapping[str, Any]:
    """Return how a benchmark file is to be read, as the commands take it."""
    words = as_lists({"field": field, "ignore_field": ignore_field})
    return {"fields": words["field"], "ignored": words["ignore_field"]}


@plainly
def list_metrics(*, tell: "Callable[[str], None] | None" = None) -> "MetricList":
    """Return every metric by family, as `benchwright metrics list` does.

    Args:
        tell: Called with the problems of packages whose metrics cannot be used.

    Raises:
        ConfigurationError: `tell` is no function.
    """
    from deployments.cli.metrics import available_metrics
    from evaluation.results.catalogues import MetricList

    with quietly(tell):
        return MetricList(available_metrics())


@plainly
def load_metric(name: str) -> "MetricDetails":
    """Return what a metric computes, what it does not capture, and its options, as `benchwright metrics show` does.

    Args:
        name: A metric, optionally with options, or your own as `path.py:Name`.

    Raises:
        UnknownNameError: no such metric.
        ConfigurationError: an option is wrong.
    """
    from deployments.cli.metrics import metric_details

    with quietly():
        return metric_details(name)


@plainly
def list_profiles(*, db: str | None = None) -> "ProfileList":
    """Return the standard and the stored prompt profiles, as `benchwright profiles list` does.

    Args:
        db: Results database: a path or a URL.

    Raises:
        StoreError: the database is not there, or cannot be opened.
    """
    from deployments.cli.profiles import known_profiles
    from evaluation.results.catalogues import ProfileList

    with quietly():
        return ProfileList(known_profiles(db))


@plainly
def list_pipelines() -> "tuple[PipelineDescription, ...]":
    """Return every pipeline that a candidate may name, as `benchwright pipelines list` does."""
    from deployments.cli.pipelines import available_pipelines

    with quietly():
        return tuple(available_pipelines())


@plainly
def load_pipeline(name: str) -> "PipelineDescription":
    """Return what a pipeline does, and its options, as `benchwright pipelines show` does.

    Args:
        name: A pipeline.

    Raises:
        UnknownNameError: no such pipeline.
    """
    from deployments.cli.pipelines import pipeline_details

    with quietly():
        return pipeline_details(name)
