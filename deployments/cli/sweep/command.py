"""The `benchwright sweep` command: finds the best values of parameters."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption
from deployments.cli.evaluate.options import evaluation_fields, taking_evaluation
from deployments.cli.search_options import TypedSearch

Words = list[str] | None


@taking_evaluation
def sweep(
    param: Annotated[
        Words,
        typer.Option(metavar="NAME=VALUES", help="temperature=0.1:1.0:0.1, top_p=0.5,0.9, model=a,b, profile=a,b.*"),
    ] = None,
    design: Annotated[
        str | None, typer.Option(metavar="grid|random|latin", help="All combinations (default), or --samples of them.")
    ] = None,
    samples: Annotated[
        int | None, typer.Option(metavar="N", help="Number of combinations in a random or latin design.")
    ] = None,
    prompt: Annotated[
        str | None, typer.Option(metavar="TEXT", help="A single prompt without a reference, instead of a benchmark.")
    ] = None,
    resume: Annotated[
        str | None, typer.Option(metavar="RUN|last", help="Resume this sweep; only missing cases are asked.")
    ] = None,
    show: Annotated[
        str | None, typer.Option(metavar="RUN|last", help="Show the results of this sweep; nothing is asked.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the combinations and the cost, and exit.")] = False,
    db: DatabaseOption = None,
    json_: JsonOption = False,
    *,
    evaluation: Mapping[str, Any],
) -> None:
    """Evaluate every combination of parameters on the same cases, and report which values are best.

    Options marked * may be repeated.
    """
    from deployments.cli.sweep.run import run_sweep, show_sweep

    option_values: dict[str, Any] = {"parameters": param, "design": design, "samples": samples, "prompt": prompt}
    search = TypedSearch(
        fields={key: value for key, value in option_values.items() if value not in (None, [])},
        evaluation=evaluation_fields(evaluation),
        resume=resume,
        dry_run=dry_run,
    )
    if show is not None:
        raise typer.Exit(show_sweep(show, search, database=db, as_json=json_))
    raise typer.Exit(run_sweep(search, database=db, as_json=json_))
