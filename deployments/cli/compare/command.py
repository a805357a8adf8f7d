"""The `benchwright compare` command: candidates compared on the same cases, and how certain the result is."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption, open_stored
from deployments.cli.compare.page import show_comparisons, show_planned
from deployments.cli.compare.request import CompareOptions, cancelled_result
from deployments.cli.completion import metric_names
from deployments.cli.evaluate.options import evaluation_fields, taking_evaluation
from deployments.cli.junit_file import refuse_unwritable
from deployments.cli.terminal.output import EXIT_DONE, EXIT_RUN_FAILED, print_json
from evaluation.results.comparisons import ComparisonResult

if TYPE_CHECKING:
    from evaluation.store.session import Store

Words = list[str] | None


@taking_evaluation
def compare(
    runs: Annotated[
        Words, typer.Argument(metavar="[RUN|EXPERIMENT]...", help="Stored runs: ids, `last`; an experiment: its runs.")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            help="What to compare by: model, family, quantization, temperature, profile, run, week, tag, …",
        ),
    ] = None,
    against: Annotated[
        str | None, typer.Option(metavar="NAME", help="Compare every other side with this one, the baseline.")
    ] = None,
    margin: Annotated[
        str | None,
        typer.Option(
            metavar="2pp", help=("Largest difference that does not matter; tests non-inferiority and equivalence.")
        ),
    ] = None,
    metric: Annotated[
        Words,
        typer.Option(
            metavar="NAME",
            autocompletion=metric_names,
            help="A metric to compare by; default: the headline, then all.*",
        ),
    ] = None,
    flips: Annotated[
        int | None, typer.Option(metavar="N", help="Flipped cases to show in each direction; default 5.")
    ] = None,
    fail_on_regression: Annotated[
        bool, typer.Option("--fail-on-regression", help="Exit with 1 if a side is worse than --against or the first.")
    ] = False,
    regression_of: Annotated[
        Words, typer.Option(metavar="METRIC", help="A further metric to check, such as latency_s; implies the check.*")
    ] = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the checks as JUnit XML.")] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Show earlier comparisons of these runs, or of two sides by name.")
    ] = False,
    unpaired: Annotated[
        bool,
        typer.Option(
            "--unpaired",
            help="Compare groups that share no cases: two benchmarks, two versions of one, two halves of traffic.",
        ),
    ] = False,
    experiment: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Add the comparison to this experiment; without RUNS: compare its runs."),
    ] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Run as a flow, so that the page is published in Prefect too.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and exit.")] = False,
    db: DatabaseOption = None,
    json_: JsonOption = False,
    *,
    evaluation: Mapping[str, Any],
) -> None:
    """Compare candidates case by case: from stored runs, or evaluated now with the options of `evaluate`.

    Options marked * may be repeated.
    """
    if unpaired:
        from deployments.cli.compare.unpaired import compare_unpaired_runs

        fields = {"runs": runs, "by": by, "against": against, "margin": margin, "metrics": metric}
        paired_options = {
            "--flips": flips is not None,
            "--fail-on-regression": fail_on_regression,
            "--regression-of": bool(regression_of),
            "--junit": junit is not None,
            "--history": history,
            "--experiment": experiment is not None,
            "--publish": publish,
            "--dry-run": dry_run,
            "the options of `evaluate`": bool(evaluation_fields(evaluation)),
        }
        code = compare_unpaired_runs(
            {name: value for name, value in fields.items() if value is not None and value != []},
            paired_only=[option for option, is_typed in paired_options.items() if is_typed],
            database=db,
            as_json=json_,
        )
        raise typer.Exit(code)
    if history:
        from deployments.cli.compare.history import show_history

        raise typer.Exit(show_history(runs or [], metric or [], database=db, as_json=json_))
    request_fields = evaluation_fields(evaluation)
    if request_fields and experiment is not None:
        request_fields["experiment"] = experiment
    option_values: dict[str, Any] = {
        "runs": runs,
        "experiment": experiment,
        "by": by,
        "against": against,
        "margin": margin,
        "metrics": metric,
        "n_flips": flips,
    }
    options = CompareOptions(
        fields={key: value for key, value in option_values.items() if value is not None and value != []},
        evaluation=request_fields,
        checks=fail_on_regression or bool(regression_of) or junit is not None,
        fails=fail_on_regression or bool(regression_of),
        check_metrics=tuple(regression_of or ()),
        junit=junit,
        publish=publish,
        dry_run=dry_run,
    )
    raise typer.Exit(run_comparison(options, database=db, as_json=json_))


def run_comparison(options: CompareOptions, *, database: str | None, as_json: bool) -> int:
    """Run a comparison, and return the exit code.

    Raises:
        BenchwrightError: a problem for the user to fix.
    """
    from deployments.cli.flow_runs import TerminatedError
    from deployments.cli.long_commands import code_of_signal

    if options.junit is not None:
        refuse_unwritable(options.junit)
    try:
        if options.evaluation or (options.publish and not options.dry_run):
            from deployments.cli.compare.flow_run import compare_by_the_flow

            return compare_by_the_flow(options, database, as_json=as_json)
        with open_stored(database) as store:
            return _of_stored_runs(options, store, as_json=as_json)
    except (KeyboardInterrupt, TerminatedError) as end:
        if as_json:
            print_json(cancelled_result(()))
        return code_of_signal(end)


def _of_stored_runs(options: CompareOptions, store: "Store", *, as_json: bool) -> int:
    from evaluation.comparisons.comparison_result import compare_and_store
    from evaluation.comparisons.plan import planned_comparisons
    from evaluation.requests.comparison_request import read_comparison_request

    request = read_comparison_request(options.fields, checks=options.check_metrics if options.checks else None)
    if options.dry_run:
        return show_planned(planned_comparisons(store, request), as_json=as_json)
    results = compare_and_store(store, request)
    code = EXIT_RUN_FAILED if options.fails and _has_failed_run(store, results) else EXIT_DONE
    return show_comparisons(options, store, results, as_json=as_json, code=code)


def _has_failed_run(store: "Store", results: Sequence[ComparisonResult]) -> bool:
    from evaluation.store.runs import find_run

    run_ids = dict.fromkeys(run_id for result in results for run_id in result.run_ids)
    return any(find_run(store, run_id).status == "failed" for run_id in run_ids)
