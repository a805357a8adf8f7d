"""`benchwright retrain`: learn which candidate suits which prompt, and promote a better model."""

from typing import Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption


def retrain(
    if_enough_new: Annotated[
        int | None,
        typer.Option("--if-enough-new", metavar="N", help="Train only if N scored answers and outcomes are new."),
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="The random seed of the training; default 0.")] = None,
    db: DatabaseOption = None,
    json_: JsonOption = False,
) -> None:
    """Train selection models on measured results; promote one that is significantly better on unseen prompts."""
    from deployments.cli.retrain.run import run_retraining

    option_values: dict[str, Any] = {"if_enough_new": if_enough_new, "seed": seed}
    fields = {name: value for name, value in option_values.items() if value is not None}
    raise typer.Exit(run_retraining(fields, database=db, as_json=json_))
