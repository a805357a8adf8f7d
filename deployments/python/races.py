"""`race`, as a function."""

from functools import partial
from typing import TYPE_CHECKING, Unpack

from deployments.python.calling import call, call_async
from deployments.python.documented import refuse_unknown, with_options
from deployments.python.evaluations import listeners, refuse_unfinished
from deployments.python.options import RaceOptions
from deployments.python.searches import typed_search

if TYPE_CHECKING:
    from evaluation.results.races import RaceResult


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
    search = typed_search(options, ("method", "alpha", "margin", "levels", "confirm", "budget"))
    with workplace(options.get("db"), may_be_new=search.resume is None) as (store, stack):
        prepared, request = prepare_race(search, store)
        result = ended_race(ended := race_prepared(search, prepared, request, store, stack), store)
    refuse_unfinished(ended, result.invocation.runs, result, function="race")
    return result
