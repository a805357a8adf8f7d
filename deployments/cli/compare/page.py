"""A comparison on the terminal: one sentence first, then the table, then the cases that flipped."""

from collections.abc import Sequence

from deployments.cli.terminal.run_results import say_line
from deployments.cli.terminal.split_table import print_split_table
from evaluation.comparisons.preference_words import preference_lines, preference_rows
from evaluation.formatting import counted
from evaluation.results.comparisons import ComparisonResult, Flip, Flips, PairHistoryResult


def print_comparisons(results: Sequence[ComparisonResult]) -> None:
    """Print each comparison."""
    for number, result in enumerate(results):
        if number:
            say_line()
        _print_one(result)


def _print_one(result: ComparisonResult) -> None:
    from evaluation.reports.comparisons.remarks import dropped_lines, note_lines, tail_lines, zero_lines
    from evaluation.reports.comparisons.tables import is_pair

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
    from evaluation.reports.comparisons.remarks import ratio_lines
    from evaluation.reports.comparisons.tables import metric_rows

    if rows := metric_rows(result):
        print_split_table(rows, words=("verdict",))
        say_line()
        say_line("* headline. Differences are the first side minus the second, paired [95 %].")
        for line in ratio_lines(result):
            say_line(line)


def _print_many(result: ComparisonResult) -> None:
    from evaluation.reports.comparisons.remarks import gate_line, more_sides, ratio_lines
    from evaluation.reports.comparisons.tables import matrix_rows, matrix_title, pair_rows, side_rows, title

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
    for line in ratio_lines(result):
        say_line(line)
    if result.against is None:
        _heading(matrix_title(result))
        print_split_table(matrix_rows(result))
    _heading(f"{headline.metric}, pair by pair [intervals adjusted for all pairs]")
    print_split_table(pair_rows(result, headline.metric), words=("verdict",))


def _heading(text: str) -> None:
    say_line()
    say_line(text, style="bold")


def _print_preferences(result: ComparisonResult) -> None:
    for preference in result.preferences:
        _heading(f"{preference.word}: who is preferred")
        if rows := preference_rows(preference.ranking):
            print_split_table(rows)
            say_line()
        for line in preference_lines(preference):
            say_line(line)


def _print_flips(result: ComparisonResult) -> None:
    from evaluation.reports.comparisons.flips import flip_line

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
    from evaluation.reports.comparisons.flips import flip_rows
    from evaluation.reports.comparisons.tables import side_column

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


def print_history(history: Sequence[PairHistoryResult], words: Sequence[str]) -> None:
    """Print how a pair came out each time, the oldest first."""
    from evaluation.reports.comparisons.tables import history_rows

    say_line(f"{' and '.join(words)}: {len(history)} stored result{'' if len(history) == 1 else 's'}", style="bold")
    say_line()
    print_split_table(history_rows(history), words=("pair", "verdict"))
