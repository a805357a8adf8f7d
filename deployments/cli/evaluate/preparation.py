"""Preparing an evaluation: from command-line options to a checked request with its benchmarks.

All checks run before a server is started or a token is spent.
"""

import asyncio
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployments.cli.arguments import read_settings
from deployments.cli.blocks_in_use import with_servers_of_pools
from deployments.cli.terminal.output import print_status
from evaluation.case import Benchmark
from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.files.path_text import checked_path
from evaluation.metric_specs import names_a_file
from evaluation.records.runs import RunRecord

if TYPE_CHECKING:
    from evaluation.candidate_files.reading import LoadedCandidate
    from evaluation.requests.evaluation_request import EvaluationRequest
    from evaluation.resolution.benchmarks import ResolvedBenchmark
    from evaluation.resolution.resolution import Resolution
    from evaluation.store.session import Store


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A request that is ready to evaluate, with the runs to resume."""

    request: "EvaluationRequest"
    invocation_id: str
    benchmarks: tuple[Benchmark, ...]
    earlier: tuple[RunRecord, ...] = ()
    """The runs to resume; empty for a new invocation."""
    files: "tuple[LoadedCandidate, ...]" = ()
    """Candidates that were read from files."""


def prepare(fields: Mapping[str, Any], store: "Store", *, source: str, resume: str | None) -> Prepared:
    """Return the request that was typed, or the one that is resumed; says what each benchmark is.

    Raises:
        BenchwrightError: invalid input or setup.
    """
    from deployments.cli.evaluate.candidate_files import with_candidate_files
    from evaluation.requests.evaluation_request import read_request

    if resume is None:
        from evaluation.planning.templates import with_template
        from evaluation.requests.unused_options import refuse_unused_options

        with_those_of_template = with_template(store, fields)
        refuse_unused_options(fields, with_those_of_template)
        whole_fields, files = with_candidate_files(with_those_of_template, store)
        request = _with_absolute_paths(read_request(whole_fields, source=source))
        loaded = tuple(_read_benchmark(name, request, store) for name in request.benchmarks)
        return Prepared(request=request, invocation_id=uuid.uuid4().hex, benchmarks=loaded, files=files)
    from evaluation.planning.resuming import refuse_held, resumed
    from evaluation.requests.run_share import whole_of

    with naming_the_run(store, resume):
        added, files = with_candidate_files(fields, store)
        request, invocation_id, earlier = resumed(store, resume, added)
    refuse_held(store, invocation_id, part=whole_of(request.spread) if request.spread > 1 else None)
    begun = tuple(_stored_benchmark(run, store) for run in earlier)
    rest = tuple(_read_benchmark(name, request, store) for name in request.benchmarks[len(begun) :])
    for run in earlier:
        print_status(f"resuming run {run.plan.run_id} ({run.plan.benchmark_name}, {run.status})")
    return Prepared(
        request=request, invocation_id=invocation_id, benchmarks=(*begun, *rest), earlier=earlier, files=files
    )


@contextmanager
def naming_the_run(store: "Store", run: str | None) -> Iterator[None]:
    """Make errors of a resume name its run; an unknown run is told as it is.

    Args:
        store: Where the run is.
        run: Its id, the beginning of one, or `last`; None: nothing is resumed.
    """
    from evaluation.store.runs import find_run

    try:
        yield
    except ConfigurationError as error:
        if run is None or (isinstance(error, UnknownNameError) and error.kind == "run"):
            raise
        run_id = find_run(store, run).plan.run_id
        if run_id not in error.message:
            error.message = f"run {run_id} cannot be resumed so: {error.message}"
        raise


def check_servers(prepared: Prepared, store: "Store", *, may_ask: bool = True) -> "Resolution":
    """Return the servers and models for the request; prints remarks before the flow run begins.

    Args:
        prepared: What is asked for.
        store: Where the results go.
        may_ask: False for a dry run: no model is asked, not even for one embedding.

    Raises:
        BenchwrightError: no server, no such model, or a model with other weights than before.
    """
    from deployments.cli.evaluate.candidate_files import refuse_other_candidates
    from evaluation.resolution.resolution import resolve

    request = with_servers_of_pools(prepared.request, store)
    with naming_the_run(store, prepared.earlier[0].plan.run_id if prepared.earlier else None):
        resolution = asyncio.run(
            resolve(request, prepared.benchmarks, settings=read_settings(), store=store, may_ask=may_ask)
        )
    refuse_other_candidates(prepared.files, [resolved.candidate for resolved in resolution.candidates])
    if prepared.earlier:
        from evaluation.planning.resuming import refuse_changed_weights

        refuse_changed_weights(prepared.earlier, resolution.candidates)
    for note in resolution.notes:
        print_status(f"note: {note}")
    return resolution


def at_level(prepared: Prepared, store: "Store", resolution: "Resolution") -> Prepared:
    """Return the prepared request; with a level, it extends the runs of an equal request at another level, if any.

    Raises:
        HeldError: another process works on these runs.
    """
    if prepared.request.level is None or prepared.earlier:
        return prepared
    from evaluation.planning.level_continuation import level_start

    request = prepared.request
    if isinstance(request.prices, str):
        from tasks.block_values import with_prices

        request = asyncio.run(with_prices(request))
    start = level_start(store, request, resolution)
    if start.note is not None:
        print_status(f"note: {start.note}")
    if start.invocation_id is None:
        return prepared
    return replace(
        prepared,
        request=prepared.request.model_copy(update={"level": start.request.level}),
        invocation_id=start.invocation_id,
        earlier=start.runs,
    )


def _with_absolute_paths(request: "EvaluationRequest") -> "EvaluationRequest":
    """Return the request with absolute paths of its benchmark files, so that it can be repeated from anywhere."""
    from evaluation.benchmarks.suites import standard_suites

    suites = standard_suites()
    names = [
        name if name in suites or not os.path.exists(name) else checked_path(str(Path(name).resolve()))
        for name in request.benchmarks
    ]
    return request.model_copy(update={"benchmarks": names})


def _read_benchmark(name: str, request: "EvaluationRequest", store: "Store") -> Benchmark:
    """Read the benchmark once. What cannot be measured is refused before a server is started."""
    from evaluation.benchmarks.loading import equal_contents, recognised_line
    from evaluation.resolution.benchmarks import find_benchmark, resolve_benchmark

    benchmark = find_benchmark(name, store=store, fields=request.field_mapping(), ignore=request.ignore_fields)
    measured = resolve_benchmark(benchmark, request)
    print_status(recognised_line(_as_measured(measured, request.metrics)))
    for sentence in benchmark.fields.as_sentences():
        print_status(f"note: {benchmark.name}: {sentence}")
    if equal := equal_contents(benchmark):
        print_status(
            f"note: {benchmark.name}: {len(equal)} groups of cases have the same prompt and references, such as "
            f"{equal[0]}"
        )
    return benchmark


def _as_measured(resolved: "ResolvedBenchmark", metric_texts: Sequence[str]) -> Benchmark:
    """Return the benchmark with its metrics replaced by those of the request, if that names any."""
    if not metric_texts:
        return resolved.benchmark
    metrics = [
        metric.name if names_a_file(text) else text for text, metric in zip(metric_texts, resolved.metrics, strict=True)
    ]
    return replace(resolved.benchmark, metrics=tuple(metrics), headline=resolved.headline)


def _stored_benchmark(run: RunRecord, store: "Store") -> Benchmark:
    """Return the version that the run began with, whatever happened to its file."""
    from evaluation.store.benchmarks import load_benchmark_version

    return load_benchmark_version(store, run.plan.benchmark_version, run.plan.benchmark_name)
