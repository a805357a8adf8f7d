"""How two sides came out in earlier comparisons: `benchwright compare --history`."""

from collections.abc import Sequence

from deployments.cli.arguments import open_stored
from deployments.cli.terminal.output import EXIT_DONE, print_json
from deployments.cli.terminal.run_results import say_line
from deployments.cli.terminal.split_table import print_split_table


def show_history(words: Sequence[str], metrics: Sequence[str], *, database: str | None, as_json: bool) -> int:
    """Return the exit code of showing how a pair came out before, the oldest first.

    Raises:
        BenchwrightError: no such run, or not two sides.
    """
    from evaluation.comparisons.pair_history import history_of
    from evaluation.reports.comparisons.history import history_rows

    with open_stored(database) as store:
        history = history_of(store, words, metrics=metrics)
    if as_json:
        print_json({"history": history})
        return EXIT_DONE
    say_line(f"{' and '.join(words)}: {len(history)} stored result{'' if len(history) == 1 else 's'}", style="bold")
    say_line()
    print_split_table(history_rows(history), words=("pair", "verdict"))
    return EXIT_DONE
