"""Output of `benchwright compare --unpaired`: groups of stored runs that share no cases, as a table or JSON."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from deployments.cli.arguments import open_stored
from deployments.cli.terminal.output import EXIT_DONE, print_json
from deployments.cli.terminal.run_results import say_line
from deployments.cli.terminal.split_table import print_split_table
from evaluation.errors import ConfigurationError
from evaluation.results.as_json import as_json as json_of

if TYPE_CHECKING:
    from evaluation.results.unpaired import UnpairedComparisonResult


def compare_unpaired_runs(
    fields: Mapping[str, Any], *, paired_only: Sequence[str], database: str | None, as_json: bool
) -> int:
    """Return the exit code of an unpaired comparison of stored runs.

    Args:
        fields: Of `ComparisonRequest`.
        paired_only: Options that were typed and that the paired comparison alone has.
        database: Where the runs are.
        as_json: Print the result as JSON.

    Raises:
        BenchwrightError: invalid input or setup.
    """
    from evaluation.comparisons.unpaired_result import unpaired_result
    from evaluation.requests.comparison_request import read_comparison_request

    if paired_only:
        raise ConfigurationError(
            f"--unpaired takes only stored runs, --metric, --by, --against and --margin, not {', '.join(paired_only)}",
            "Leave these options out; `benchwright evaluate` makes the runs first.",
        )
    request = read_comparison_request(fields)
    with open_stored(database) as store:
        result = unpaired_result(store, request)
    if as_json:
        print_json(json_of(result))
    else:
        _print_result(result)
    return EXIT_DONE


def _print_result(result: "UnpairedComparisonResult") -> None:
    from evaluation.reports.comparisons.unpaired import group_rows, legend, unpaired_rows

    lead, *others = result.sentences
    say_line(lead, style="bold")
    for sentence in others:
        say_line(sentence)
    say_line()
    print_split_table(unpaired_rows(result), words=("groups", "verdict") if len(result.groups) > 2 else ("verdict",))
    say_line()
    say_line(legend(result))
    for note in result.notes:
        say_line(note)
    say_line()
    say_line("Where the numbers come from", style="bold")
    print_split_table(group_rows(result), words=("benchmark", "version", "runs"))
