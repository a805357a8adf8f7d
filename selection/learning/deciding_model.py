"""The selection model that decides: the one promoted last; if it cannot be read, the one before it in line."""

from dataclasses import dataclass

from evaluation.errors import ModelFileError, StoreUnreachableError
from evaluation.records.selection import Champion, SelectionModelRecord
from evaluation.store.selection_models import champions, read_model
from evaluation.store.session import Store
from selection.learning.model_files import FROM_A_FILE, read_serving
from selection.learning.serving import ServedModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """The promoted model and the one that decides."""

    promoted: Champion
    model: SelectionModelRecord | None
    """The model that decides; None: the scoreboard decides alone."""
    served: ServedModel | None
    notes: tuple[str, ...] = ()
    """Remarks on the models with precedence that cannot be read."""


def deciding(store: Store) -> Deciding:
    """Return the first model in order of precedence that can be read, with notes on those before it.

    Raises:
        StoreUnreachableError: the store is away.
    """
    line = champions(store)
    notes: dict[str, str] = {}
    for promotion in line:
        if promotion.model is None:
            break
        if promotion.model.model_id in notes:
            continue
        try:
            served = served_model(store, promotion.model)
            return Deciding(promoted=line[0], model=promotion.model, served=served, notes=tuple(notes.values()))
        except StoreUnreachableError:
            raise
        except Exception as error:  # Whatever is wrong with a model, the one before it must go on.
            why = getattr(error, "message", error)
            notes[promotion.model.model_id] = (
                f"selection model {promotion.model.version} was refused, so it does not decide: {why}"
            )
    return Deciding(promoted=line[0], model=None, served=None, notes=tuple(notes.values()))


def served_model(store: Store, model: SelectionModelRecord) -> ServedModel:
    """Return the model in its form for serving.

    Raises:
        ModelFileError: it is incomplete, or reading it is not allowed.
        DamagedModelError: its bytes differ from those that were stored.
    """
    stored = read_model(store, model.model_id)
    if stored.serving is None:
        raise ModelFileError(
            f"selection model {model.version} holds no estimators ({model.kind})",
            "Retrain, or promote another model.",
        )
    is_from_elsewhere = stored.record.status == FROM_A_FILE
    return read_serving(stored.serving, number=model.version, is_from_elsewhere=is_from_elsewhere)
