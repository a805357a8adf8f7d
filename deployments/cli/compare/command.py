"""`benchwright compare`: who is better, on the same cases, and how sure is that?"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption
from deployments.cli.compare.request import CompareOptions
from deployments.cli.compare.run import run_comparison, show_history
from deployments.cli.completion import metric_names
from deployments.cli.evaluate.options import evaluation_fields, taking_evaluation

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
