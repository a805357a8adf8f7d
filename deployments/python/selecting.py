"""The functions for `benchwright retrain` and `benchwright selection`."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from deployments.python.calling import call, call_async, result_of
from deployments.python.checking import plainly
from deployments.python.stored import opened
from selection.retraining import Retraining

if TYPE_CHECKING:
    from evaluation.results.catalogues import RecommendationList, SelectionModelList
    from selection.learning.deciding_model import Deciding
    from selection.scoreboard import Scoreboard


def retrain(
    *,
    if_enough_new: int | None = None,
    seed: int | None = None,
    db: str | None = None,
    tell: Callable[[str], None] | None = None,
) -> "Retraining":
    """Train selection models on what was measured; one that is significantly better on unseen prompts is promoted.

    The same as `benchwright retrain`.

    Args:
        if_enough_new: Stop if fewer scored answers and outcomes than this are new.
        seed: The random seed of the training; default: 0.
        db: Results database: a path or a URL.
        tell: Called with each note that the command prints beside its result.

    Raises:
        BenchwrightError: invalid input or setup.
        KeyboardInterrupt: Ctrl-C; what was trained by then is kept.
    """
    return call(partial(_retrain, if_enough_new, seed, db), tell=tell)


async def retrain_async(
    *,
    if_enough_new: int | None = None,
    seed: int | None = None,
    db: str | None = None,
    tell: Callable[[str], None] | None = None,
) -> "Retraining":
    """Do what `retrain` does while the running event loop goes on.

    Args:
        if_enough_new: Stop if fewer scored answers and outcomes than this are new.
        seed: The random seed of the training; default: 0.
        db: Results database: a path or a URL.
        tell: Called with each note that the command prints beside its result.

    Raises:
        BenchwrightError: as of `retrain`.
    """
    return await call_async(partial(_retrain, if_enough_new, seed, db), tell=tell)


def _retrain(if_enough_new: int | None, seed: int | None, db: str | None) -> "Retraining":
    from deployments.cli.long_commands import workplace
    from deployments.cli.retrain.run import retrain_anew
    from selection.retrain_request import read_retrain_request

    parameters = {"if_enough_new": if_enough_new, "seed": seed}
    request = read_retrain_request({name: value for name, value in parameters.items() if value is not None})
    with workplace(db, may_be_new=False) as (store, stack):
        ended = retrain_anew(request, store, stack)
    return result_of(ended, "the retraining failed")


@plainly
def load_scoreboard(*, store: str | None = None) -> "Scoreboard":
    """Return the results of each candidate on each task, on which recommendations rest.

    Args:
        store: Results database: a path or a URL.

    Raises:
        StoreError: it cannot be read.
    """
    from selection.recommender.registry import recommender_of

    return recommender_of(store).view().scoreboard


@plainly
def load_recommendations(*, task: str | None = None, limit: int = 20, store: str | None = None) -> "RecommendationList":
    """Return what was recommended, the newest first, and what came of it, as `selection recommendations` does.

    Args:
        task: Only for this task.
        limit: Number of newest ones to return.
        store: Results database: a path or a URL.

    Raises:
        StoreError: it is not there, or cannot be opened.
    """
    from evaluation.results.catalogues import RecommendationList
    from evaluation.store.recommendations import list_recommendations

    with opened(store) as open_store:
        return RecommendationList(list_recommendations(open_store, task=task, limit=limit, with_prompts=False)[::-1])


@plainly
def load_models(*, store: str | None = None) -> "SelectionModelList":
    """Return the trained selection models, as `selection history` lists them.

    Args:
        store: Results database: a path or a URL.

    Raises:
        StoreError: it is not there, or cannot be opened.
    """
    from evaluation.results.catalogues import SelectionModelList
    from evaluation.store.selection_models import history

    with opened(store) as open_store:
        return SelectionModelList(history(open_store))


@plainly
def promote(model: str, *, reason: str | None = None, store: str | None = None) -> "Deciding":
    """Promote a selection model, and return which one decides now.

    Args:
        model: A stored model's version or id, or a prefix of one; or a model file.
        reason: For the record.
        store: Results database: a path or a URL.

    Raises:
        UnknownNameError: no such model.
        ModelFileError: it cannot be read, or reading it is not allowed.
    """
    from deployments.cli.selection.command import promote_model

    with opened(store) as open_store:
        return promote_model(open_store, model, reason)


@plainly
def rollback(*, reason: str | None = None, store: str | None = None) -> "Deciding":
    """Return to the selection model before, and finally to the scoreboard; return which one decides now.

    Args:
        reason: For the record.
        store: Results database: a path or a URL.

    Raises:
        ConfigurationError: there is nothing to return from.
    """
    from deployments.cli.selection.command import roll_model_back

    with opened(store) as open_store:
        return roll_model_back(open_store, reason)
