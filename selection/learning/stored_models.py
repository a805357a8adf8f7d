"""Transfer of selection models between the store and portable files."""

from collections.abc import Mapping
from pathlib import Path

from evaluation.errors import ConfigurationError, ModelFileError
from evaluation.records.selection import SelectionModelRecord
from evaluation.store.selection_models import history, read_model, save_model
from evaluation.store.session import Store
from selection.learning.model_files import FROM_A_FILE, PackedModel, read_file, read_serving, write_file


def save_to_file(store: Store, version_or_id: str | int, path: Path) -> SelectionModelRecord:
    """Write a stored model to a file, and return it.

    Args:
        store: The store.
        version_or_id: Its version, its id, or a prefix of one.
        path: A file that does not exist yet.

    Raises:
        UnknownNameError: there is no such model.
        ConfigurationError: the file exists already, or cannot be written.
        ModelFileError: the model is incomplete.
    """
    from evaluation.planning.templates import must_be_new

    stored = read_model(store, version_or_id)
    must_be_new(path)
    if stored.estimator is None or stored.serving is None:
        raise ModelFileError(
            f"selection model {stored.record.version} is incomplete", ("Retrain, or save another model.")
        )
    read_serving(stored.serving)
    record = stored.record
    packed = PackedModel(
        estimator=stored.estimator,
        serving=stored.serving,
        kind=record.kind,
        data_hash=record.data_hash,
        code_version=record.code_version,
        report=dict(record.report),
    )
    try:
        write_file(path, packed)
    except OSError as error:
        raise ConfigurationError(f"cannot write {str(path)!r}: {error.strerror}", "Give another file.") from None
    return record


def save_packed(
    store: Store, packed: PackedModel, *, status: str, metrics: Mapping[str, float]
) -> SelectionModelRecord:
    """Store a model with its metrics and how its evaluation ended, and return it."""
    return save_model(
        store,
        kind=packed.kind,
        status=status,
        data_hash=packed.data_hash,
        code_version=packed.code_version,
        metrics=metrics,
        report=packed.report,
        estimator=packed.estimator,
        serving=packed.serving,
    )


def store_file(store: Store, path: Path) -> SelectionModelRecord:
    """Return the model of a file, in the store: it was looked through first, and nothing decides by it yet.

    Raises:
        ConfigurationError: there is no such file.
        ModelFileError: it is not a model file, a damaged one, or one that must not be read.
    """
    packed = read_file(path)
    read_serving(packed.serving)
    if (twin := _twin(store, packed)) is not None:
        return twin
    return save_packed(store, packed, status=FROM_A_FILE, metrics=packed.metrics)


def _twin(store: Store, packed: PackedModel) -> SelectionModelRecord | None:
    """Return the same model if it is already stored; its notes then stay."""
    for record in history(store):
        if (record.kind, record.data_hash, record.code_version) == (packed.kind, packed.data_hash, packed.code_version):
            stored = read_model(store, record.model_id)
            if (stored.serving, stored.estimator) == (packed.serving, packed.estimator):
                return record
    return None
