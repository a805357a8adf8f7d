"""A kept scoreboard is the one that was computed, to the last bit; what is anything else is refused."""

import dataclasses
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from recommendable import fill

from evaluation.errors import ModelFileError
from evaluation.store.selection_evidence import read_evidence
from evaluation.store.session import open_store
from selection.archives import packed_archive, read_archive, written_array
from selection.scoreboard import Scoreboard
from selection.scoreboards.building import build_scoreboard
from selection.scoreboards.serialization import read_scoreboard, written_scoreboard


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Scoreboard:
    with open_store(str(tmp_path_factory.mktemp("filled") / "store.db")) as store:
        fill(store)
        return build_scoreboard(read_evidence(store))


def same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if dataclasses.is_dataclass(one):
        return type(one) is type(other) and all(
            same(getattr(one, field.name), getattr(other, field.name)) for field in dataclasses.fields(one)
        )
    if isinstance(one, Mapping):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return type(one) is type(other) and bool(one == other)


def test_it_comes_back_as_it_was(board: Scoreboard) -> None:
    found, about = read_scoreboard(written_scoreboard(board, {"champion_id": None}))
    assert same(board, found)
    assert {"champion_id": None} == about


def test_odd_candidates_unbounded_qualities_and_unknown_levels_come_back(board: Scoreboard) -> None:
    odd = dataclasses.replace(
        board.candidates[0],
        label="a\x00\ud800\u2028",
        options={"stop": ["\n"], "seed": 1, "nested": {"a": None}},
        examples=(("q", "a"),),
        capabilities=frozenset({"vision", "tools"}),
        memory_bytes=None,
        think="high",
    )
    overall = dataclasses.replace(board.overall, lowest=-np.inf, highest=np.inf, levels=None, n_cached=None, tests=None)
    changed = dataclasses.replace(board, candidates=(odd, *board.candidates[1:]), overall=overall)
    found, _ = read_scoreboard(written_scoreboard(changed, {}))
    assert same(changed, found)


def test_a_scoreboard_without_a_task_comes_back(board: Scoreboard, tmp_path: Path) -> None:
    with open_store(str(tmp_path / "empty.db")) as store:
        empty = build_scoreboard(read_evidence(store))
    assert same(empty, read_scoreboard(written_scoreboard(empty, {}))[0])


def changed_member(board: Scoreboard, name: str, content: bytes | None) -> bytes:
    members = dict(read_archive(written_scoreboard(board, {}), "it"))
    if content is None:
        del members[name]
    else:
        members[name] = content
    return packed_archive(members)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("0.quality.npy", None),
        ("header.npy", None),
        ("more.npy", written_array(np.zeros(3))),
        ("0.quality.npy", written_array(np.zeros(2))),
        ("0.quality.npy", written_array(np.zeros(3, dtype=np.int64))),
        ("0.difference.npy", written_array(np.zeros((3, 2)))),
        ("0.levels.by_part.npy", written_array(np.zeros((3, 9)))),
        ("header.npy", written_array(np.frombuffer(b"{}", dtype=np.uint8))),
        ("header.npy", written_array(np.frombuffer(b"[" * 100_000, dtype=np.uint8))),
        ("header.npy", written_array(np.frombuffer(b"\xff\xfe", dtype=np.uint8))),
        ("0.quality.npy", pickle.dumps([1])),
    ],
)
def test_what_is_not_whole_is_refused(board: Scoreboard, name: str, content: bytes | None) -> None:
    with pytest.raises(ModelFileError):
        read_scoreboard(changed_member(board, name, content))


def test_no_pickle_and_nothing_cut_is_read(board: Scoreboard) -> None:
    whole = written_scoreboard(board, {})
    for content in (b"", pickle.dumps({"a": 1}), whole[: len(whole) // 2], whole[:-1], whole[100:]):
        with pytest.raises(ModelFileError):
            read_scoreboard(content)
