"""What a recommender knows at first, kept in the store for the next process, with what holds of the model that decides.

The model itself stays where it is stored; only the result of its check against the evidence is kept.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evaluation.errors import ModelFileError
from evaluation.results.as_json import as_json, from_json
from selection.learning.staleness import Holding
from selection.recommender.view import FirstKnown
from selection.scoreboards.serialization import read_scoreboard, written_scoreboard

if TYPE_CHECKING:
    from selection.learning.serving import ServedModel

FindModel = Callable[[str], "ServedModel | None"]
"""Return a model by its id, as it was trained; None where it differs from what was stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _KeptModel:
    """What holds of the model that decides."""

    id: str
    is_of_now: bool
    holding: Mapping[str, Holding] | None
    """By task; None: everything, as it was learned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What is kept beside the scoreboard."""

    champion_id: str | None
    model: _KeptModel | None


def written(state: FirstKnown, model_id: str | None) -> bytes | None:
    """Return the state as bytes; None where the deciding model is not a stored one.

    Args:
        state: The state.
        model_id: Id of the champion in the store.
    """
    champion, model = state.champion, None
    if champion is not None:
        from selection.learning.serving import ServedModel

        if model_id is None or not isinstance(champion, ServedModel):
            return None
        model = _KeptModel(id=model_id, is_of_now=champion.is_of_now, holding=champion.holding)
    return written_scoreboard(state.scoreboard, as_json(_Kept(champion_id=state.champion_id, model=model)))


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
        kept = from_json(_Kept, about)
        champion = None if kept.model is None else _champion(kept.model, find_model)
        return FirstKnown(scoreboard=scoreboard, champion=champion, champion_id=kept.champion_id)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _not_whole(f"{type(error).__name__}: {error}") from error


def _champion(kept: _KeptModel, find_model: FindModel) -> "ServedModel":
    model = find_model(kept.id)
    if model is None:
        raise _not_whole("its model is not there")
    if kept.holding is not None:
        _must_fit(kept.holding, model)
    return replace(model, holding=kept.holding, is_of_now=kept.is_of_now, _places={})


def _must_fit(held: Mapping[str, Holding], model: "ServedModel") -> None:
    columns = [column for holding in held.values() for column in holding.columns.values()]
    if not all(isinstance(column, int) and 0 <= column < len(model.keys) for column in columns):
        raise _not_whole("a candidate that its model does not have")
    if set(held) != set(model.tasks):
        raise _not_whole("it is of other tasks than its model")


def _not_whole(why: str) -> ModelFileError:
    return ModelFileError(f"the cached evidence is incomplete: {why}"[:200], "It is recomputed.")
