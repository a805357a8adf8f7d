"""Stored progress of a retraining that was ended early, and how to continue it."""

from dataclasses import dataclass

from evaluation.records.selection import SelectionModelRecord
from evaluation.store.selection_models import champion, history
from evaluation.store.session import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedRetraining:
    """State of the store when the retraining began."""

    version: int
    """Version of the newest model; 0: there was none."""
    promotion_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProgress:
    """Stored results of the retraining so far."""

    sentence: str
    next_step: str
    model_id: str | None
    """Id of the model trained since; None: there is none."""


def start_record(store: Store) -> StartedRetraining:
    """Start of the retraining, to compare with what is stored afterwards."""
    newest = _newest(store)
    return StartedRetraining(version=0 if newest is None else newest.version, promotion_id=champion(store).promotion_id)


def stored_progress(store: Store, *, since: StartedRetraining) -> StoredProgress:
    """Return what was stored since then: training, judging and promoting are each stored when done."""
    newest, holds = _newest(store), champion(store)
    decider = "the scoreboard alone" if holds.model is None else _name(holds.model)
    if newest is None or newest.version <= since.version:
        return StoredProgress(
            sentence=f"no model was trained; {decider} keeps deciding",
            next_step="`benchwright retrain` starts again; no evidence is lost.",
            model_id=None,
        )
    model = holds.model
    if model is not None and model.model_id == newest.model_id and holds.promotion_id != since.promotion_id:
        return StoredProgress(
            sentence=f"{_name(newest)} was trained and is now the selection model",
            next_step="`benchwright selection history` says why; `benchwright selection rollback` takes it back.",
            model_id=newest.model_id,
        )
    return StoredProgress(
        sentence=f"{_name(newest)} was trained and is stored ({newest.status}); {decider} keeps deciding",
        next_step="`benchwright retrain` trains and compares again; "
        f"`benchwright selection promote {newest.version}` lets it decide as it is.",
        model_id=newest.model_id,
    )


def _newest(store: Store) -> SelectionModelRecord | None:
    return next(iter(history(store, limit=1)), None)


def _name(model: SelectionModelRecord) -> str:
    return f"{model.kind} {model.version}"
