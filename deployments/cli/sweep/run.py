"""Running `benchwright sweep`, from its options to the exit code: prepare, run the flow, show the result."""

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from deployments.cli.arguments import open_stored
from deployments.cli.callers import open_prefect_server, request_source
from deployments.cli.evaluate.preparation import Prepared, check_servers, prepare
from deployments.cli.evaluate.run import (
    Ended,
    forecast_costs,
    marked_as_failed,
    run_to_its_end,
    show_dry_plan,
    start_embedded_if_requested,
)
from deployments.cli.flow_runs import TerminatedError, tell_of_own_server
from deployments.cli.long_commands import ended_without_runs, workplace
from deployments.cli.search_options import TypedSearch
from deployments.cli.terminal.output import EXIT_DONE, EXIT_RUN_FAILED, print_json, print_status, report_error
from deployments.cli.terminal.run_results import print_reasons
from evaluation.errors import ConfigurationError, DatabaseLostError, StoreError
from evaluation.results.as_json import as_json as result_as_json

if TYPE_CHECKING:
    from evaluation.requests.sweep_request import SweepRequest
    from evaluation.results.runs import InvocationResult
    from evaluation.store.session import Store

ABOUT_SHOW = "For example `benchwright sweep --show last`"
SHOWN_ROWS = 24
"""Maximum rows of a dry run's table: a sweep may have thousands of combinations, which all look alike."""


def run_sweep(search: TypedSearch, *, database: str | None, as_json: bool) -> int:
    """Return the exit code of a sweep.

    Raises:
        BenchwrightError: invalid input or setup, before any model is called.
    """
    invocation_id: str | None = None
    try:
        with workplace(database, may_be_new=search.resume is None) as (store, stack):
            prepared, request = prepare_sweep(search, store)
            invocation_id = prepared.invocation_id
            if search.dry_run:
                print_status(tried_sentence(request))
                swept = [parameter.name for parameter in request.all_parameters()]
                return show_dry_plan(prepared, store, stack, as_json=as_json, max_rows=SHOWN_ROWS, named=swept)
            return _show(sweep_prepared(prepared, request, store, stack), store, as_json=as_json)
    except (KeyboardInterrupt, TerminatedError, DatabaseLostError) as end:
        return ended_without_runs(end, invocation_id, as_json=as_json)


def show_sweep(run: str, search: TypedSearch, *, database: str | None, as_json: bool) -> int:
    """Print what a stored sweep found.

    Args:
        run: Its run.
        search: What else was typed, which must be nothing.
        database: Where it is stored.
        as_json: Print the result as JSON.

    Raises:
        UnknownNameError: no such run.
        ConfigurationError: the run is not a sweep, or something else was typed.
    """
    from evaluation.run_results.run_result import invocation_result
    from evaluation.store.search_runs import find_sweep_run

    others = [*search.fields, *(name for name in search.evaluation if name != "prices")]
    if others or search.resume is not None or search.dry_run:
        raise ConfigurationError("--show takes only --db and --json", ABOUT_SHOW)
    with open_stored(database) as store:
        plan = find_sweep_run(store, run).plan
        result = invocation_result(store, plan.invocation_id)
        _print(store, plan.invocation_id, result, as_json=as_json)
    return EXIT_DONE


def prepare_sweep(search: TypedSearch, store: "Store") -> "tuple[Prepared, SweepRequest]":
    """Return the sweep that was changes for, or the one that is resumed.

    Raises:
        BenchwrightError: invalid input or setup.
    """
    from evaluation.planning.templates import with_template
    from evaluation.requests.sweep_request import prompt_benchmark, read_sweep_request
    from evaluation.store.benchmarks import save_benchmark

    if search.resume is not None:
        return _resumed(search, search.resume, store)
    typed = read_sweep_request({**search.fields, "evaluation": with_template(store, search.evaluation)})
    if typed.prompt is not None:
        save_benchmark(store, prompt_benchmark(typed.prompt))
    changes = typed.evaluation_of_all().model_dump(exclude_defaults=True)
    prepared = prepare(changes, store, source=request_source(), resume=None)
    names = {"benchmarks": prepared.request.benchmarks}
    return prepared, typed.model_copy(update={"evaluation": typed.evaluation.model_copy(update=names)})


def _resumed(search: TypedSearch, run: str, store: "Store") -> "tuple[Prepared, SweepRequest]":
    from evaluation.planning.resuming import HOW
    from evaluation.requests.sweep_request import read_sweep_request
    from evaluation.store.search_runs import find_sweep_run
    from evaluation.store.sweeps import find_sweep

    others = [*search.fields, *(name for name in search.evaluation if name not in HOW and name != "prices")]
    if others:
        raise ConfigurationError(
            f"{', '.join(others)}: a resumed sweep keeps its parameters, its models and its cases",
            "Resume it with only server options, or start a new sweep.",
        )
    changes = {name: value for name, value in search.evaluation.items() if name != "prices"}
    earlier = find_sweep_run(store, run).plan
    prepared = prepare(changes, store, source=request_source(), resume=earlier.run_id)
    record = find_sweep(store, prepared.invocation_id)
    assert record is not None  # noqa: S101 - found above
    how = {name: getattr(prepared.request, name) for name in HOW}
    evaluation = {**record.request["evaluation"], **how}
    return prepared, read_sweep_request({**record.request, "evaluation": evaluation}, source="the stored sweep")


def tried_sentence(request: "SweepRequest") -> str:
    """Return how many combinations of which parameters are tried."""
    n = len(request.combinations())
    names = ", ".join(parameter.name for parameter in request.all_parameters())
    fewer = f"; there are no {request.samples:,}" if request.samples is not None and n < request.samples else ""
    return f"{n:,} combination{'s' if n != 1 else ''} of {names} ({request.design}){fewer}"


def sweep_prepared(prepared: Prepared, request: "SweepRequest", store: "Store", stack: ExitStack) -> Ended:
    """Return how the sweep ended, which the flow ran in this process.

    Args:
        prepared: The evaluation of all combinations.
        request: The sweep.
        store: Where the results go.
        stack: Ends what is started for it.

    Raises:
        BenchwrightError: invalid input or setup, before any model is called.
    """
    from evaluation.forecasts.scoring_work import work_of_metrics
    from evaluation.planning.unsent_parameters import unsent_notes
    from evaluation.reports.forecasts import afterwards_sentence, sentences
    from evaluation.requests.sweep_request import refuse_equal_combinations

    server = open_prefect_server(stack)
    start_embedded_if_requested(prepared, stack)
    resolution = check_servers(prepared, store)
    refuse_equal_combinations(len(request.combinations()), len(resolution.candidates))
    for note in unsent_notes(request.all_parameters(), resolution.candidates, resolution.benchmarks[0].benchmark):
        print_status(f"note: {note}")
    print_status(tried_sentence(request))
    for sentence in sentences(forecast_costs(prepared, store, resolution)):
        print_status(sentence)
    for work in work_of_metrics(store, prepared.request, resolution):
        print_status(afterwards_sentence(work))
    tell_of_own_server(server)

    from flows.sweep import sweep  # while the server starts

    def begin() -> Any:
        return sweep(request, prepared.invocation_id, return_state=True)

    return run_to_its_end(begin, prepared.invocation_id, store, server)


def _show(ended: Ended, store: "Store", *, as_json: bool) -> int:
    from evaluation.run_results.run_result import invocation_result

    try:
        result = invocation_result(store, ended.invocation_id)
        if ended.broken_by is not None:
            result = marked_as_failed(result, ended.broken_by)
        _print(store, ended.invocation_id, result, as_json=as_json)
    except DatabaseLostError:
        raise
    except StoreError as error:
        if ended.is_interrupted:
            return ended.code
        return report_error(ended.broken_by or error, as_json=as_json, code=EXIT_RUN_FAILED)
    if ended.code != EXIT_DONE:
        print_status(f"  next: `benchwright sweep --resume {result.runs[0].run_id}` resumes it.")
    return ended.code


def _print(store: "Store", invocation_id: str, result: "InvocationResult", *, as_json: bool) -> None:
    from deployments.cli.sweep.page import print_sweep
    from evaluation.reports.sweeps.findings import sweep_sentences
    from evaluation.run_results.sweep_result import sweep_outcome

    outcome = sweep_outcome(store, invocation_id)
    if as_json:
        print_json(
            {**result_as_json(result), "sweep": {**result_as_json(outcome), "sentences": sweep_sentences(outcome)}}
        )
    else:
        print_sweep(result, outcome)
        for run in result.runs:
            print_reasons(store, run)
