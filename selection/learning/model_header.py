"""What a stored selection model and a model file say of themselves, checked before anything else is read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.errors import ModelFileError
from evaluation.formatting import excerpt
from evaluation.results.as_json import from_json
from selection.archives import TRAIN_AGAIN
from selection.learning.features import PLAIN_FEATURES
from selection.learning.serving import PARTS
from selection.retraining import BEST_PER_TASK

FORMAT_VERSION = 3
"""Version 2 added the answers that were learned from; 3 the calibration of expectations, and the detection of a
prompt's task.
"""
WHAT = "the selection model"
FILE = "the model file"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelHeader:
    """What a stored model says of itself, beside its arrays."""

    format_version: int
    code_version: str
    data_hash: str
    kind: str
    keys: tuple[str, ...]
    """Keys of its candidates."""
    tasks: tuple[str, ...]
    features: tuple[str, ...]
    """Names of its plain features."""
    n_embedded: int = 0
    """Length of an embedding among its features; there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileHeader:
    """What a model file says of its model."""

    format_version: int
    kind: str
    data_hash: str
    code_version: str
    report: Mapping[str, object]
    estimator_sha256: str
    serving_sha256: str


def read_model_header(text: bytes) -> ModelHeader:
    """Return the header of a stored model. Raises `ModelFileError`."""
    header = _read_object(text, f"{WHAT}'s header is")
    _must_be_readable_version(header.get("format_version"), WHAT)
    _must_be_texts(header, ("kind", "data_hash", "code_version"), f"{WHAT}'s header")
    if header["kind"] not in (*PARTS, BEST_PER_TASK):
        raise ModelFileError(
            f"{WHAT} is of the kind {header['kind']!r:.80}; known are {', '.join((*PARTS, BEST_PER_TASK))}", TRAIN_AGAIN
        )
    for name in ("keys", "tasks", "features"):
        texts = header.get(name)
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise ModelFileError(f"{WHAT}'s header has no list of {name}", TRAIN_AGAIN)
        if len(set(texts)) < len(texts):
            raise ModelFileError(f"{WHAT}'s header lists one of its {name} twice", TRAIN_AGAIN)
    if header["features"] != list(PLAIN_FEATURES):
        raise ModelFileError(f"{WHAT} uses other prompt features than this Benchwright", TRAIN_AGAIN)
    n_embedded = header.get("n_embedded")
    if n_embedded != 0 or isinstance(n_embedded, bool):
        raise ModelFileError(f"{WHAT}'s header says n_embedded is {n_embedded!r:.80}; only 0 is read", TRAIN_AGAIN)
    return from_json(ModelHeader, header)


def read_file_header(text: bytes) -> FileHeader:
    """Return the header of a model file. Raises `ModelFileError`."""
    header = _read_object(text, f"{FILE} has a 'model.json' that is")
    _must_be_readable_version(header.get("format_version"), FILE)
    _must_be_texts(header, ("kind", "data_hash", "code_version", "serving_sha256", "estimator_sha256"), FILE)
    if not isinstance(header.get("report"), dict):
        raise ModelFileError(f"{FILE} has no report", TRAIN_AGAIN)
    return from_json(FileHeader, header)


def _read_object(text: bytes, what: str) -> Mapping[str, object]:
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{what} not JSON: {excerpt(str(error), 100)}", TRAIN_AGAIN) from error
    if not isinstance(header, dict):
        raise ModelFileError(f"{what} a {type(header).__name__}", TRAIN_AGAIN)
    return header


def _must_be_readable_version(version: object, what: str) -> None:
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ModelFileError(f"{what} has the format version {version!r}", TRAIN_AGAIN)
    if version > FORMAT_VERSION:
        raise ModelFileError(
            f"{what} has the format version {version}; this Benchwright reads up to {FORMAT_VERSION}",
            "It was written by a newer Benchwright: update this one, or train a model with `benchwright retrain`.",
        )


def _must_be_texts(header: Mapping[str, object], names: Sequence[str], what: str) -> None:
    for name in names:
        if not isinstance(header.get(name), str):
            raise ModelFileError(f"{what} says {name} is {header.get(name)!r:.80}", TRAIN_AGAIN)
