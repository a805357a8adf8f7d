"""Running `benchwright race`, from its options to the exit code: prepare, run the flow, show the result."""

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from deployments.cli.callers import open_prefect_server, request_source
from deployments.cli.evaluate.preparation import Prepared, check_servers, prepare
from deployments.cli.evaluate.run import Ended, marked_as_failed, run_to_its_end, start_embedded_if_requested
from deployments.cli.flow_runs import TerminatedError, tell_of_own_server
from deployments.cli.long_commands import ended_without_runs, workplace
from deployments.cli.race.dry_run import show_race_dry_run
from deployments.cli.race.page import print_race
from deployments.cli.search_options import TypedSearch
from deployments.cli.terminal.output import EXIT_DONE, print_json, print_status, report_lost_results
from deployments.cli.terminal.run_results import print_reasons
from evaluation.errors import ConfigurationError, DatabaseLostError, StoreError

if TYPE_CHECKING:
    from evaluation.requests.race_request import RaceRequest
    from evaluation.results.races import RaceResult
    from evaluation.store.session import Store

MAY_CHANGE = "budget"
"""The race option that a resume may change."""


def run_race(search: TypedSearch, *, database: str | None, as_json: bool) -> int:
    """Return the exit code of a race.

    Raises:
        BenchwrightError: invalid input or setup, before any model is called.
    """
    invocation_id: str | None = None
    try:
        with workplace(database, may_be_new=search.resume is None) as (store, stack):
            prepared, request = prepare_race(search, store)
            if search.dry_run:
                return show_race_dry_run(prepared, request, store, stack, as_json=as_json)
            invocation_id = prepared.invocation_id
            return _show(race_prepared(search, prepared, request, store, stack), store, as_json=as_json)
    except (KeyboardInterrupt, TerminatedError, DatabaseLostError) as end:
        return ended_without_runs(end, invocation_id, as_json=as_json)


def prepare_race(search: TypedSearch, store: "Store") -> "tuple[Prepared, RaceRequest]":
    """Return the race that was changes for, or the one that is resumed.

    Raises:
        BenchwrightError: invalid input or setup.
    """
    from evaluation.planning.templates import with_template
    from evaluation.requests.race_request import read_race_request

    if search.resume is not None:
        if search.dry_run:
            raise ConfigurationError(
                "--dry-run only shows a race before it starts",
                "Leave --resume out, or view the race with `benchwright show`.",
            )
        return _resumed(search, search.resume, store)
    typed = read_race_request({**search.fields, "evaluation": with_template(store, search.evaluation)})
    prepared = prepare(search.evaluation, store, source=request_source(), resume=None)
    _refuse_unfit(typed, prepared)
    return prepared, typed.model_copy(update={"evaluation": prepared.request})


def _resumed(search: TypedSearch, run: str, store: "Store") -> "tuple[Prepared, RaceRequest]":
    from evaluation.planning.resuming import HOW
    from evaluation.requests.race_request import read_race_request
    from evaluation.store.races import find_race
    from evaluation.store.search_runs import find_race_run

    others = [name for name in search.fields if name != MAY_CHANGE]
    others += [name for name in search.evaluation if name not in HOW and name != "prices"]
    if others:
        raise ConfigurationError(
            f"{', '.join(others)}: a resumed race keeps its candidates, its cases and its rules",
            f"Resume it with only --{MAY_CHANGE} and server options, or start a new race.",
        )
    changes = {name: value for name, value in search.evaluation.items() if name != "prices"}
    earlier = find_race_run(store, run).plan
    prepared = prepare(changes, store, source=request_source(), resume=earlier.run_id)
    record = find_race(store, prepared.invocation_id)
    assert record is not None  # noqa: S101 - found above
    fields = {**record.request, **search.fields, "evaluation": prepared.request.model_dump(exclude_defaults=True)}
    return prepared, read_race_request(fields, source="the stored race")


def _is_over(prepared: Prepared, store: "Store") -> bool:
    """Check whether there is nothing left to resume, so that no server is needed."""
    from evaluation.store.races import find_race

    record = find_race(store, prepared.invocation_id)
    has_ended = record is not None and record.finished_at is not None
    return has_ended and all(run.status == "completed" for run in prepared.earlier)


def _refuse_unfit(request: "RaceRequest", prepared: Prepared) -> None:
    """Refuse a metric that cannot decide a race, before a server is started."""
    from evaluation.races.raceable_metrics import refuse_unfit
    from evaluation.resolution.benchmarks import resolve_benchmark

    resolved = resolve_benchmark(prepared.benchmarks[0], prepared.request)
    headline = next(metric for metric in resolved.metrics if metric.name == resolved.headline)
    refuse_unfit(headline)
    request.rules(metric=headline.name, unit=headline.unit)


def race_prepared(
    search: TypedSearch, prepared: Prepared, request: "RaceRequest", store: "Store", stack: ExitStack
) -> Ended:
    """Return how the race ended, which the flow ran in this process; one that is over is left as it is.

    Args:
        search: What was asked for.
        prepared: Its evaluation.
        request: The race.
        store: Where the results go.
        stack: Ends what is started for it.

    Raises:
        BenchwrightError: invalid input or setup, before any model is called.
    """
    if not search.fields and not search.evaluation and _is_over(prepared, store):
        return Ended(invocation_id=prepared.invocation_id, code=EXIT_DONE)
    server = open_prefect_server(stack)
    start_embedded_if_requested(prepared, stack)
    if len(check_servers(prepared, store).candidates) < 2:
        raise ConfigurationError("the candidates are all the same", "Give two or more different candidates.")
    tell_of_own_server(server)

    from flows.race import race  # while the server starts

    def begin() -> Any:
        return race(request, prepared.invocation_id, return_state=True)

    return run_to_its_end(begin, prepared.invocation_id, store, server)


def ended_race(ended: Ended, store: "Store") -> "RaceResult":
    """Return the result of a race, however it ended.

    Raises:
        StoreError: it cannot be read, or has no run.
    """
    from evaluation.run_results.race_result import race_result

    try:
        result = race_result(store, ended.invocation_id)
    except ValueError:
        raise StoreError("the race has no run", "Run it again.") from None
    if ended.broken_by is not None:
        result = replace(result, invocation=marked_as_failed(result.invocation, ended.broken_by))
    return result


def _show(ended: Ended, store: "Store", *, as_json: bool) -> int:
    try:
        result = ended_race(ended, store)
    except DatabaseLostError:
        raise
    except StoreError as error:
        if ended.is_interrupted:
            return ended.code
        return report_lost_results(error, ended.invocation_id, as_json=as_json)
    if as_json:
        print_json(result)
    else:
        print_race(result)
        for run in result.invocation.runs:
            print_reasons(store, run)
    if ended.code != EXIT_DONE:
        print_status(f"  next: `benchwright race --resume {result.race.run_id}` resumes it.")
    return ended.code
