"""A served model written as named arrays with a header, and read back with every shape checked."""

from collections.abc import Mapping
from dataclasses import Field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import ModelFileError
from evaluation.fingerprint import canonical_json
from evaluation.results.as_json import as_json
from selection.archives import TRAIN_AGAIN, packed_archive, read_archive, read_array, written_array
from selection.choosing.calibrated_quality import N_KNOTS, as_expected
from selection.learning.features import PLAIN_FEATURES, PromptSpace
from selection.learning.learned_answers import LearnedAnswers
from selection.learning.model_header import FORMAT_VERSION, WHAT, ModelHeader, read_model_header
from selection.learning.serving import PARTS, ServedLearner, ServedModel
from selection.learning.task_reading import TaskReading
from selection.retraining import BEST_PER_TASK

_HEADER = "header.npy"
_SPACE = ("idf", "components", "centre", "scale")
_ANSWERS = ("cases", "tasks", "counts", "case", "quality")
_LEARNER = ("shrink", "difficulty", "difficulty_shrink")
_READING = "reading.weights"

Array = NDArray[Any]


def written_model(model: ServedModel) -> bytes:
    """Return the model as an npz whose `header` is JSON text."""
    learner, reading = model.learner, model.reading
    space = learner.space if learner is not None else None if reading is None else reading.space
    header = ModelHeader(
        format_version=FORMAT_VERSION,
        code_version=model.code_version,
        data_hash=model.data_hash,
        kind=model.kind,
        keys=model.keys,
        tasks=model.tasks,
        features=PLAIN_FEATURES,
    )
    arrays: dict[str, Array] = {"header": _as_bytes(canonical_json(as_json(header))), "trained_on": model.trained_on}
    if space is not None:
        arrays["vocabulary"] = _as_bytes("\n".join(space.vocabulary))
        arrays |= {f"space.{name}": getattr(space, name) for name in _SPACE}
    if reading is not None:
        arrays[_READING] = reading.weights
    if learner is not None:
        arrays |= {f"learner.{name}": getattr(learner, name) for name in (*_LEARNER, "told")}
        arrays |= {f"part.{field.name}": getattr(learner.part, field.name) for field in _fields(model.kind)}
    if model.learned_from is not None:
        arrays |= {f"learned.{name}": getattr(model.learned_from, name) for name in _ANSWERS}
    return packed_archive({f"{name}.npy": written_array(array) for name, array in arrays.items()})


def _fields(kind: str) -> tuple[Field[Any], ...]:
    return fields(PARTS[kind])


def _as_bytes(text: str) -> Array:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def read_model(data: bytes) -> ServedModel:
    """Return the model in these bytes, without a number or a hash.

    Raises:
        ModelFileError: they hold no model, or one that is not allowed.
    """
    members = read_archive(data, WHAT)
    header = _header(members)
    arrays = {
        name.removesuffix(".npy"): read_array(content, f"{WHAT}'s {name!r}")
        for name, content in members.items()
        if name != _HEADER
    }
    trained_on = _codes(arrays, "trained_on")
    has_learner = header.kind != BEST_PER_TASK
    space = _space(arrays) if has_learner or _READING in arrays else None
    learner = None if space is None or not has_learner else _learner(header, space, arrays)
    reading = None if space is None or _READING not in arrays else _reading(header, space, arrays)
    learned_from = None if learner is None or header.format_version < 2 else _answers(header, arrays)
    if arrays:
        raise _wrong(f"{sorted(arrays)[0]!r}, which is no part of it")
    return ServedModel(
        kind=header.kind,
        tasks=header.tasks,
        keys=header.keys,
        learner=learner,
        data_hash=header.data_hash,
        code_version=header.code_version,
        trained_on=trained_on,
        reading=reading,
        learned_from=learned_from,
    )


def _codes(arrays: dict[str, Array], name: str) -> Array:
    array = _taken(arrays, name)
    if array.dtype != np.uint64 or array.ndim != 1:
        raise _wrong(f"{name!r} of type {array.dtype} and shape {array.shape}")
    return array


def _answers(header: ModelHeader, arrays: dict[str, Array]) -> LearnedAnswers:
    answers = LearnedAnswers(
        cases=_codes(arrays, "learned.cases"),
        quality=_typed(arrays, "learned.quality", "Floats").astype(np.float32),
        **{name: _typed(arrays, f"learned.{name}", "Places") for name in ("tasks", "counts", "case")},
    )
    misfit = answers.misfit(len(header.tasks), len(header.keys))
    if misfit is not None:
        raise _wrong(misfit)
    return answers


def _wrong(problem: str) -> ModelFileError:
    return ModelFileError(f"{WHAT} holds {problem}", TRAIN_AGAIN)


def _taken(arrays: dict[str, Array], name: str) -> Array:
    if name not in arrays:
        raise ModelFileError(f"{WHAT} lacks the array {name!r}", TRAIN_AGAIN)
    return arrays.pop(name)


def _header(members: Mapping[str, bytes]) -> ModelHeader:
    if _HEADER not in members:
        raise ModelFileError(f"{WHAT} lacks its header; it holds {sorted(members)[:3]}", TRAIN_AGAIN)
    return read_model_header(read_array(members[_HEADER], f"{WHAT}'s header").tobytes())


def _reading(header: ModelHeader, space: PromptSpace, arrays: dict[str, Array]) -> TaskReading:
    weights = _typed(arrays, _READING, "Floats")
    if weights.shape != (space.n_features + 1, len(header.tasks)):
        raise _wrong(f"{_READING!r} of shape {weights.shape} for {space.n_features} features")
    return TaskReading(space=space, weights=weights)


def _learner(header: ModelHeader, space: PromptSpace, arrays: dict[str, Array]) -> ServedLearner:
    part = PARTS[header.kind](
        **{field.name: _typed(arrays, f"part.{field.name}", field.type) for field in _fields(header.kind)}
    )
    n_tasks, n_candidates = len(header.tasks), len(header.keys)
    misfit = part.misfit(space.n_features, n_tasks, n_candidates)
    if misfit is not None:
        expected = f"{space.n_features} features, {n_tasks} tasks and {n_candidates} candidates"
        raise _wrong(f"{misfit}; expected {expected}")
    learner_arrays = {name: _typed(arrays, f"learner.{name}", "Floats") for name in _LEARNER}
    shapes = {"shrink": (n_tasks,), "difficulty": (space.n_features + 1,), "difficulty_shrink": (n_tasks,)}
    for name, array in learner_arrays.items():
        if array.shape != shapes[name]:
            raise _wrong(f"{name!r} of shape {array.shape}; expected {shapes[name]}")
    return ServedLearner(space=space, part=part, told=_read_knots(header, arrays), **learner_arrays)


def _read_knots(header: ModelHeader, arrays: dict[str, Array]) -> Array:
    """Return the stored knots, or those of the identity for a model written before these were learned."""
    n_tasks = len(header.tasks)
    if header.format_version < 3:
        return np.tile(as_expected(), (n_tasks, 1))
    told = _typed(arrays, "learner.told", "Floats")
    if told.shape != (n_tasks, N_KNOTS) or (np.diff(told, axis=1) < 0).any():
        raise _wrong(f"'told' of shape {told.shape}; expected {(n_tasks, N_KNOTS)}, rising")
    return told


def _space(arrays: dict[str, Array]) -> PromptSpace:
    try:
        listed = _taken(arrays, "vocabulary").tobytes().decode()
    except UnicodeDecodeError as error:
        raise _wrong("a vocabulary that is not text") from error
    words = listed.split("\n") if listed else []
    vocabulary = {word: place for place, word in enumerate(words)}
    space_arrays = {name: _typed(arrays, f"space.{name}", "Floats") for name in _SPACE}
    components = space_arrays["components"]
    if components.ndim != 2 or space_arrays["idf"].shape != (len(words),) or len(components) != len(words):
        raise _wrong(f"{len(words)} words for weights of shape {space_arrays['idf'].shape} and {components.shape}")
    if len(vocabulary) < len(words):
        raise _wrong("a word twice in its vocabulary")
    n_features = len(PLAIN_FEATURES) + components.shape[1]
    if space_arrays["centre"].shape != (n_features,) or space_arrays["scale"].shape != (n_features,):
        raise _wrong(f"a centre of shape {space_arrays['centre'].shape} for {n_features} features")
    return PromptSpace(vocabulary=vocabulary, **space_arrays)


def _typed(arrays: dict[str, Array], name: str, annotation: object) -> Array:
    array = _taken(arrays, name)
    kind = "i" if annotation == "Places" or "integer" in str(annotation) else "f"
    if array.dtype.kind != kind:
        raise _wrong(f"{name!r} of type {array.dtype}")
    return array
