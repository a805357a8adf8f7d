"""A trained selection model as bytes: plain arrays for serving, and the estimators that were trained.

A file may come from anyone, so nothing in it is run. The serving bytes are an npz of plain numbers (never pickled) with
a JSON header; every size is checked before anything is unpacked, every shape before the first prediction. The
estimators are kept by skops, restricted to the types that `selection.learning.estimator_files` lists. A file that
cannot be read is refused with a `ModelFileError` that says what was found; the previous model continues to serve.
"""

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING

import numpy as np

from evaluation.errors import ConfigurationError, ModelFileError
from evaluation.files.unreadable import unreadable
from evaluation.fingerprint import canonical_json
from evaluation.formatting import quantity
from evaluation.results.as_json import as_json
from selection.archives import TRAIN_AGAIN, packed_archive, read_archive
from selection.learning.estimator_files import Estimators, must_be_trusted, read_estimators, written_estimators
from selection.learning.model_header import FILE, FORMAT_VERSION, FileHeader, read_file_header
from selection.learning.served_arrays import read_model, written_model
from selection.learning.serving import ServedModel

if TYPE_CHECKING:
    from selection.learning.training import Trained

FROM_A_FILE = "from a file"
"""Status of a model that was not trained here."""
PROBES = (
    "",
    "What is the capital of France?",
    "Summarize the document in one or two sentences.",
    "def area(radius):\n    return 3.14159 * radius ** 2\n\nWhy does this fail for None?",
    '{"name": "Ada", "born": 1815, "fields": ["mathematics", "computing"]}\nGive the year as a number.',
    "A shop sells 12 boxes of 8 pencils for $3.50 each. How much do 3 boxes cost, and how many pencils are that?",
    "Sehr geehrte Damen und Herren, die Rechnung vom 3. Mai liegt bei. Wie ist das zu verstehen?",
    "- first\n- second\n- third\n\nWhich of these comes last?",
    "| city | people |\n|---|---|\n| Oslo | 700000 |\n| Rome | 2800000 |\nWhich is larger?",
    "Переведите на английский: добрый вечер. 日本語で答えてください。",
    "Solve x^2 - 5x + 6 = 0 for x, and show that ∑ 1/n² < 2.",
)
_AGREE = 1e-3
"""Tolerance of served deviations of a probe, a tenth of a point: numbers are stored at half precision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedModel:
    """A trained model as it is stored and written to files."""

    estimator: bytes
    """Estimators in the format of skops."""
    serving: bytes
    """Arrays for serving as npz."""
    kind: str
    data_hash: str
    code_version: str
    report: Mapping[str, object] = field(default_factory=dict)
    """What the training found, as JSON has it: a file of somebody else may say anything."""

    @property
    def estimator_sha256(self) -> str:
        """SHA-256 in 64 hex digits."""
        return hashlib.sha256(self.estimator).hexdigest()

    @property
    def serving_sha256(self) -> str:
        """SHA-256 in 64 hex digits; the first ones are in `ServedModel.version`."""
        return hashlib.sha256(self.serving).hexdigest()

    @property
    def metrics(self) -> dict[str, float]:
        """Numbers of the last test; empty where there was none."""
        held_out = self.report.get("held_out")
        numbers = held_out.items() if isinstance(held_out, Mapping) else ()
        return {name: value for name, value in numbers if isinstance(value, int | float)}


def pack(trained: "Trained") -> PackedModel:
    """Return the model in bytes, after reading it back and checking that serving agrees with training.

    Raises:
        ConfigurationError: it does not.
    """
    packed = PackedModel(
        estimator=written_estimators(_estimators(trained)),
        serving=written_model(trained.model),
        kind=trained.model.kind,
        data_hash=trained.model.data_hash,
        code_version=trained.model.code_version,
        report=as_json(trained.report),
    )
    read_estimators(packed.estimator)
    _must_agree(read_serving(packed.serving), trained)
    return packed


def _estimators(trained: "Trained") -> Estimators:
    learner = trained.trial.trained
    return Estimators(
        kind=trained.model.kind,
        keys=trained.model.keys,
        tasks=trained.model.tasks,
        vectoriser=None if learner is None else learner.space.vectoriser,
        decomposition=None if learner is None else learner.space.decomposition,
        estimators=() if learner is None else learner.learned.estimators,
    )


def _must_agree(served: ServedModel, trained: "Trained") -> None:
    learner = trained.trial.trained
    if learner is None or served.learner is None:
        return
    features = learner.space.slow_features(PROBES)
    for place, task in enumerate(served.tasks):
        slow = learner.learned.slow(features, place)
        quick = [served.learner.part.deviations(served.learner.space.of(probe), place)[0] for probe in PROBES]
        furthest = float(np.abs(np.array(quick) - slow).max())
        if not furthest <= _AGREE:
            raise ConfigurationError(
                (
                    f"the served model differs by {quantity(furthest)} from the trained one, on a probe of the task "
                    f"{task!r}"
                ),
                "This is a bug in Benchwright; please report it.",
            )


def read_serving(data: bytes, *, number: int | None = None, is_from_elsewhere: bool = False) -> ServedModel:
    """Return the model in these bytes; it needs only numpy.

    Args:
        data: `PackedModel.serving`.
        number: Its number in its store.
        is_from_elsewhere: It was trained on another store.

    Raises:
        ModelFileError: they hold no model, a damaged one, or one that is not allowed.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    return replace(read_model(data), sha256=sha256, number=number, is_from_elsewhere=is_from_elsewhere)


def write_file(path: Path, packed: PackedModel) -> None:
    """Write the whole model to one file, atomically."""
    header = FileHeader(
        format_version=FORMAT_VERSION,
        kind=packed.kind,
        data_hash=packed.data_hash,
        code_version=packed.code_version,
        report=packed.report,
        estimator_sha256=packed.estimator_sha256,
        serving_sha256=packed.serving_sha256,
    )
    members = {
        "model.json": canonical_json(as_json(header)).encode(),
        "serving.npz": packed.serving,
        "estimator.skops": packed.estimator,
    }
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(packed_archive(members, is_packed=False))
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink()


def read_file(path: Path) -> PackedModel:
    """Return the model in a file, after both of its halves were looked through.

    Raises:
        ConfigurationError: there is no such file.
        ModelFileError: it is not a model file, a damaged one, or one that must not be read.
    """
    try:
        if not S_ISREG(path.stat().st_mode):
            raise ConfigurationError(f"{str(path)!r} is not a file", "Give a model file.")
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error, what="the model file") from error
    return read_packed(data)


def read_packed(data: bytes) -> PackedModel:
    """Return the model in the bytes of a model file. Raises `ModelFileError`."""
    members = read_archive(data, FILE)
    header = _header(members)
    serving, estimator = members["serving.npz"], members["estimator.skops"]
    packed = PackedModel(
        estimator=estimator,
        serving=serving,
        kind=header.kind,
        data_hash=header.data_hash,
        code_version=header.code_version,
        report=header.report,
    )
    if (packed.serving_sha256, packed.estimator_sha256) != (header.serving_sha256, header.estimator_sha256):
        raise ModelFileError(f"{FILE} was changed after it was written: its hashes do not fit", TRAIN_AGAIN)
    served = read_model(serving)
    must_be_trusted(estimator)
    if (served.kind, served.data_hash) != (packed.kind, packed.data_hash):
        raise ModelFileError(f"{FILE} says {packed.kind!r} and serves {served.kind!r}", TRAIN_AGAIN)
    return packed


def _header(members: Mapping[str, bytes]) -> FileHeader:
    missing = {"model.json", "serving.npz", "estimator.skops"} - members.keys()
    if missing:
        raise ModelFileError(f"{FILE} lacks {sorted(missing)[0]!r}; it holds {sorted(members)[:3]}", TRAIN_AGAIN)
    return read_file_header(members["model.json"])
