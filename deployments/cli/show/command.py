"""The `benchwright show` command: the results of a run, its failures, and the details of one case."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption, open_stored
from deployments.cli.completion import run_ids
from deployments.cli.show.cascade_page import print_cascade_page
from deployments.cli.show.case_page import print_case_page
from deployments.cli.show.run_page import print_run_page
from deployments.cli.terminal.output import print_json
from deployments.cli.terminal.run_results import say_line
from evaluation.errors import ConfigurationError, StoreError
from evaluation.escaping import for_terminal

if TYPE_CHECKING:
    from evaluation.store.session import Store


def show(
    run: Annotated[
        str, typer.Argument(metavar="RUN", autocompletion=run_ids, help="A run's id, the beginning of one, or `last`.")
    ] = "last",
    case: Annotated[
        str | None, typer.Option("--case", metavar="ID", help="One case in full: prompt, answers, scores, timings.")
    ] = None,
    cascade: Annotated[
        bool,
        typer.Option("--cascade", help="Cascades over their thresholds: share escalated, quality and cost."),
    ] = False,
    metric: Annotated[
        str | None,
        typer.Option("--metric", metavar="NAME", help="Metric of quality for --cascade; default the run's headline."),
    ] = None,
    as_yaml: Annotated[
        bool, typer.Option("--as-yaml", help="Print the request as a file that `evaluate -f` can run again.")
    ] = False,
    as_json: JsonOption = False,
    db: DatabaseOption = None,
) -> None:
    """Show a run: results, failures with an example of each, and where the numbers come from."""
    from evaluation.store.runs import find_run

    if as_yaml and (as_json or case is not None):
        raise ConfigurationError(
            ("--as-yaml cannot be combined with --json or --case"), "Leave out --json and --case, or --as-yaml."
        )
    if cascade and (as_yaml or case is not None):
        raise ConfigurationError("--cascade cannot be combined with --as-yaml or --case", "Leave out one of them.")
    if metric is not None and not cascade:
        raise ConfigurationError(f"--metric {metric!r} is the metric of --cascade", "Add --cascade, or leave it out.")
    with open_stored(db) as store:
        run_id = find_run(store, run).plan.run_id
        if as_yaml:
            sys.stdout.write(_request_as_yaml(store, run_id))
        elif cascade:
            _show_cascades(store, run_id, metric=metric, as_json=as_json)
        elif case is not None:
            _show_case(store, run_id, case, as_json=as_json)
        else:
            _show_run(store, run_id, as_json=as_json)


def _show_run(store: "Store", run_id: str, *, as_json: bool) -> None:
    from evaluation.run_results.run_result import run_in_full

    shown = run_in_full(store, run_id)
    if as_json:
        print_json(shown)
    else:
        print_run_page(store, shown)
        _say_whether_it_is_a_race(store, shown.run.invocation_id, run_id)


def _say_whether_it_is_a_race(store: "Store", invocation_id: str, run_id: str) -> None:
    """Note that the run is a race, which asks its candidates different numbers of cases."""
    from evaluation.store.races import find_race

    if find_race(store, invocation_id) is not None:
        say_line()
        say_line(
            f"This run belongs to a race: `benchwright race --resume {run_id}` shows when each candidate was "
            "eliminated."
        )


def _show_case(store: "Store", run_id: str, case_id: str, *, as_json: bool) -> None:
    from evaluation.run_results.case_result import case_result

    shown = case_result(store, run_id, case_id)
    if as_json:
        print_json(shown)
    else:
        print_case_page(shown)


def _show_cascades(store: "Store", run_id: str, *, metric: str | None, as_json: bool) -> None:
    from evaluation.run_results.cascade_result import cascade_result

    result = cascade_result(store, run_id, metric=metric)
    if as_json:
        print_json(result)
    else:
        print_cascade_page(result)


def _request_as_yaml(store: "Store", run_id: str) -> str:
    """Return the request of the run's invocation, with all its benchmarks and candidates."""
    from evaluation.requests.evaluation_request import read_request
    from evaluation.requests.request_file import request_as_yaml
    from evaluation.store.plans import find_invocation
    from evaluation.store.runs import find_run

    invocation = find_invocation(store, find_run(store, run_id).plan.invocation_id)
    if invocation is None:
        raise StoreError(f"{store.shown_url} does not hold what was asked for in run {run_id!r}")
    text = request_as_yaml(read_request(invocation.request, source=f"what was asked for in run {run_id!r}"))
    return text if for_terminal(text) == text else _in_ascii(text)


def _in_ascii(text: str) -> str:
    """Return the same YAML with non-ASCII letters escaped, since some of them can trick a terminal."""
    import yaml

    return yaml.safe_dump(yaml.safe_load(text), sort_keys=False, allow_unicode=False)
