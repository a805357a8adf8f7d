"""`score`, as a function."""

from functools import partial
from typing import TYPE_CHECKING, Unpack

from deployments.cli.callers import request_source
from deployments.cli.terminal.output import EXIT_DONE
from deployments.python.calling import call, call_async
from deployments.python.checking import refuse_no_run
from deployments.python.documented import refuse_unknown, with_options
from deployments.python.evaluations import as_lists, listeners
from deployments.python.options import CallOptions, ScoreOptions, options_of
from evaluation.errors import ConfigurationError, RunFailedError, RunInterrupted

if TYPE_CHECKING:
    from deployments.cli.score import EndedScoring
    from evaluation.results.runs import InvocationResult, RunResult


@with_options(ScoreOptions)
def score(run: "str | RunResult | InvocationResult", **options: Unpack[ScoreOptions]) -> "RunResult":
    """Score a run's stored answers by metrics; nothing is generated again.

    The same as `benchwright score`. Scores by other metrics stay.

    Args:
        run: A result, a run's id, the beginning of one, or `last`.

    Raises:
        BenchwrightError: something for the user to mend, before anything was scored.
        RunFailedError: too many scores could not be made; its `result` is what else would be returned.
        RunInterrupted: Ctrl-C, or the notebook's interrupt; the same call makes the scores that are missing.
    """
    return call(partial(_score, run, options), **listeners(options))


@with_options(ScoreOptions)
async def score_async(run: "str | RunResult | InvocationResult", **options: Unpack[ScoreOptions]) -> "RunResult":
    """Do what `score` does while the running event loop goes on; cancelling keeps every score that was finished.

    Args:
        run: A result, a run's id, the beginning of one, or `last`.

    Raises:
        BenchwrightError: as of `score`.
    """
    return await call_async(partial(_score, run, options), **listeners(options))


def _score(run: "str | RunResult | InvocationResult", options: ScoreOptions) -> "RunResult":
    from deployments.cli.arguments import accept_sandbox
    from deployments.cli.long_commands import workplace
    from deployments.cli.score import score_fields, score_stored
    from evaluation.requests.score_request import read_score_request
    from evaluation.run_results.run_result import run_result

    refuse_unknown(options, ScoreOptions, function="score")
    accept_sandbox(options.get("sandbox"))
    names = options_of(ScoreOptions).keys() - options_of(CallOptions).keys() - {"sandbox"}
    of_request = as_lists({name: value for name, value in options.items() if name in names})
    request = read_score_request(score_fields({"run": _run_id(run), **of_request}), source=request_source())
    with workplace(options.get("db"), may_be_new=False) as (store, stack):
        ended = score_stored(request, store, stack)
        result = run_result(store, ended.run_id)
    _refuse_unfinished(ended, result)
    return result


def _run_id(run: "str | RunResult | InvocationResult") -> str:
    """Return the id of a single run.

    Raises:
        ConfigurationError: the result has several runs, or none.
    """
    from evaluation.results.runs import InvocationResult, RunResult

    if not isinstance(run, str | RunResult | InvocationResult):
        refuse_no_run(run)
    if not isinstance(run, InvocationResult):
        return run if isinstance(run, str) else run.run_id
    if len(run.runs) != 1:
        names = ", ".join(f"{each.run_id} ({each.benchmark})" for each in run.runs) or "none"
        raise ConfigurationError(f"score() takes one run, and the result has {names}", "Score them one by one.")
    return run.runs[0].run_id


def _refuse_unfinished(ended: "EndedScoring", result: "RunResult") -> None:
    """Check that every score was made.

    Raises:
        RunFailedError: too many could not be made.
        RunInterrupted: the caller ended it.
    """
    if ended.code == EXIT_DONE:
        return
    next_step = "The same call makes the scores that are missing."
    if ended.is_interrupted:
        raise RunInterrupted(f"interrupted; next: {next_step}", ended.run_id)
    raise RunFailedError(ended.problem or "the scoring was cancelled", next_step, result)
