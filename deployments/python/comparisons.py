"""The functions `compare`, `compare_async`, `forecast_compare`, `compare_unpaired` and `compare_history`."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack, cast

from deployments.cli.compare.request import CompareOptions as TypedComparison
from deployments.cli.terminal.output import EXIT_DONE
from deployments.python.calling import call, call_async
from deployments.python.checking import in_words_of_python, refuse_no_run, refuse_wrong_kind
from deployments.python.documented import refuse_unknown, with_options
from deployments.python.evaluations import (
    as_lists,
    listeners,
    own_fields,
    refuse_failed,
    refuse_unfinished,
    request_fields,
)
from deployments.python.options import CompareOptions, Texts, UnpairedOptions
from deployments.python.stored import opened, several

if TYPE_CHECKING:
    from evaluation.forecasts.search_forecasts import ComparisonForecast
    from evaluation.results.listings import ComparisonList, PairHistoryList
    from evaluation.results.runs import InvocationResult, RunResult
    from evaluation.results.unpaired import UnpairedComparisonResult

_OWN = ("by", "against", "margin", "metric", "flips")
_FIELDS = {"metric": "metrics", "flips": "n_flips"}


@with_options(CompareOptions)
def compare(*runs: "str | RunResult | InvocationResult", **options: Unpack[CompareOptions]) -> "ComparisonList":
    """Compare candidates case by case: those of stored runs, or ones evaluated now with the options of `evaluate`.

    The same as `benchwright compare`; one comparison for each benchmark.

    Args:
        runs: Stored runs: results, ids, the beginning of one, `last`; an experiment's name: its runs.

    Raises:
        BenchwrightError: invalid input or setup, before any model is called.
        IncomparableError: the runs have nothing in common.
        CheckFailedError: a side is worse; its `result` is what else would be returned.
        RunFailedError: a run failed or was cancelled; its `result` is what else would be returned.
        RunInterrupted: Ctrl-C, or the notebook's interrupt.
    """
    return call(partial(_compare, runs, options), **listeners(options))


@with_options(CompareOptions)
async def compare_async(
    *runs: "str | RunResult | InvocationResult", **options: Unpack[CompareOptions]
) -> "ComparisonList":
    """Do what `compare` does while the running event loop goes on.

    Args:
        runs: Stored runs: results, ids, the beginning of one, `last`; an experiment's name: its runs.

    Raises:
        BenchwrightError: as of `compare`.
    """
    return await call_async(partial(_compare, runs, options), **listeners(options))


@with_options(CompareOptions)
def forecast_compare(
    *runs: "str | RunResult | InvocationResult", **options: Unpack[CompareOptions]
) -> "ComparisonForecast":
    """Return what `compare` would compare with these options, and what it would ask first; nothing is asked or stored.

    The same as `benchwright compare --dry-run`.

    Args:
        runs: Stored runs: results, ids, the beginning of one, `last`; an experiment's name: its runs.

    Raises:
        BenchwrightError: invalid input or setup.
    """
    return call(partial(_forecast, runs, options), **listeners(options))


def _forecast(runs: "tuple[str | RunResult | InvocationResult, ...]", options: CompareOptions) -> "ComparisonForecast":
    from deployments.cli.compare.flow_run import (
        comparison_workplace,
        forecast_prepared_comparison,
        prepare_comparison,
    )

    refuse_unknown(options, CompareOptions, function="forecast_compare")
    typed = _typed(runs, options)
    if not typed.evaluation:
        return _forecast_stored(typed, options)
    with comparison_workplace(typed, options.get("db")) as (store, stack):
        prepared, request = prepare_comparison(typed, store)
        assert prepared is not None  # noqa: S101 - the options of an evaluation make one
        return forecast_prepared_comparison(request, prepared, store, stack)


def _forecast_stored(typed: "TypedComparison", options: CompareOptions) -> "ComparisonForecast":
    from deployments.cli.arguments import open_stored
    from evaluation.comparisons.plan import planned_comparisons
    from evaluation.forecasts.search_forecasts import ComparisonForecast
    from evaluation.requests.comparison_request import read_comparison_request

    request = read_comparison_request(typed.fields, checks=typed.check_metrics if typed.checks else None)
    with open_stored(options.get("db")) as store:
        return ComparisonForecast(planned=tuple(planned_comparisons(store, request)))


def compare_history(
    *sides: "str | RunResult | InvocationResult", metric: "Texts" = (), db: str | None = None
) -> "PairHistoryList":
    """Return how two sides came out in earlier comparisons, oldest first, as `benchwright compare --history` does.

    Args:
        sides: Runs, whose candidates are looked up in pairs; or the names of two sides as comparisons showed them.
        metric: Only these metrics; default: those of quality.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: there is no comparison of these.
        StoreError: the database is not there, or cannot be opened.
    """
    from evaluation.comparisons.pair_history import history_of
    from evaluation.results.listings import PairHistoryList

    refuse_wrong_kind("metric", metric, Texts, function="compare_history")
    with in_words_of_python(), opened(db) as store:
        names = [name for side in sides for name in _ids(side)]
        return PairHistoryList(history_of(store, names, metrics=several(metric)))


@with_options(UnpairedOptions)
def compare_unpaired(
    *runs: "str | RunResult | InvocationResult", **options: Unpack[UnpairedOptions]
) -> "UnpairedComparisonResult":
    """Compare groups of stored runs that share no cases: two benchmarks, two versions of one, two halves of traffic.

    The same as `benchwright compare --unpaired`.

    Args:
        runs: Stored runs: results, ids, the beginning of one, `last`; an experiment's name: its runs.

    Raises:
        BenchwrightError: invalid input or setup.
    """
    from deployments.cli.arguments import open_stored
    from evaluation.comparisons.unpaired_result import unpaired_result
    from evaluation.requests.comparison_request import read_comparison_request

    refuse_unknown(options, UnpairedOptions, function="compare_unpaired")
    with in_words_of_python():
        request = read_comparison_request(_fields(runs, cast("Mapping[str, Any]", options)))
        with open_stored(options.get("db")) as store:
            return unpaired_result(store, request)


def _compare(runs: "tuple[str | RunResult | InvocationResult, ...]", options: CompareOptions) -> "ComparisonList":
    refuse_unknown(options, CompareOptions, function="compare")
    typed = _typed(runs, options)
    compare_now = _compare_by_flow if typed.evaluation or typed.publish else _compare_stored
    results = compare_now(typed, options)
    if typed.fails:
        from evaluation.comparisons.regression_checks import regression_checks

        checks = regression_checks(results, typed.check_metrics)
        refuse_failed([check.sentence for check in checks if check.has_failed], results)
    return results


def _typed(runs: "tuple[str | RunResult | InvocationResult, ...]", options: CompareOptions) -> "TypedComparison":
    values = cast("Mapping[str, Any]", options)
    evaluation = request_fields({name: value for name, value in values.items() if name not in ("metric", "experiment")})
    experiment = options.get("experiment")
    named = {} if experiment is None else {"experiment": experiment}
    check_metrics = as_lists({"metric": options.get("regression_of") or []})["metric"]
    fails = options.get("fail_on_regression", False) or bool(check_metrics)
    return TypedComparison(
        fields={**_fields(runs, values), **named},
        evaluation={**evaluation, **named} if evaluation else {},
        checks=fails,
        fails=fails,
        check_metrics=tuple(check_metrics),
        publish=options.get("publish", False),
    )


def _fields(runs: "tuple[str | RunResult | InvocationResult, ...]", options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the comparison as fields of `ComparisonRequest`."""
    ids = [run_id for run in runs for run_id in _ids(run)]
    return ({"runs": ids} if ids else {}) | own_fields(options, _OWN, called=_FIELDS)


def _ids(run: "str | RunResult | InvocationResult") -> list[str]:
    from evaluation.results.runs import InvocationResult, RunResult

    if isinstance(run, InvocationResult):
        return [each.run_id for each in run.runs]
    if not isinstance(run, str | RunResult):
        refuse_no_run(run)
    return [run if isinstance(run, str) else run.run_id]


def _compare_stored(typed: "TypedComparison", options: CompareOptions) -> "ComparisonList":
    from deployments.cli.arguments import open_stored
    from evaluation.comparisons.comparison_result import compare_and_store
    from evaluation.requests.comparison_request import read_comparison_request
    from evaluation.results.listings import ComparisonList

    request = read_comparison_request(typed.fields, checks=typed.check_metrics if typed.checks else None)
    with open_stored(options.get("db")) as store:
        return ComparisonList(compare_and_store(store, request))


def _compare_by_flow(typed: "TypedComparison", options: CompareOptions) -> "ComparisonList":
    from deployments.cli.compare.flow_run import (
        compare_prepared,
        comparison_workplace,
        evaluated_runs,
        prepare_comparison,
    )
    from evaluation.comparisons.comparison_result import compare_and_store
    from evaluation.results.listings import ComparisonList
    from evaluation.run_results.run_result import run_result

    with comparison_workplace(typed, options.get("db")) as (store, stack):
        prepared, request = prepare_comparison(typed, store)
        ended = compare_prepared(request, prepared, store, stack)
        evaluated = evaluated_runs(store, ended.invocation_id)
        runs = tuple(run_result(store, run_id) for run_id in evaluated)
        if ended.code != EXIT_DONE:
            refuse_unfinished(ended, runs, runs, function="evaluate")
        return ComparisonList(compare_and_store(store, request, evaluated=evaluated), runs=runs)
