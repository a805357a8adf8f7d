"""Running an evaluation, from a checked request to the exit code: start servers, run the flow, print the result."""

import asyncio
import os
import signal
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployments.cli.arguments import read_settings
from deployments.cli.callers import open_prefect_server
from deployments.cli.evaluate.dry_run import show_dry_run
from deployments.cli.evaluate.preparation import Prepared, at_level, check_servers, prepare
from deployments.cli.evaluate.thresholds import threshold_cases, threshold_checks
from deployments.cli.evaluate.worker_checks import check_spread, check_spread_of_dry_run
from deployments.cli.flow_runs import TerminatedError, all_have_ended, run_flow, tell_of_own_server
from deployments.cli.junit_file import refuse_unwritable, write_junit
from deployments.cli.long_commands import ended_without_runs, workplace
from deployments.cli.terminal.levels import print_levels, with_typed_commands
from deployments.cli.terminal.output import (
    EXIT_CHECK_FAILED,
    EXIT_DONE,
    EXIT_INTERRUPTED,
    EXIT_RUN_FAILED,
    EXIT_TERMINATED,
    print_json,
    print_status,
    report_error,
    report_lost_results,
)
from deployments.cli.terminal.run_results import print_invocation
from evaluation.errors import BenchwrightError, ConfigurationError, DatabaseLostError, StoreError
from evaluation.records.status import Status

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

    from evaluation.forecasts.costs import Forecast
    from evaluation.resolution.resolution import Resolution
    from evaluation.results.runs import InvocationResult
    from evaluation.store.session import Store

EMBEDDED_SLOTS = 2


def run_evaluation(
    fields: Mapping[str, Any],
    *,
    database: str | None,
    as_json: bool,
    source: str = "the command line",
    resume: str | None = None,
    dry_run: bool = False,
    junit: Path | None = None,
) -> int:
    """Return the exit code of an evaluation of what was asked for.

    Args:
        fields: Fields of `EvaluationRequest`; with `resume`, what is added to the stored request.
        database: Where results are kept; None: the default.
        as_json: Print the result as JSON.
        source: What errors name as the place of a bad value.
        resume: A run whose invocation to resume, or `last`.
        dry_run: Print the plan alone.
        junit: A file to which the thresholds of the request are written as JUnit XML.

    Raises:
        BenchwrightError: invalid input or setup, before any model is called.
    """
    prepared: Prepared | None = None
    try:
        with workplace(database, may_be_new=resume is None) as (store, stack):
            prepared = prepare(fields, store, source=source, resume=resume)
            if junit is not None:
                _check_junit(prepared, junit)
            if dry_run:
                check_spread_of_dry_run(prepared.request, store)
                return show_dry_plan(prepared, store, stack, as_json=as_json)
            ended = evaluate_prepared(prepared, store, stack)
            return _show(prepared, ended, store, as_json=as_json, junit=junit)
    except (KeyboardInterrupt, TerminatedError, DatabaseLostError) as end:
        return ended_without_runs(end, prepared.invocation_id if prepared else None, as_json=as_json)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """Outcome of the work on an invocation."""

    invocation_id: str
    code: int
    """Exit code of the command."""
    broken_by: BenchwrightError | None = None
    """Error that ended the work; None: no error, or none of ours."""

    @property
    def is_interrupted(self) -> bool:
        """True if it was ended early by a user."""
        return self.code in (EXIT_INTERRUPTED, EXIT_TERMINATED)


def evaluate_prepared(prepared: Prepared, store: "Store", stack: ExitStack) -> Ended:
    """Return how the evaluation ended, which the flow made in this process.

    Args:
        prepared: What is asked for.
        store: Where the results go.
        stack: Ends what is started for it.

    Raises:
        BenchwrightError: invalid input or setup, before any model is called.
    """
    server = open_prefect_server(stack)
    check_spread(prepared.request, server, store)
    start_embedded_if_requested(prepared, stack)
    prepared = at_level(prepared, store, check_servers(prepared, store))
    tell_of_own_server(server)

    from flows.evaluate import evaluate  # while the server starts

    def begin() -> Any:
        return evaluate(prepared.request, prepared.invocation_id, return_state=True)

    return run_to_its_end(begin, prepared.invocation_id, store, server)


def run_to_its_end(begin: Callable[[], Any], invocation_id: str, store: "Store", server: Any) -> Ended:
    """Run a flow that works on an invocation, and return how it ended.

    Args:
        begin: Calls the flow, so that it returns its state.
        invocation_id: The invocation.
        store: Store of the invocation.
        server: The Prefect server.
    """
    state, number = run_flow(
        begin, invocation_id, store, server, has_ended=lambda: all_have_ended(store, invocation_id)
    )
    if state is None and number is None and (code := code_of_stored(store, invocation_id)) is not None:
        return Ended(invocation_id=invocation_id, code=code)
    code, error = exit_code(state, number, has_runs=has_runs(store, invocation_id))
    return Ended(invocation_id=invocation_id, code=code, broken_by=error)


def ended_result(ended: Ended, store: "Store") -> "InvocationResult":
    """Return the result of an evaluation, however it ended.

    Raises:
        StoreError: it cannot be read.
    """
    from evaluation.comparisons.level_outlook import with_levels
    from evaluation.run_results.run_result import invocation_result

    result = with_levels(store, invocation_result(store, ended.invocation_id))
    if ended.broken_by is not None:
        result = marked_as_failed(result, ended.broken_by)
    if ended.is_interrupted and not result.runs:
        result = replace(result, status=Status.CANCELLED)  # it was ended before any run stood in the store
    return result


def show_dry_plan(
    prepared: Prepared,
    store: "Store",
    stack: ExitStack,
    *,
    as_json: bool,
    max_rows: int | None = None,
    named: Collection[str] = (),
) -> int:
    """Print the plan and its expected cost, without asking anything.

    Args:
        prepared: The prepared request.
        store: Store of earlier measurements.
        stack: Stops what is started for it when it is closed.
        as_json: Print the result as JSON.
        max_rows: Maximum rows of the table.
        named: Options to include in every candidate's label, even defaults.
    """
    from evaluation.forecasts.scoring_work import work_of_metrics

    start_embedded_if_requested(prepared, stack)
    resolution = check_servers(prepared, store, may_ask=False)
    prepared = at_level(prepared, store, resolution)
    afterwards = work_of_metrics(store, prepared.request, resolution)
    costs = forecast_costs(prepared, store, resolution, named=named)
    show_dry_run(costs, afterwards, as_json=as_json, max_rows=max_rows)
    return EXIT_DONE


def forecast_costs(
    prepared: Prepared, store: "Store", resolution: "Resolution", *, named: Collection[str] = ()
) -> "Forecast":
    """Return the expected cost of a resolved request; labels include these options, even defaults."""
    from evaluation.forecasts.request_forecast import forecast_request

    return forecast_request(store, prepared.request, resolution, prepared.earlier, named=named)


def start_embedded_if_requested(prepared: Prepared, stack: ExitStack) -> None:
    """Start the embedded server if requested, until the stack is closed."""
    if prepared.request.embedded and not read_settings().embedded_url:
        _start_embedded(stack)


def _start_embedded(stack: ExitStack) -> None:
    from deployments.helper_process import start_embedded

    print_status("starting the embedded server")
    helper = stack.enter_context(start_embedded(slots=EMBEDDED_SLOTS))
    os.environ["BENCHWRIGHT_EMBEDDED_URL"] = helper.url
    stack.callback(os.environ.pop, "BENCHWRIGHT_EMBEDDED_URL", None)


def code_of_stored(store: "Store", invocation_id: str) -> int | None:
    """Return the exit code of runs that have ended in the store; None: they have not."""
    from evaluation.store.runs import runs_of_invocation

    if not all_have_ended(store, invocation_id):
        return None
    statuses = {str(run.status) for run in runs_of_invocation(store, invocation_id)}
    if "cancelled" in statuses:
        return EXIT_TERMINATED
    return EXIT_RUN_FAILED if "failed" in statuses else EXIT_DONE


def has_runs(store: "Store", invocation_id: str) -> bool:
    """Return whether the invocation has begun a run, True if this cannot be determined."""
    from evaluation.store.runs import runs_of_invocation

    try:
        return bool(runs_of_invocation(store, invocation_id))
    except StoreError:
        return True


def exit_code(state: "State[Any] | None", number: int | None, *, has_runs: bool) -> tuple[int, BenchwrightError | None]:
    """Return the exit code of a flow run, and the error that broke it.

    Raises:
        DatabaseLostError: its results are lost.
        BenchwrightError: an error before there was any run, for the user to fix.
    """
    if state is None:
        return EXIT_INTERRUPTED if number == signal.SIGINT else EXIT_TERMINATED, None
    if state.is_completed():
        return EXIT_DONE, None
    if state.is_cancelled() or number is not None:
        by_ctrl_c = number == signal.SIGINT or "Ctrl-C" in (state.message or "")
        return EXIT_INTERRUPTED if by_ctrl_c else EXIT_TERMINATED, None
    error = asyncio.run(state.aresult(raise_on_failure=False))
    if isinstance(error, BenchwrightError):
        if not has_runs or isinstance(error, DatabaseLostError):
            raise error
        report_error(error, as_json=False)
    elif isinstance(error, BaseException):
        print_status(f"error: {type(error).__name__}: {error}")
    return EXIT_RUN_FAILED, error if isinstance(error, BenchwrightError) else None


def _show(prepared: Prepared, ended: Ended, store: "Store", *, as_json: bool, junit: Path | None) -> int:
    try:
        result = ended_result(ended, store)
    except DatabaseLostError:
        raise
    except StoreError as error:
        return report_lost_results(error, ended.invocation_id, as_json=as_json)
    code = _check_thresholds(prepared, result, ended.code, junit)
    if as_json:
        print_json(with_typed_commands(result))
    else:
        print_invocation(store, result)
        print_levels(result)
    if ended.is_interrupted and result.runs:
        print_status(
            f"  next: `benchwright evaluate --resume {result.runs[0].run_id}` asks and scores what is missing."
        )
    return code


def marked_as_failed(result: "InvocationResult", error: BenchwrightError) -> "InvocationResult":
    """Return the result with its open runs failed, where the store could not be updated any more."""
    open_ = (Status.PLANNED, Status.RUNNING, Status.INTERRUPTED)
    runs = [
        replace(run, status=Status.FAILED, reason=error.message) if run.status in open_ else run for run in result.runs
    ]
    return replace(result, status=Status.FAILED if result.status in open_ else result.status, runs=tuple(runs))


def _check_thresholds(prepared: Prepared, result: "InvocationResult", code: int, junit: Path | None) -> int:
    """Return the exit code.

    1 where all is done, and a value is below its threshold, or above it where less is better.
    """
    checks = threshold_checks(prepared.request, result)
    if junit is not None:
        from evaluation.reports.junit import junit_xml

        cases = threshold_cases(checks, result)
        write_junit(junit, junit_xml(cases, suite="benchwright evaluate"), n_checks=len(cases))
    if code != EXIT_DONE:
        return code
    for check in checks:
        if check.problem is not None:
            print_status(f"check failed: {check.candidate} on {check.benchmark}: {check.metric} {check.problem}")
            code = EXIT_CHECK_FAILED
    return code


def _check_junit(prepared: Prepared, path: Path) -> None:
    refuse_unwritable(path)
    if not prepared.request.thresholds():
        raise ConfigurationError(
            (f"--junit {str(path)!r} needs at least one check, and no threshold is given"),
            "Add --fail-under METRIC=VALUE.",
        )
