"""The functions `sweep` and `sweep_async`."""

from functools import partial
from typing import TYPE_CHECKING, Unpack

from deployments.python.calling import call, call_async
from deployments.python.documented import refuse_unknown, with_options
from deployments.python.evaluations import listeners, refuse_unfinished
from deployments.python.options import SweepOptions
from deployments.python.searches import typed_search

if TYPE_CHECKING:
    from evaluation.forecasts.search_forecasts import SweepForecast
    from evaluation.results.sweeps import SweepResult

OWN = ("param", "design", "samples", "prompt")
"""Options of a sweep that are none of an evaluation."""


@with_options(SweepOptions)
def sweep(**options: Unpack[SweepOptions]) -> "SweepResult":
    """Evaluate every combination of parameters on the same cases, and say which values are best.

    The same as `benchwright sweep`; its run is `load_run(result.run_id)`.

    Raises:
        BenchwrightError: invalid input or setup, before any model is called.
        RunFailedError: the run failed or was cancelled; its `result` is what else would be returned.
        RunInterrupted: Ctrl-C, or the notebook's interrupt; `resume` continues it.
    """
    return call(partial(_sweep, options), **listeners(options))


@with_options(SweepOptions)
async def sweep_async(**options: Unpack[SweepOptions]) -> "SweepResult":
    """Do what `sweep` does while the running event loop goes on; cancelling leaves a sweep that can be resumed.

    Raises:
        BenchwrightError: as of `sweep`.
    """
    return await call_async(partial(_sweep, options), **listeners(options))


def _sweep(options: SweepOptions) -> "SweepResult":
    from deployments.cli.evaluate.run import ended_result
    from deployments.cli.long_commands import workplace
    from deployments.cli.sweep.run import prepare_sweep, sweep_prepared
    from evaluation.run_results.sweep_result import sweep_outcome

    refuse_unknown(options, SweepOptions, function="sweep")
    search = typed_search(options, OWN, called={"param": "parameters"})
    with workplace(options.get("db"), may_be_new=search.resume is None) as (store, stack):
        prepared, request = prepare_sweep(search, store)
        ended = sweep_prepared(prepared, request, store, stack)
        runs = ended_result(ended, store).runs
        result = sweep_outcome(store, ended.invocation_id) if runs else None
    refuse_unfinished(ended, runs, result, function="sweep")
    assert result is not None  # noqa: S101 - a sweep that ended well has a run
    return result


@with_options(SweepOptions)
def forecast_sweep(**options: Unpack[SweepOptions]) -> "SweepForecast":
    """Return what `sweep` would try with these options, and what it would cost; nothing is asked.

    The same as `benchwright sweep --dry-run`.

    Raises:
        BenchwrightError: something for the user to mend.
    """
    return call(partial(_forecast, options), **listeners(options))


def _forecast(options: SweepOptions) -> "SweepForecast":
    from deployments.cli.evaluate.preparation import check_servers
    from deployments.cli.evaluate.run import forecast_costs, start_embedded_if_requested
    from deployments.cli.long_commands import workplace
    from deployments.cli.sweep.run import prepare_sweep
    from evaluation.forecasts.scoring_work import work_of_metrics
    from evaluation.forecasts.search_forecasts import SweepForecast

    refuse_unknown(options, SweepOptions, function="forecast_sweep")
    search = typed_search(options, OWN, called={"param": "parameters"})
    with workplace(options.get("db"), may_be_new=search.resume is None) as (store, stack):
        prepared, request = prepare_sweep(search, store)
        start_embedded_if_requested(prepared, stack)
        resolution = check_servers(prepared, store, may_ask=False)
        named = [parameter.name for parameter in request.all_parameters()]
        return SweepForecast(
            combinations=tuple(request.combinations()),
            costs=forecast_costs(prepared, store, resolution, named=named),
            asked_afterwards=tuple(work_of_metrics(store, prepared.request, resolution)),
        )
