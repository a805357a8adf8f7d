"""How two sides came out in earlier comparisons: `benchwright compare --history`."""

from collections.abc import Sequence

from deployments.cli.arguments import open_stored
from deployments.cli.terminal.output import EXIT_DONE, print_json
from deployments.cli.terminal.run_results import say_line
from deployments.cli.terminal.split_table import print_split_table
from evaluation.formatting import p_cell
from evaluation.results.comparisons import PairHistoryResult


def show_history(words: Sequence[str], metrics: Sequence[str], *, database: str | None, as_json: bool) -> int:
    """Return the exit code of showing how a pair came out before, the oldest first.

    Raises:
        BenchwrightError: no such run, or not two sides.
    """
    from evaluation.comparisons.pair_history import history_of

    with open_stored(database) as store:
        history = history_of(store, words, metrics=metrics)
    if as_json:
        print_json({"history": history})
        return EXIT_DONE
    say_line(f"{' and '.join(words)}: {len(history)} stored result{'' if len(history) == 1 else 's'}", style="bold")
    say_line()
    print_split_table(_rows(history), words=("pair", "verdict"))
    return EXIT_DONE


def _rows(history: Sequence[PairHistoryResult]) -> list[dict[str, str]]:
    """Return one row for each time that a pair was compared by a metric; a pair stands the same way round each time."""
    from evaluation.comparisons.sentences import size_of
    from evaluation.reports.comparisons.tables import title, verdict_words

    return [
        {
            "when": str(each.created_at)[:16],
            "pair": f"{each.pair.b} – {each.pair.a}" if each.flipped else f"{each.pair.a} – {each.pair.b}",
            "metric": f"{each.benchmark} {title(each.pair.metric)}",
            "difference [interval]": size_of(each.pair, flipped=each.flipped, signed=True),
            "p": p_cell(each.pair.p_adjusted if each.pair.p_adjusted is not None else each.pair.p_value),
            "pairs": f"{each.pair.n_pairs:,}",
            "verdict": verdict_words(each.pair),
            "comparison": each.comparison_id,
        }
        for each in history
    ]
