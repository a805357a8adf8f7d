"""A comparison as a flow run: requested candidates are evaluated first, then compared with stored runs."""

import shlex
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from deployments.cli.arguments import database_url
from deployments.cli.callers import open_prefect_server, request_source
from deployments.cli.compare.page import show_comparisons
from deployments.cli.compare.request import CompareOptions, cancelled_result
from deployments.cli.evaluate.dry_run import show_dry_run
from deployments.cli.evaluate.preparation import Prepared, check_servers, prepare
from deployments.cli.evaluate.run import Ended, forecast_costs, run_to_its_end, start_embedded_if_requested
from deployments.cli.flow_runs import tell_of_own_server
from deployments.cli.long_commands import workplace
from deployments.cli.terminal.output import EXIT_DONE, EXIT_RUN_FAILED, print_json, print_status
from deployments.cli.terminal.run_results import say_line
from evaluation.errors import BenchwrightError, IncomparableError, UnknownNameError
from evaluation.options import OPTIONS

if TYPE_CHECKING:
    from evaluation.forecasts.costs import Forecast
    from evaluation.forecasts.scoring_work import ScoringWork
    from evaluation.forecasts.search_forecasts import ComparisonForecast
    from evaluation.requests.comparison_request import ComparisonRequest
    from evaluation.resolution.resolution import Resolution
    from evaluation.results.planned_comparisons import PlannedEvaluation
    from evaluation.store.session import Store

_OPTIONS = {"by": "--by", "against": "--against", "margin": "--margin", "metrics": "--metric", "n_flips": "--flips"}
"""Command-line option of each field of the request."""


def compare_by_the_flow(options: CompareOptions, database: str | None, *, as_json: bool) -> int:
    """Return the exit code of a comparison that is a flow run, or of its dry run.

    Raises:
        BenchwrightError: invalid input or setup, before any model is called.
    """
    with comparison_workplace(options, database) as (store, stack):
        prepared, request = prepare_comparison(options, store)
        if prepared is not None and options.dry_run:
            return _show_dry_run(request, prepared, store, stack, as_json=as_json)
        ended = compare_prepared(request, prepared, store, stack)
        return _show_ended(options, request, ended, store, as_json=as_json)


@contextmanager
def comparison_workplace(options: CompareOptions, database: str | None) -> "Iterator[tuple[Store, ExitStack]]":
    """Open the store of a comparison, which has to exist if only stored runs are compared.

    Raises:
        StoreError: it does not exist, or cannot be opened.
    """
    from evaluation.store.session import must_be_there

    if not options.evaluation and (url := database_url(database)) is not None:
        must_be_there(url)
    with workplace(database) as (store, stack):
        yield store, stack


def prepare_comparison(options: CompareOptions, store: "Store") -> "tuple[Prepared | None, ComparisonRequest]":
    """Return what is evaluated first (None: nothing), and the comparison.

    Raises:
        BenchwrightError: invalid input or setup.
    """
    from evaluation.requests.comparison_request import read_comparison_request

    prepared = _prepared(options, store)
    fields = {**options.fields, "evaluation": prepared.request if prepared else None}
    request = read_comparison_request(fields, checks=options.check_metrics if options.checks else None)
    stored_runs = _find_stored(request, prepared, store)
    if prepared is not None:
        _refuse_hopeless(request, prepared, stored_runs)
        request = request.model_copy(update={"runs": stored_runs})
    return prepared, request


def _prepared(options: CompareOptions, store: "Store") -> Prepared | None:
    from evaluation.comparisons.metrics import FIGURES

    if not options.evaluation:
        return None
    metrics = [name for name in options.fields.get("metrics", ()) if name not in FIGURES]
    fields = {**options.evaluation, **({"metrics": metrics} if metrics else {})}
    return prepare(fields, store, source=request_source(), resume=None)


def _find_stored(request: "ComparisonRequest", prepared: Prepared | None, store: "Store") -> list[str]:
    """Return the ids of the stored runs; refuse runs of another benchmark version before a server is started."""
    from evaluation.comparisons.comparison_result import refuse_unfit_runs, requested_runs
    from evaluation.store.benchmarks import save_benchmark

    run_ids = list(requested_runs(store, request))
    if prepared is not None and run_ids:
        versions = {save_benchmark(store, benchmark): benchmark.name for benchmark in prepared.benchmarks}
        refuse_unfit_runs(store, run_ids, versions)
    return run_ids


def _refuse_hopeless(request: "ComparisonRequest", prepared: Prepared, stored_runs: Sequence[str]) -> None:
    """Refuse what could not be compared even after the evaluation, before a server is started."""
    from evaluation.comparisons.sides import KEY_NAMES

    if not stored_runs and len(prepared.request.models) + len(prepared.request.candidates) < 2:
        raise IncomparableError(
            "a comparison needs two sides, but only one candidate was given",
            "Add a second one with --model or --candidate, or a stored RUN.",
        )
    if request.by is not None and request.by not in (*KEY_NAMES, *OPTIONS):
        raise UnknownNameError("comparison key", request.by, [*KEY_NAMES, *OPTIONS])


def _refuse_unknown_side(request: "ComparisonRequest", resolution: "Resolution", store: "Store") -> None:
    """Refuse a baseline that matches no candidate, before any token is spent."""
    from evaluation.requests.comparison_request import FIRST
    from evaluation.store.runs import find_run

    baseline = request.against
    if baseline is None or baseline == FIRST or request.by is not None:
        return
    stored = [find_run(store, run_id) for run_id in request.runs]
    labels = [candidate.plan.label for run in stored for candidate in run.candidates]
    labels += resolution.labels.values()
    names = [
        *labels,
        *(run.plan.run_id for run in stored),
        *(resolved.candidate.model for resolved in resolution.candidates),
    ]
    if not any(name.startswith(baseline) or baseline.startswith(name) for name in names):
        raise UnknownNameError("side", baseline, labels, "Give --against one of these names.")


def _show_dry_run(
    request: "ComparisonRequest", prepared: Prepared, store: "Store", stack: ExitStack, *, as_json: bool
) -> int:
    from evaluation.comparisons.plan import planned_sentence

    planned, costs, afterwards = _forecast(request, prepared, store, stack)
    show_dry_run(costs, afterwards, as_json=as_json, beside={"planned": planned})
    if not as_json:
        for comparison in planned:
            say_line(planned_sentence(comparison))
    return EXIT_DONE


def forecast_prepared_comparison(
    request: "ComparisonRequest", prepared: Prepared, store: "Store", stack: ExitStack
) -> "ComparisonForecast":
    """Return what would be asked and compared; nothing is.

    Raises:
        BenchwrightError: no server, no such model, or no such baseline.
    """
    from evaluation.forecasts.search_forecasts import ComparisonForecast

    planned, costs, afterwards = _forecast(request, prepared, store, stack)
    return ComparisonForecast(planned=planned, costs=costs, asked_afterwards=afterwards)


def _forecast(
    request: "ComparisonRequest", prepared: Prepared, store: "Store", stack: ExitStack
) -> "tuple[tuple[PlannedEvaluation, ...], Forecast, tuple[ScoringWork, ...]]":
    from evaluation.comparisons.plan import planned_beside
    from evaluation.forecasts.scoring_work import work_of_metrics

    start_embedded_if_requested(prepared, stack)
    resolution = check_servers(prepared, store, may_ask=False)
    _refuse_unknown_side(request, resolution, store)
    labels = list(resolution.labels.values())
    planned = tuple(planned_beside(store, request, benchmark, labels) for benchmark in prepared.benchmarks)
    afterwards = tuple(work_of_metrics(store, prepared.request, resolution))
    return planned, forecast_costs(prepared, store, resolution), afterwards


def compare_prepared(
    request: "ComparisonRequest", prepared: Prepared | None, store: "Store", stack: ExitStack
) -> Ended:
    """Return how the comparison ended, which the flow made in this process and stored.

    Args:
        request: The comparison.
        prepared: What is evaluated first; None: nothing.
        store: Where the results go.
        stack: Ends what is started for it.

    Raises:
        BenchwrightError: invalid input or setup, before any model is called.
    """
    invocation_id = prepared.invocation_id if prepared else uuid.uuid4().hex
    server = open_prefect_server(stack)
    if prepared is not None:
        start_embedded_if_requested(prepared, stack)
        _refuse_unknown_side(request, check_servers(prepared, store), store)
    tell_of_own_server(server)

    from flows.compare import compare  # while the server starts

    def begin() -> Any:
        return compare(request, invocation_id, return_state=True)

    return run_to_its_end(begin, invocation_id, store, server)


def _show_ended(
    options: CompareOptions, request: "ComparisonRequest", ended: Ended, store: "Store", *, as_json: bool
) -> int:
    evaluated = evaluated_runs(store, ended.invocation_id)
    if ended.is_interrupted:
        return _show_interrupted(options, request, store, evaluated, ended.code, as_json=as_json)
    if ended.code == EXIT_RUN_FAILED and not evaluated:
        return ended.code
    return _show_evaluated(options, request, store, evaluated, ended.code, as_json=as_json)


def evaluated_runs(store: "Store", invocation_id: str) -> list[str]:
    """Return the ids of the runs that were made for a comparison."""
    from evaluation.store.runs import runs_of_invocation

    return [run.plan.run_id for run in runs_of_invocation(store, invocation_id)]


def _show_evaluated(
    options: CompareOptions,
    request: "ComparisonRequest",
    store: "Store",
    evaluated: Sequence[str],
    code: int,
    *,
    as_json: bool,
) -> int:
    """Show the stored comparison: the same question about the same runs is one comparison."""
    from evaluation.comparisons.comparison_result import compare_and_store

    try:
        results = compare_and_store(store, request, evaluated=evaluated)
    except BenchwrightError as error:
        if code == EXIT_DONE:
            raise
        print_status(f"error: {error.message}")
        return code
    return show_comparisons(options, store, results, as_json=as_json, code=code, evaluated=evaluated)


def _show_interrupted(
    options: CompareOptions,
    request: "ComparisonRequest",
    store: "Store",
    evaluated: Sequence[str],
    code: int,
    *,
    as_json: bool,
) -> int:
    """Tell how to continue: resume the evaluation, then compare its runs."""
    from evaluation.comparisons.comparison_result import grouped_runs
    from evaluation.run_results.run_result import run_result

    runs = [run_result(store, run_id) for run_id in evaluated]
    if as_json:
        print_json(cancelled_result(runs))
    for run in runs:
        print_status(f"{run.benchmark}: run {run.run_id} is {run.status}; nothing was compared")
    steps = [_typed(options, run_ids) for run_ids in grouped_runs(store, request, evaluated=evaluated)]
    if any(run.status != "completed" for run in runs):
        steps.insert(0, f"benchwright evaluate --resume {evaluated[0]}")
    if runs:
        print_status(f"  next: {', then '.join(f'`{step}`' for step in steps)}.")
    return code


def _typed(options: CompareOptions, run_ids: Sequence[str]) -> str:
    """Return the command that compares these runs with the same options."""
    words = ["benchwright", "compare", *run_ids]
    for name, option in _OPTIONS.items():
        value = options.fields.get(name)
        for entry in value if isinstance(value, list) else [] if value is None else [value]:
            words += [option, str(entry)]
    if options.fails and not options.check_metrics:
        words.append("--fail-on-regression")
    for metric in options.check_metrics:
        words += ["--regression-of", metric]
    if options.junit is not None:
        words += ["--junit", str(options.junit)]
    return shlex.join(words)
