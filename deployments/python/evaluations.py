"""The functions `evaluate`, `evaluate_async` and `forecast`."""

import os
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Unpack

from deployments.cli.callers import request_source
from deployments.cli.evaluate.thresholds import threshold_checks
from deployments.cli.terminal.output import EXIT_DONE, EXIT_INTERRUPTED, print_status
from deployments.python.calling import call, call_async
from deployments.python.documented import refuse_unknown, with_options
from deployments.python.options import CallOptions, EvaluateOptions, EvaluationOptions, options_of
from evaluation.errors import CheckFailedError, RunFailedError, RunInterrupted

if TYPE_CHECKING:
    from deployments.cli.evaluate.preparation import Prepared
    from deployments.cli.evaluate.run import Ended
    from evaluation.forecasts.search_forecasts import EvaluationForecast
    from evaluation.results.runs import InvocationResult, RunResult

FILE = (str, os.PathLike)
"""Types that may name a file."""
PAIRS = ("field", "option", "fail_under", "param")
"""Options that accept a mapping."""
_LISTS = frozenset(
    {
        "benchmark",
        "ignore_field",
        "model",
        "candidate",
        "endpoint",
        "metric",
        "judge",
        "levels",
        "budget",
        "token_budget",
        "without",
        *PAIRS,
    }
)


@with_options(EvaluateOptions)
def evaluate(**options: Unpack[EvaluateOptions]) -> "InvocationResult":
    """Ask models a benchmark's cases, score the answers, and return how certain the numbers are.

    The same as `benchwright evaluate`. Where no Prefect server is configured, one is started, and kept for later calls
    until this process ends.

    Raises:
        BenchwrightError: invalid input or setup, before any model is called.
        RunFailedError: a run failed or was cancelled; its `result` is what else would be returned.
        CheckFailedError: a value is under its `fail_under`; its `result` is what else would be returned.
        RunInterrupted: Ctrl-C, or the notebook's interrupt; `resume` continues it.
    """
    return call(partial(_evaluate, options), **listeners(options))


@with_options(EvaluateOptions)
async def evaluate_async(**options: Unpack[EvaluateOptions]) -> "InvocationResult":
    """Do what `evaluate` does while the running event loop goes on; cancelling leaves a run that can be resumed.

    Raises:
        BenchwrightError: as of `evaluate`.
    """
    return await call_async(partial(_evaluate, options), **listeners(options))


def _evaluate(options: EvaluateOptions) -> "InvocationResult":
    from deployments.cli.evaluate.preparation import prepare
    from deployments.cli.evaluate.run import ended_result, evaluate_prepared
    from deployments.cli.long_commands import workplace

    refuse_unknown(options, EvaluateOptions, function="evaluate")
    resume = options.get("resume")
    fields = request_fields(options)
    with workplace(options.get("db"), may_be_new=resume is None) as (store, stack):
        prepared = prepare(fields, store, source=request_source(), resume=resume)
        ended = evaluate_prepared(prepared, store, stack)
        result = ended_result(ended, store)
    for step in () if result.levels is None else result.levels.going_on:
        print_status(f"{step.benchmark}: {step.sentence}")
    refuse_unfinished(ended, result.runs, result, function="evaluate")
    _check_thresholds(prepared, result)
    return result


@with_options(EvaluateOptions)
def forecast(**options: Unpack[EvaluateOptions]) -> "EvaluationForecast":
    """Return what `evaluate` would ask with these options, and what it would cost; nothing is asked.

    The same as `benchwright evaluate --dry-run`.

    Raises:
        BenchwrightError: invalid input or setup.
    """
    return call(partial(_forecast, options), **listeners(options))


def _forecast(options: EvaluateOptions) -> "EvaluationForecast":
    from deployments.cli.evaluate.preparation import at_level, check_servers, prepare
    from deployments.cli.evaluate.run import forecast_costs, start_embedded_if_requested
    from deployments.cli.evaluate.worker_checks import check_spread_of_dry_run
    from deployments.cli.long_commands import workplace
    from evaluation.forecasts.scoring_work import work_of_metrics
    from evaluation.forecasts.search_forecasts import EvaluationForecast

    refuse_unknown(options, EvaluateOptions, function="forecast")
    resume = options.get("resume")
    with workplace(options.get("db"), may_be_new=resume is None) as (store, stack):
        prepared = prepare(request_fields(options), store, source=request_source(), resume=resume)
        check_spread_of_dry_run(prepared.request, store)
        start_embedded_if_requested(prepared, stack)
        resolution = check_servers(prepared, store, may_ask=False)
        prepared = at_level(prepared, store, resolution)
        afterwards = tuple(work_of_metrics(store, prepared.request, resolution))
        return EvaluationForecast.of(forecast_costs(prepared, store, resolution), afterwards)


def listeners(options: CallOptions) -> dict[str, Any]:
    """Return the callbacks for messages and progress."""
    return {"tell": options.get("tell"), "progress": options.get("progress")}


def request_fields(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return these options as fields of `EvaluationRequest`; unset ones are left out.

    Raises:
        ConfigurationError: a file that cannot be read, an invalid price.
    """
    from deployments.cli.evaluate.options import evaluation_fields

    names = [*(options_of(EvaluationOptions).keys() - options_of(CallOptions).keys()), "fail_under", "level"]
    of_evaluation = as_lists({name: options[name] for name in names if name in options})
    prices = of_evaluation.get("prices")
    files = {
        name: Path(of_evaluation[name]) for name in ("prices", "file") if isinstance(of_evaluation.get(name), FILE)
    }
    fields = evaluation_fields({**of_evaluation, "prices": None, **files})
    if isinstance(prices, Mapping):
        return {**fields, "prices": dict(prices)}
    if options.get("resume") is not None and prices is None:
        fields.pop("prices", None)  # the usual ones: a run keeps those that it began with
    return fields


def as_lists(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options with lists in place of single texts, mappings or other sequences; None is left out."""
    return {name: _as_list(value) if name in _LISTS else value for name, value in options.items() if value is not None}


def own_fields(options: Mapping[str, Any], own: Iterable[str], *, called: Mapping[str, str]) -> dict[str, Any]:
    """Return the options of `own` that are set, as fields of a request.

    Args:
        options: All passed options.
        own: Options that do not belong to an evaluation.
        called: Names of their fields, where they differ.
    """
    values = as_lists({name: options[name] for name in own if name in options})
    return {called.get(name, name): value for name, value in values.items() if value != []}


def _as_list(value: Any) -> list[str]:
    if isinstance(value, FILE):
        return [os.fspath(value)]
    if isinstance(value, Mapping):
        return [f"{name}={_as_word(item)}" for name, item in value.items()]
    return [str(item) for item in value]


def _as_word(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str) or not hasattr(value, "__iter__") else ",".join(map(_as_word, value))


def refuse_unfinished(ended: "Ended", runs: "tuple[RunResult, ...]", result: object, *, function: str) -> None:
    """Raise if the work has not completed.

    Raises:
        RunFailedError: a run failed, or was cancelled in Prefect.
        RunInterrupted: the caller ended it.
    """
    if ended.code == EXIT_DONE:
        return
    run_id = runs[0].run_id if runs else ""
    next_step = f"{function}(resume={run_id!r}) asks and scores what is missing." if runs else None
    if ended.code == EXIT_INTERRUPTED:
        _refuse_interrupted(run_id, next_step)
    reasons = [f"run {run.run_id} ({run.benchmark}) is {run.status}: {run.reason}" for run in runs if run.reason]
    message = ended.broken_by.message if ended.broken_by is not None else "; ".join(reasons)
    raise RunFailedError(message or "the work was cancelled", next_step, result)


def _refuse_interrupted(run_id: str, next_step: str | None) -> NoReturn:
    if next_step is None:
        raise KeyboardInterrupt
    raise RunInterrupted(f"interrupted; next: {next_step}", run_id)


def _check_thresholds(prepared: "Prepared", result: "InvocationResult") -> None:
    failed = [check for check in threshold_checks(prepared.request, result) if check.problem is not None]
    refuse_failed(
        [f"{check.candidate} on {check.benchmark}: {check.metric} {check.problem}" for check in failed], result
    )


def refuse_failed(problems: "list[str]", result: object) -> None:
    """Raise if a check has failed.

    Raises:
        CheckFailedError: one has.
    """
    if problems:
        raise CheckFailedError("; ".join(problems), None, result)
