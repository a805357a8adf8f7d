"""What a recommender knows at first, kept in the store for the next process, with what holds of the model that decides.

The model itself stays where it is stored; only the result of its check against the evidence is kept.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from evaluation.errors import ModelFileError
from selection.learning.staleness import Changed, Holding
from selection.recommender.view import FirstKnown
from selection.scoreboards.serialization import read_scoreboard, written_scoreboard

if TYPE_CHECKING:
    from selection.learning.serving import ServedModel

FindModel = Callable[[str], "ServedModel | None"]
"""Return a model by its id, as it was trained; None where it differs from what was stored."""


def written(state: FirstKnown, model_id: str | None) -> bytes | None:
    """Return the state as bytes; None where the deciding model is not a stored one.

    Args:
        state: The state.
        model_id: Id of the champion in the store.
    """
    champion = state.champion
    if champion is None:
        return written_scoreboard(state.scoreboard, {"champion_id": state.champion_id, "model": None})

    from selection.learning.serving import ServedModel

    if model_id is None or not isinstance(champion, ServedModel):
        return None
    holding = champion.holding
    held = None if holding is None else {task: _plain_holding(task_holding) for task, task_holding in holding.items()}
    model = {"id": model_id, "is_of_now": champion.is_of_now, "holding": held}
    return written_scoreboard(state.scoreboard, {"champion_id": state.champion_id, "model": model})


def _plain_holding(holding: Holding) -> dict[str, Any]:
    changed = [[each.label, each.n_changed, each.n_cases, each.is_withheld] for each in holding.changed]
    return {
        "columns": dict(holding.columns),
        "changed": changed,
        "moved": holding.moved,
        "n_elsewhere": holding.n_elsewhere,
    }


def read(content: bytes, find_model: FindModel) -> FirstKnown:
    """Return the state from bytes.

    Args:
        content: From `written`.
        find_model: Finds the champion's model.

    Raises:
        ModelFileError: it is incomplete, or its model is missing.
    """
    scoreboard, about = read_scoreboard(content)
    try:
        plain = about["model"]
        champion = None if plain is None else _champion(plain, find_model)
        return FirstKnown(scoreboard=scoreboard, champion=champion, champion_id=about["champion_id"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _not_whole(f"{type(error).__name__}: {error}") from error


def _champion(plain: Mapping[str, Any], find_model: FindModel) -> "ServedModel":
    model = find_model(plain["id"])
    if model is None:
        raise _not_whole("its model is not there")
    holding = plain["holding"]
    held = (
        None
        if holding is None
        else {task: _holding(task_holding, len(model.keys)) for task, task_holding in holding.items()}
    )
    if held is not None and set(held) != set(model.tasks):
        raise _not_whole("it is of other tasks than its model")
    return replace(model, holding=held, is_of_now=plain["is_of_now"], _places={})


def _holding(plain: Mapping[str, Any], n_candidates: int) -> Holding:
    columns = dict(plain["columns"])
    if not all(isinstance(column, int) and 0 <= column < n_candidates for column in columns.values()):
        raise _not_whole("a candidate that its model does not have")
    changed = tuple(
        Changed(label=label, n_changed=n_changed, n_cases=n_cases, is_withheld=is_withheld)
        for label, n_changed, n_cases, is_withheld in plain["changed"]
    )
    moved = tuple((was, now) for was, now in plain["moved"])
    return Holding(columns=columns, changed=changed, moved=moved, n_elsewhere=plain["n_elsewhere"])


def _not_whole(why: str) -> ModelFileError:
    return ModelFileError(f"the cached evidence is incomplete: {why}"[:200], "It is recomputed.")
