"""The `benchwright selection` commands: evidence, the deciding model, imported results, and outcomes."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption, OutOption, open_stored
from deployments.cli.candidate_exports import OF_MODELS, checked_form
from deployments.cli.recommend.run import RecommendOptions, open_recommender, run_recommendation
from deployments.cli.selection.imports import forget, import_file, list_all
from deployments.cli.selection.outcomes import outcome, recommendations
from deployments.cli.selection.page import (
    champion_as_json,
    champion_lines,
    model_as_json,
    print_history,
    print_selection,
)
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.tables import print_line
from evaluation.errors import UnknownNameError
from selection.preferences import Constraints, Weights
from selection.recommender.registry import recommender_of

if TYPE_CHECKING:
    from evaluation.store.session import Store
    from selection.learning.deciding_model import Deciding

selection = typer.Typer(
    no_args_is_help=True,
    help="Model selection: the scoreboard, selection models, imported results, outcomes, configurations.",
)

ModelArgument = Annotated[str, typer.Argument(metavar="ID", help="A model's version or id, or the beginning of one.")]
ReasonOption = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="The reason, for the record.")]


@selection.command("show")
def show(
    task: Annotated[str | None, typer.Option("--task", metavar="TASK", help="Only this task.")] = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what decides, the scoreboard of each task, and the outcomes of recommendations."""
    from selection.analytics.analysis import analyse
    from selection.analytics.page import analytics_as_json
    from selection.learning.deciding_model import deciding
    from selection.pages.scoreboard import task_scoreboard

    with open_stored(db) as store, open_recommender(db) as url:
        decides, board, analytics = (
            deciding(store),
            recommender_of(url).view().scoreboard,
            analyse(store=url, task=task),
        )
    if task is not None and task not in board.standings:
        raise UnknownNameError("task", task, board.standings, "`benchwright selection show` lists what was measured")
    standings = [standing for standing in board.standings.values() if task in (None, standing.task)]
    if as_json:
        tasks = [task_scoreboard(board, standing) for standing in standings]
        fields = {"champion": champion_as_json(decides), "tasks": tasks}
        print_json(fields | {"recommendations": analytics_as_json(analytics)})
    else:
        print_selection(decides, board, standings, analytics)


@selection.command("history")
def history(db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """List the trained selection models, and which one decided when."""
    from evaluation.store.selection_models import history as stored_models
    from evaluation.store.selection_models import promotions
    from selection.learning.deciding_model import deciding

    with open_stored(db) as store:
        models, made, decides = stored_models(store), promotions(store), deciding(store)
    if as_json:
        fields: dict[str, Any] = {
            "champion": champion_as_json(decides),
            "models": [model_as_json(model) for model in models],
        }
        print_json(fields | {"promotions": made})
        return
    print_history(models, made, decides)
    for line in champion_lines(decides):
        print_line(line)


@selection.command("promote")
def promote(
    what: Annotated[str, typer.Argument(metavar="ID|FILE", help="A stored model, or a model file.")],
    reason: ReasonOption = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Promote a selection model: a stored one, or one from a file, which is checked before it is used."""
    with open_stored(db) as store:
        decides = promote_model(store, what, reason)
    _say_champion(decides, as_json=as_json)


def promote_model(store: "Store", what: str, reason: str | None) -> "Deciding":
    """Promote a model from the store or a file, and return which model decides.

    Raises:
        UnknownNameError: no such model.
        ModelFileError: it cannot be read, or reading it is not allowed.
    """
    from evaluation.store.selection_models import champion, find_model
    from evaluation.store.selection_models import promote as store_promotion
    from selection.learning.deciding_model import deciding, served_model

    replaced, model_id, stated_reason = champion(store), _model_of(store, what), reason or "promoted by hand"
    served_model(store, find_model(store, model_id))  # raises where it cannot serve
    if replaced.model is None or replaced.model.model_id != model_id:
        store_promotion(store, model_id, replacing=replaced.promotion_id, reason=stated_reason)
    return deciding(store)


@selection.command("rollback")
def rollback(reason: ReasonOption = None, db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Return to the previous selection model; run again, to the one before that, and finally to the scoreboard."""
    with open_stored(db) as store:
        decides = roll_model_back(store, reason)
    _say_champion(decides, as_json=as_json)


def roll_model_back(store: "Store", reason: str | None) -> "Deciding":
    """Undo the last promotion, and return which model decides.

    Raises:
        ConfigurationError: there is none to undo.
    """
    from evaluation.store.selection_models import rollback as store_rollback
    from selection.learning.deciding_model import deciding

    store_rollback(store, reason=reason or "rolled back by hand")
    return deciding(store)


@selection.command("save")
def save(
    model: ModelArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file to write.")],
    db: DatabaseOption = None,
) -> None:
    """Write a selection model to a file, to be promoted elsewhere."""
    from selection.learning.stored_models import save_to_file

    with open_stored(db) as store:
        saved = save_to_file(store, model, file)
    print_status(f"wrote model {saved.version} ({saved.kind}) to {file}")


@selection.command("export")
def export(
    task: Annotated[str | None, typer.Option("--task", metavar="TASK", help="For this task; default: all.")] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="yaml, python, openai, modelfile, json or env; default: by --out, else json.",
        ),
    ] = None,
    out: OutOption = None,
    db: DatabaseOption = None,
) -> None:
    """Export the winning configuration, as `recommend --export` does, by quality alone; a Modelfile needs a model."""
    chosen = checked_form(form or (None if out else "json"), out, option="--format")
    options = RecommendOptions(
        task=task,
        prompt=None,
        constraints=Constraints(models_only=chosen in OF_MODELS),
        weights=Weights(),
        on_tie="cheapest",
        on_little_evidence="abstain",
        form=chosen,
        out=out,
    )
    raise typer.Exit(run_recommendation(options, database=db, as_json=False))


selection.command("outcome")(outcome)
selection.command("recommendations")(recommendations)
selection.command("import")(import_file)
selection.command("imports")(list_all)
selection.command("forget")(forget)


def _model_of(store: "Store", what: str) -> str:
    """Return the id of a stored model; a file is checked and stored first."""
    from evaluation.store.selection_models import find_model
    from selection.learning.stored_models import store_file

    if Path(what).suffix or os.sep in what or os.path.isfile(what):
        return store_file(store, Path(what)).model_id
    return find_model(store, what).model_id


def _say_champion(decides: "Deciding", *, as_json: bool) -> None:
    if as_json:
        print_json(champion_as_json(decides))
        return
    for line in champion_lines(decides):
        print_line(line)
