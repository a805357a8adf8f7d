"""The `benchwright race` command: finds the best of many candidates with a fraction of the generations."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption
from deployments.cli.evaluate.options import evaluation_fields, taking_evaluation
from deployments.cli.search_options import TypedSearch

Words = list[str] | None


@taking_evaluation
def race(
    method: Annotated[
        str | None,
        typer.Option(
            metavar="evidence|halving", help="Drop with a guarantee (default), or the worse half in every round."
        ),
    ] = None,
    alpha: Annotated[
        float | None, typer.Option(metavar="P", help="Maximum probability that the best is dropped; default 0.05.")
    ] = None,
    margin: Annotated[
        str | None,
        typer.Option(
            metavar="2pp", help="Largest difference that does not matter; the race may end when none is larger."
        ),
    ] = None,
    levels: Annotated[
        Words,
        typer.Option(
            metavar="smoke=20,quick=100,full", help="Numbers of cases after which to decide; default: continuously.*"
        ),
    ] = None,
    confirm: Annotated[
        int | None, typer.Option(metavar="N", help="Maximum number of unseen cases to confirm the winner on.")
    ] = None,
    budget: Annotated[
        Words, typer.Option(metavar="calls=N,minutes=N,tokens=N", help="End the race when one of these is spent.*")
    ] = None,
    resume: Annotated[
        str | None, typer.Option(metavar="RUN|last", help="Resume this race; only missing cases are asked.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the decision points and the maximum cost, and exit.")
    ] = False,
    db: DatabaseOption = None,
    json_: JsonOption = False,
    *,
    evaluation: Mapping[str, Any],
) -> None:
    """Find the best of many candidates on one benchmark, dropping the losers early.

    Options marked * may be repeated.
    """
    from deployments.cli.race.run import run_race

    option_values: dict[str, Any] = {
        "method": method,
        "alpha": alpha,
        "margin": margin,
        "levels": levels,
        "confirm": confirm,
        "budget": budget,
    }
    search = TypedSearch(
        fields={key: value for key, value in option_values.items() if value not in (None, [])},
        evaluation=evaluation_fields(evaluation),
        resume=resume,
        dry_run=dry_run,
    )
    raise typer.Exit(run_race(search, database=db, as_json=json_))
