import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from learnable import learnable
from sklearn.svm import SVR

from evaluation.errors import ConfigurationError, ModelFileError, SelectionError
from selection.archives import packed_archive, written_array
from selection.choosing.calibrated_quality import as_expected
from selection.learning.estimator_files import read_estimators
from selection.learning.learners import Learner, Neighbours, Ridge, Trees
from selection.learning.model_files import (
    PackedModel,
    pack,
    read_file,
    read_packed,
    read_serving,
    write_file,
)
from selection.learning.training import Trained, train

EVIDENCE, PROMPTS = learnable()
KEYS = ("key0", "key1", "key2")
LEARNERS: dict[str, Learner] = {one.name: one for one in (Ridge(n_refits=4), Neighbours(), Trees(n_bags=3, n_trees=2))}
each = pytest.mark.parametrize("name", list(LEARNERS))


@cache
def trained(name: str = "ridge") -> Trained:
    return train(EVIDENCE, PROMPTS, rng=np.random.default_rng(0), learners=(LEARNERS[name],))


@cache
def packed(name: str = "ridge") -> PackedModel:
    return pack(trained(name))


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_header(**changed: object) -> bytes:
    found = members(packed().serving)
    header = json.loads(np.load(io.BytesIO(found["header.npy"])).tobytes()) | changed
    header = {name: value for name, value in header.items() if value is not None}
    return with_member("header.npy", written_array(np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)))


def with_member(name: str, content: bytes | None, kind: str = "ridge") -> bytes:
    found = members(packed(kind).serving)
    if content is None:
        del found[name]
    else:
        found[name] = content
    return packed_archive(found)


def with_array(name: str, change: Callable[[Any], Any], kind: str = "ridge") -> bytes:
    array = np.load(io.BytesIO(members(packed(kind).serving)[f"{name}.npy"]))
    return with_member(f"{name}.npy", written_array(change(array.copy())), kind)


@each
def test_what_is_read_back_serves_what_was_trained(name: str) -> None:
    assert name == packed(name).kind
    model = read_serving(packed(name).serving, number=7)
    for prompt in PROMPTS[:20]:
        ours = model.deviations("reasoning", prompt, KEYS)
        theirs = trained(name).model.deviations("reasoning", prompt, KEYS)
        assert ours is not None
        assert theirs is not None
        assert theirs.value.tolist() == ours.value.tolist()
        assert theirs.se.tolist() == ours.se.tolist()
    assert f"{name} 7 ({packed(name).serving_sha256[:6]})" == model.version


def test_a_model_of_an_earlier_version_tells_what_it_expects_as_it_is() -> None:
    found = members(packed().serving)
    del found["learner.told.npy"]
    header = json.loads(np.load(io.BytesIO(found["header.npy"])).tobytes()) | {"format_version": 2}
    found["header.npy"] = written_array(np.frombuffer(json.dumps(header).encode(), dtype=np.uint8))
    learner = read_serving(packed_archive(found)).learner
    assert learner is not None
    assert [as_expected().tolist()] == learner.told.tolist()


@each
def test_the_estimators_come_back_and_predict_what_serves(name: str) -> None:
    found = read_estimators(packed(name).estimator)
    served = read_serving(packed(name).serving).learner
    assert served is not None
    words = found.decomposition.transform(found.vectoriser.transform(PROMPTS[:5]))
    features = served.space.of_all(PROMPTS[:5])
    place = -words.shape[1]
    np.testing.assert_allclose(
        (words - served.space.centre[place:]) * served.space.scale[place:], features[:, place:], atol=1e-6
    )
    seen = features if name == "ridge" else np.hstack([features, np.full((5, 1), 1.0 if name == "trees" else 0.0)])
    slow = np.mean([one.predict(seen) for one in found.estimators], axis=0)
    quick = np.array([served.part.deviations(row, 0)[0] for row in features])
    np.testing.assert_allclose(slow, quick, atol=1e-5)


def test_the_serving_arrays_are_an_npz_without_a_pickle() -> None:
    with np.load(io.BytesIO(packed().serving), allow_pickle=False) as arrays:
        assert "header" in arrays
        assert all(arrays[name].dtype.kind in "fiu" for name in arrays.files)


def test_the_same_training_is_served_by_the_same_bytes() -> None:
    again = pack(train(EVIDENCE, PROMPTS, rng=np.random.default_rng(0), learners=(LEARNERS["ridge"],)))
    assert packed().serving_sha256 == again.serving_sha256


def test_a_model_that_reads_no_prompts_is_packed_too() -> None:
    evidence, prompts = learnable(n_cases=20)
    dull = pack(train(evidence, prompts, rng=np.random.default_rng(0)))
    model = read_serving(dull.serving)
    found = model.deviations("reasoning", "anything", KEYS)
    assert found is not None
    assert not found.value.any()
    assert "best_per_task" == model.kind
    assert {"estimator", "serving"} <= {field for field in PackedModel.__dataclass_fields__}


def test_a_file_holds_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "champion.model"
    write_file(path, packed())
    assert packed() == read_file(path)
    assert [path] == list(tmp_path.iterdir())
    assert 0 < packed().metrics["model"] <= 1


def test_serving_arrays_that_disagree_with_the_estimators_are_not_packed() -> None:
    learner = trained().trial.trained
    assert learner is not None
    off = replace(learner.learned, slow=lambda features, task: learner.learned.slow(features, task) + 0.01)
    wrong = replace(trained().trial, trained=replace(learner, learned=off))
    with pytest.raises(ConfigurationError, match=r"the served model differs by 0\.0100 from the trained one"):
        pack(replace(trained(), trial=wrong))


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return exec, ("raise SystemExit('the pickle was run')",)


def object_array() -> bytes:
    written = io.BytesIO()
    np.save(written, np.array([Bomb()], dtype=object), allow_pickle=True)
    return written.getvalue()


def lying_header() -> bytes:
    return written_array(np.zeros(4)).replace(b"(4,), }" + b" " * 12, b"(4000000000000,), }")


def bomb() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.npy", bytes(50_000_000))
    return written.getvalue()


def bomb_that_lies_about_its_size() -> bytes:
    data = bytearray(bomb())
    for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(signature) + place
        data[at : at + 4] = struct.pack("<I", 100)
    return bytes(data)


def turned_bits() -> bytes:
    """A file with other bytes at the end of its largest array, wherever that begins."""
    data = bytearray(packed().serving)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        largest = max(archive.infolist(), key=lambda member: member.compress_size)
    end = largest.header_offset + 30 + len(largest.filename) + largest.compress_size
    data[end - 20 : end - 10] = bytes(255 - byte for byte in data[end - 20 : end - 10])
    return bytes(data)


def nested_json() -> bytes:
    text = b'{"format_version": 1, "kind": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    return with_member("header.npy", written_array(np.frombuffer(text, dtype=np.uint8)))


POISON: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "starts with nothing"),
    "a pickle": (lambda: pickle.dumps(Bomb()), "is a Python pickle"),
    "an old pickle": (lambda: pickle.dumps(Bomb(), protocol=0), "is a Python pickle"),
    "text": (lambda: b"hello there, this is a model", "starts with 'hello there,'"),
    "cut off": (lambda: packed().serving[: len(packed().serving) // 2], "damaged or cut off"),
    "one byte short": (lambda: packed().serving[:-1], "damaged or cut off"),
    "turned bits": (turned_bits, "damaged"),
    "an array that is a pickle": (lambda: with_member("space.idf.npy", object_array()), "holds Python objects"),
    "a shape that is too large": (lambda: with_member("space.idf.npy", lying_header()), "expected 32000000000000"),
    "a zip bomb": (bomb, "which unpacks to 50000000 bytes"),
    "a zip bomb that lies": (bomb_that_lies_about_its_size, "damaged or cut off"),
    "nested JSON": (nested_json, "header is not JSON|header says"),
    "no header": (lambda: with_member("header.npy", None), "lacks its header"),
    "a header that is none": (
        lambda: with_member("header.npy", written_array(np.frombuffer(b"[1]", dtype=np.uint8))),
        "header is a list",
    ),
    "a newer version": (lambda: with_header(format_version=4), "format version 4; this Benchwright reads up to 3"),
    "no version": (lambda: with_header(format_version=None), "format version None"),
    "another kind": (lambda: with_header(kind="oracle"), "of the kind 'oracle'; known are ridge"),
    "arrays of another kind": (lambda: with_header(kind="trees"), "lacks the array"),
    "other features": (lambda: with_header(features=["length"]), "other prompt features"),
    "an embedding": (lambda: with_header(n_embedded=3), "says n_embedded is 3; only 0 is read"),
    "a key twice": (lambda: with_header(keys=["key0", "key0", "key1"]), "twice"),
    "keys that are none": (lambda: with_header(keys=[1, 2, 3]), "no list of keys"),
    "more candidates than arrays": (lambda: with_header(keys=["a", "b", "c", "d"]), "expected .* 4 candidates"),
    "more tasks than arrays": (lambda: with_header(tasks=["a", "b"]), "2 tasks"),
    "NaN": (lambda: with_array("part.weights", lambda array: array * np.nan), "not finite numbers"),
    "infinity": (lambda: with_array("learner.shrink", lambda array: array + np.inf), "not finite numbers"),
    "telling that falls": (lambda: with_array("learner.told", lambda array: array[:, ::-1]), "rising"),
    "a reading of other features": (
        lambda: with_member("reading.weights.npy", written_array(np.zeros((3, 1)))),
        r"'reading\.weights' of shape \(3, 1\)",
    ),
    "a missing array": (lambda: with_member("part.weights.npy", None), "lacks the array 'part.weights'"),
    "an array too many": (lambda: with_member("part.more.npy", written_array(np.zeros(3))), "'part.more'"),
    "a shape that disagrees": (lambda: with_array("part.weights", lambda array: array[:, 1:]), "weights of shape"),
    "fewer components": (lambda: with_array("space.components", lambda array: array[:, 1:]), "centre of shape"),
    "fewer words": (lambda: with_array("space.idf", lambda array: array[1:]), "words for weights of shape"),
    "a word that is no text": (lambda: with_array("vocabulary", lambda array: array | 0x80), "not text"),
    "numbers of another type": (lambda: with_array("space.idf", lambda array: array.astype(int)), "of type int64"),
    "neighbours beyond the points": (
        lambda: with_array("part.n_nearest", lambda array: array + 10**9, "neighbours"),
        "neighbours of",
    ),
    "nodes that point outside": (
        lambda: with_array("part.low", lambda array: array + 10**6, "trees"),
        "points outside",
    ),
    "nodes below zero": (lambda: with_array("part.feature", lambda array: array - 5, "trees"), "points outside"),
    "a learned case that is none": (
        lambda: with_array("learned.case", lambda array: array + 10**6),
        "learned.case points outside",
    ),
    "more learned answers than there are": (
        lambda: with_array("learned.counts", lambda array: array + 10**9),
        "counts of",
    ),
    "fewer learned answers than there are": (
        lambda: with_array("learned.counts", lambda array: array - 1),
        "counts that are not those",
    ),
    "learned answers without a score": (lambda: with_array("learned.quality", lambda array: array[1:]), "of shapes"),
    "learned cases of another type": (lambda: with_array("learned.cases", lambda array: array * 1.0), "of type"),
    "an endless depth": (lambda: with_array("part.depth", lambda array: array + 10**9, "trees"), "a depth of"),
}


@pytest.mark.parametrize("name", list(POISON))
def test_a_poisoned_model_is_refused_with_what_was_found_and_the_next_step(name: str) -> None:
    made, said = POISON[name]
    with pytest.raises(ModelFileError, match=said) as refused:
        read_serving(made())
    assert isinstance(refused.value, SelectionError)
    assert refused.value.next_step is not None
    assert "benchwright retrain" in refused.value.next_step


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"PK\x03\x04" + bytes(200)])
def test_what_only_begins_like_an_archive_is_refused(data: bytes) -> None:
    for read in (read_serving, read_estimators, read_packed):
        with pytest.raises(ModelFileError):
            read(data)


def test_random_damage_is_refused_or_harmless() -> None:
    rng = np.random.default_rng(0)
    for _ in range(150):
        data = bytearray(packed("trees").serving)
        for at in rng.integers(len(data), size=int(rng.integers(1, 4))):
            data[at] = rng.integers(256)
        try:
            model = read_serving(bytes(data))
        except ModelFileError:
            continue
        model.deviations("reasoning", PROMPTS[0], KEYS)


def estimators_with(**more: object) -> bytes:
    return bytes(skops.io.dumps({"kind": "ridge", "estimators": [], **more}))


def with_schema(change: Callable[[dict[str, Any]], None]) -> bytes:
    found = members(packed().estimator)
    schema = json.loads(found["schema.json"])
    change(schema)
    return packed_archive(found | {"schema.json": json.dumps(schema).encode()})


ESTIMATOR_POISON: dict[str, tuple[Callable[[], bytes], str]] = {
    "a pickle": (lambda: pickle.dumps(Bomb()), "is a Python pickle"),
    "a type of scikit-learn that is off the list": (
        lambda: estimators_with(more=SVR()),
        r"sklearn\.svm\._classes\.SVR",
    ),
    "a function": (lambda: estimators_with(more=json.dumps), "not trusted"),
    "a class of the system": (
        lambda: with_schema(lambda schema: schema.update({"__module__": "os", "__class__": "system"})),
        r"not trusted: os\.system",
    ),
    "a loader off the list": (
        lambda: with_schema(lambda schema: schema.update({"__loader__": "ReduceNode"})),
        "asks for ReduceNode",
    ),
    "no schema": (lambda: packed_archive({"a.npy": written_array(np.zeros(2))}), "lacks its schema.json"),
    "a schema that is no JSON": (lambda: packed_archive({"schema.json": b"{"}), "not JSON"),
    "an empty schema": (lambda: packed_archive({"schema.json": b"{}"}), "asks for nothing"),
    "a list": (lambda: bytes(skops.io.dumps([1, 2])), "holds a list"),
    "cut off": (lambda: packed().estimator[:-100], "damaged or cut off"),
    "an array that is a pickle": (
        lambda: packed_archive(members(packed().estimator) | {"more.npy": object_array()}),
        "holds Python objects",
    ),
}


@pytest.mark.parametrize("name", list(ESTIMATOR_POISON))
def test_poisoned_estimators_are_refused(name: str) -> None:
    made, said = ESTIMATOR_POISON[name]
    with pytest.raises(ModelFileError, match=said):
        read_estimators(made())


def test_trees_whose_nodes_point_outside_are_refused_before_they_are_followed() -> None:
    found = members(packed("trees").estimator)
    for name, content in found.items():
        if b"left_child" in content[:1000]:
            nodes = np.load(io.BytesIO(content))
            nodes["left_child"] = np.where(nodes["left_child"] >= 0, 10**7, -1)
            written = io.BytesIO()
            np.save(written, nodes)
            found[name] = written.getvalue()
    with pytest.raises(ModelFileError, match="tree whose nodes point outside"):
        read_estimators(packed_archive(found))


def test_a_changed_or_foreign_model_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model"
    write_file(path, packed())
    found = members(path.read_bytes())
    about = json.loads(found["model.json"])

    def refused(said: str, **changed: bytes | None) -> None:
        names = {"about": "model.json", "serving": "serving.npz", "estimator": "estimator.skops"}
        given = found | {names[name]: content for name, content in changed.items() if content is not None}
        for name in [names[name] for name, content in changed.items() if content is None]:
            del given[name]
        path.write_bytes(packed_archive(given))
        with pytest.raises(ModelFileError, match=said):
            read_file(path)

    refused("hashes do not fit", serving=packed("trees").serving)
    refused("lacks 'estimator.skops'", estimator=None)
    refused("is not JSON", about=b"{")
    refused("is a list", about=b"[]")
    refused("format version 9", about=json.dumps(about | {"format_version": 9}).encode())
    refused("says kind is 3", about=json.dumps(about | {"kind": 3}).encode())
    refused("says 'trees' and serves 'ridge'", about=json.dumps(about | {"kind": "trees"}).encode())
    refused("has no report", about=json.dumps(about | {"report": []}).encode())
    with pytest.raises(ConfigurationError, match=r"cannot read the model file .*: no such file"):
        read_file(tmp_path / "nowhere")
