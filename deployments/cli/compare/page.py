"""Output of a comparison: the page or the JSON value, the checks, their JUnit file and the exit code."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from deployments.cli.compare.request import CompareOptions
from deployments.cli.junit_file import write_junit
from deployments.cli.terminal.output import EXIT_CHECK_FAILED, EXIT_DONE, print_json, print_status
from deployments.cli.terminal.run_results import say_line
from deployments.cli.terminal.split_table import print_split_table
from evaluation.formatting import counted
from evaluation.results.as_json import as_json as result_as_json
from evaluation.results.comparisons import ComparisonResult, Flip, Flips
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
    """Show and write all requested output, and return the exit code.

    Args:
        options: Options as typed on the command line.
        store: Store of the runs.
        results: The comparisons, one for each benchmark.
        as_json: Print the result as JSON.
        code: Exit code so far.
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
    """Show which stored pairs would be compared, and return the exit code."""
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


def print_comparisons(results: Sequence[ComparisonResult]) -> None:
    """Print each comparison."""
    for number, result in enumerate(results):
        if number:
            say_line()
        _print_one(result)


def _print_one(result: ComparisonResult) -> None:
    from evaluation.reports.comparisons.tables import (
        dropped_lines,
        is_pair,
        note_lines,
        tail_lines,
        zero_lines,
    )

    lead, *others = result.sentences
    say_line(lead, style="bold")
    for sentence in others:
        say_line(sentence)
    say_line()
    say_line(_about(result))
    say_line()
    if is_pair(result):
        _print_pair(result)
    else:
        _print_many(result)
    remarks = (*dropped_lines(result), *zero_lines(result), *tail_lines(result), *note_lines(result))
    for line in ("", *remarks) if remarks else ():
        say_line(line)
    _print_preferences(result)
    _print_flips(result)
    _print_sources(result)


def _about(result: ComparisonResult) -> str:
    by = f" by {result.by}" if result.by else ""
    n_runs = len(result.run_ids)
    runs = f"run {result.run_ids[0]}" if n_runs == 1 else f"{n_runs} runs"
    return f"{result.benchmark} · {counted(len(result.sides), 'side')}{by} · {runs}"


def _print_pair(result: ComparisonResult) -> None:
    from evaluation.reports.comparisons.tables import metric_rows, reading_lines

    if rows := metric_rows(result):
        print_split_table(rows, words=("verdict",))
        say_line()
        say_line("* headline. Differences are the first side minus the second, paired [95 %].")
        for line in reading_lines(result):
            say_line(line)


def _print_many(result: ComparisonResult) -> None:
    from evaluation.reports.comparisons.tables import (
        FOR_ALL_PAIRS,
        gate_line,
        matrix_rows,
        matrix_title,
        more_sides,
        pair_rows,
        reading_lines,
        side_rows,
        title,
    )

    if not result.metrics:
        return
    headline = result.metrics[0]
    print_split_table(side_rows(result), marked=title(headline.metric))
    say_line()
    for line in more_sides(result):
        say_line(line)
    if (gate := gate_line(headline)) is not None:
        say_line(gate)
    for note in headline.notes:
        say_line(note)
    for line in reading_lines(result):
        say_line(line)
    if result.against is None:
        _heading(matrix_title(result))
        print_split_table(matrix_rows(result))
    _heading(f"{headline.metric}, pair by pair")
    print_split_table(pair_rows(result, headline.metric), words=("verdict",))
    if len(result.pairs_by(headline.metric)) > 1:
        say_line(FOR_ALL_PAIRS)


def _heading(text: str) -> None:
    say_line()
    say_line(text, style="bold")


def _print_preferences(result: ComparisonResult) -> None:
    if not result.preferences:
        return
    from evaluation.comparisons.preference_words import preference_lines, preference_rows

    for preference in result.preferences:
        _heading(f"{preference.word}: who is preferred")
        if rows := preference_rows(preference.ranking):
            print_split_table(rows)
            say_line()
        for line in preference_lines(preference):
            say_line(line)


def _print_flips(result: ComparisonResult) -> None:
    from evaluation.reports.comparisons.tables import flip_line

    for position, flips in enumerate(result.flips):
        line = flip_line(flips)
        if line is None:
            continue
        if position or not (flips.better_a or flips.better_b):
            say_line(line)
            continue
        _heading(line)
        _print_flipped(flips, flips.better_a, flips.n_better_a, flips.a, flips.run_a)
        _print_flipped(flips, flips.better_b, flips.n_better_b, flips.b, flips.run_b)


def _print_flipped(flips: Flips, better: Sequence[Flip], n_better: int, winner: str, run_id: str) -> None:
    from evaluation.reports.comparisons.tables import flip_rows, side_column

    rows = flip_rows(flips, better)
    if not rows:
        return
    say_line()
    print_split_table(rows, words=(side_column(flips.a), side_column(flips.b)))
    left = n_better - len(rows)
    more = f"{left:,} more: --flips {n_better}. " if left else ""
    say_line(f"{winner} is better on these. {more}One in full: benchwright show {run_id} --case ID")


def _print_sources(result: ComparisonResult) -> None:
    from evaluation.reports.comparisons.tables import side_source_rows

    _heading("Where the numbers come from")
    print_split_table(side_source_rows(result), words=("model", "server", "options"))
    say_line()
    version = result.benchmark_version[:12]
    say_line(f"benchmark version {version}, comparison {result.comparison_id}, code {result.code_version}")
