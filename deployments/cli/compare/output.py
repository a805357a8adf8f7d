"""What a comparison leaves behind: the page or the JSON value, the checks, their file and the exit code."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from deployments.cli.compare.page import print_comparisons
from deployments.cli.compare.request import CompareOptions
from deployments.cli.junit_file import write_junit
from deployments.cli.terminal.output import EXIT_CHECK_FAILED, EXIT_DONE, print_json, print_status
from deployments.cli.terminal.run_results import say_line
from evaluation.formatting import counted
from evaluation.results.as_json import as_json as result_as_json
from evaluation.results.comparisons import ComparisonResult
from evaluation.results.planned_comparisons import PlannedComparison

if TYPE_CHECKING:
    from evaluation.comparisons.regression_checks import RegressionCheck
    from evaluation.store.session import Store


def show_comparisons(
    options: CompareOptions,
    store: "Store",
    results: Sequence[ComparisonResult],
    *,
    as_json: bool,
    code: int = EXIT_DONE,
    evaluated: Sequence[str] = (),
) -> int:
    """Return the exit code, after everything was shown and written that was asked for.

    Args:
        options: What was typed.
        store: Where the runs are.
        results: The comparisons, one for each benchmark.
        as_json: Print the result as JSON.
        code: What the exit code is so far.
        evaluated: Ids of the runs that were made for it.
    """
    checks = _checks(options, results)
    if options.junit is not None:
        from evaluation.reports.comparisons.junit import as_junit

        write_junit(options.junit, as_junit(checks), n_checks=len(checks))
    if as_json:
        print_json(_as_json(store, results, checks if options.checks else None, evaluated))
    else:
        print_comparisons(results)
        for result in results:
            if result.experiment is not None:
                print_status(f"comparison {result.comparison_id} belongs to experiment {result.experiment}")
    for check in checks:
        if check.outcome != "passed":
            print_status(f"check {'failed' if check.has_failed else 'undecided'}: {check.sentence}")
    if code == EXIT_DONE and options.fails and any(check.has_failed for check in checks):
        return EXIT_CHECK_FAILED
    return code


def _checks(options: CompareOptions, results: Sequence[ComparisonResult]) -> "list[RegressionCheck]":
    from evaluation.comparisons.regression_checks import regression_checks

    return regression_checks(results, options.check_metrics) if options.checks else []


def _as_json(
    store: "Store",
    results: Sequence[ComparisonResult],
    checks: "list[RegressionCheck] | None",
    evaluated: Sequence[str],
) -> dict[str, Any]:
    from evaluation.run_results.run_result import run_result, worst_status

    runs = [run_result(store, run_id) for run_id in evaluated]
    return {
        "status": worst_status([run.status for run in runs]) if runs else "completed",
        "comparisons": [
            {**result_as_json(pair), "benchmark": result.benchmark, "comparison_id": result.comparison_id}
            for result in results
            for pair in result.pairs
        ],
        "results": [result.as_json_without_pairs() for result in results],
        **({} if checks is None else {"checks": checks}),
        **({"runs": runs} if runs else {}),
    }


def show_planned(planned: Sequence[PlannedComparison], *, as_json: bool) -> int:
    """Return the exit code of showing which stored pairs would be compared."""
    if as_json:
        print_json({"planned": planned})
        return EXIT_DONE
    for comparison in planned:
        n_pairs, n_sides = counted(len(comparison.pairs), "pair"), counted(len(comparison.sides), "side")
        say_line(f"{comparison.benchmark}: {n_pairs} of {n_sides} would be compared by {', '.join(comparison.metrics)}")
        for a, b in comparison.pairs:
            say_line(f"  {a} – {b}")
    say_line("Nothing was compared, and nothing is stored.")
    return EXIT_DONE
