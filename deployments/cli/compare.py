"""`benchwright compare`: who is better, on the same cases, and how sure is that?"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption
from deployments.cli.completion import metric_names
from deployments.cli.evaluate_options import taking_evaluation

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
            help="What makes a side: model, family, quantization, temperature, profile, run, week, tag, …",
        ),
    ] = None,
    against: Annotated[str | None, typer.Option(metavar="NAME", help="Hold every other side against this one.")] = None,
    margin: Annotated[
        str | None, typer.Option(metavar="2pp", help="A difference too small to matter: not worse, or equivalent.")
    ] = None,
    metric: Annotated[
        Words,
        typer.Option(
            metavar="NAME", autocompletion=metric_names, help="Compare by this one; default: headline, then all.*"
        ),
    ] = None,
    flips: Annotated[int | None, typer.Option(metavar="N", help="Flipped cases shown each way; default 5.")] = None,
    fail_on_regression: Annotated[
        bool, typer.Option("--fail-on-regression", help="Exit 1 where a side is worse than --against or the first.")
    ] = False,
    regression_of: Annotated[
        Words, typer.Option(metavar="METRIC", help="Check this too, such as latency_s; implies the check.*")
    ] = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the checks as JUnit XML.")] = None,
    history: Annotated[
        bool, typer.Option("--history", help="How these sides came out before: runs, or names of two sides.")
    ] = False,
    experiment: Annotated[
        str | None, typer.Option(metavar="NAME", help="Make it one of this experiment's; alone: compare its runs.")
    ] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Run as a flow, so that the page stands in Prefect too.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be asked and compared, alone.")] = False,
    db: DatabaseOption = None,
    json_: JsonOption = False,
    *,
    evaluation: Mapping[str, Any],
) -> None:
    """Hold candidates against each other, case by case: of stored runs, or evaluated now by what `evaluate` takes.

    Marked * may be repeated.
    """
    from deployments.cli.comparing import Wanted, run_comparison, show_history
    from deployments.cli.evaluate_options import evaluation_fields

    if history:
        raise typer.Exit(show_history(runs or [], metric or [], database=db, as_json=json_))
    asked = evaluation_fields(evaluation)
    if asked and experiment is not None:
        asked["experiment"] = experiment
    given: dict[str, Any] = {
        "runs": runs,
        "experiment": experiment,
        "by": by,
        "against": against,
        "margin": margin,
        "metrics": metric,
        "n_flips": flips,
    }
    wanted = Wanted(
        given={key: value for key, value in given.items() if value is not None and value != []},
        evaluation=asked,
        checks=fail_on_regression or bool(regression_of) or junit is not None,
        fails=fail_on_regression or bool(regression_of),
        check_metrics=tuple(regression_of or ()),
        junit=junit,
        publish=publish,
        dry_run=dry_run,
    )
    raise typer.Exit(run_comparison(wanted, database=db, as_json=json_))
