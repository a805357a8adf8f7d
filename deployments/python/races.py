"""The functions `race` and `race_async`."""

from functools import partial
from typing import TYPE_CHECKING, Unpack

from deployments.python.calling import call, call_async
from deployments.python.documented import refuse_unknown, with_options
from deployments.python.evaluations import listeners, refuse_unfinished
from deployments.python.options import RaceOptions
from deployments.python.searches import typed_search
from evaluation.errors import ConfigurationError

if TYPE_CHECKING:
    from evaluation.forecasts.search_forecasts import RaceForecast
    from evaluation.results.races import RaceResult

OWN = ("method", "alpha", "margin", "levels", "confirm", "budget")
"""Options of a race that are none of an evaluation."""


@with_options(RaceOptions)
def race(**options: Unpack[RaceOptions]) -> "RaceResult":
    """Find the best of many candidates on one benchmark, dropping the losers early.

    The same as `benchwright race`.

    Raises:
        BenchwrightError: invalid input or setup, before any model is called.
        RunFailedError: the run failed or was cancelled; its `result` is what else would be returned.
        RunInterrupted: Ctrl-C, or the notebook's interrupt; `resume` continues it.
    """
    return call(partial(_race, options), **listeners(options))


@with_options(RaceOptions)
async def race_async(**options: Unpack[RaceOptions]) -> "RaceResult":
    """Do what `race` does while the running event loop goes on; cancelling leaves a race that can be resumed.

    Raises:
        BenchwrightError: as of `race`.
    """
    return await call_async(partial(_race, options), **listeners(options))


def _race(options: RaceOptions) -> "RaceResult":
    from deployments.cli.long_commands import workplace
    from deployments.cli.race.run import ended_race, prepare_race, race_prepared

    refuse_unknown(options, RaceOptions, function="race")
    search = typed_search(options, OWN)
    with workplace(options.get("db"), may_be_new=search.resume is None) as (store, stack):
        prepared, request = prepare_race(search, store)
        result = ended_race(ended := race_prepared(search, prepared, request, store, stack), store)
    refuse_unfinished(ended, result.invocation.runs, result, function="race")
    return result


@with_options(RaceOptions)
def forecast_race(**options: Unpack[RaceOptions]) -> "RaceForecast":
    """Return when `race` would decide with these options, and what it would take at most; nothing is asked.

    The same as `benchwright race --dry-run`.

    Raises:
        BenchwrightError: something for the user to mend.
    """
    return call(partial(_forecast, options), **listeners(options))


def _forecast(options: RaceOptions) -> "RaceForecast":
    from deployments.cli.long_commands import workplace
    from deployments.cli.race.dry_run import forecast_prepared_race
    from deployments.cli.race.run import prepare_race

    refuse_unknown(options, RaceOptions, function="forecast_race")
    if options.get("resume") is not None:
        raise ConfigurationError(
            "forecast_race() shows a race before it begins", "Leave resume out; load_race() shows one that has begun."
        )
    with workplace(options.get("db")) as (store, stack):
        prepared, request = prepare_race(typed_search(options, OWN), store)
        return forecast_prepared_race(prepared, request, store, stack)
