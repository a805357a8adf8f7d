"""A new process answers from what another one kept, and never from what has changed since."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from learned_store import ABOUT_COOKING, ABOUT_HISTORY, ABOUT_PYTHON, TASK, fill_learned, retrained
from recommendable import delete_evidence, swap_scores

from evaluation.store.recommendations import list_recommendations
from evaluation.store.selection_models import rollback
from evaluation.store.session import Store, open_store
from selection import explain, recommend
from selection.recommender import store_access
from selection.recommender.registry import close_recommenders, recommender_of

PROMPTS = (None, ABOUT_PYTHON, ABOUT_HISTORY, ABOUT_COOKING)
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def learned_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("learned") / "learned.db"
    with open_store(str(path)) as store:
        fill_learned(store)
        assert retrained(store).promotes
    close_recommenders()
    return path


@pytest.fixture
def store(learned_path: Path, tmp_path: Path) -> Iterator[Store]:
    with closing(sqlite3.connect(learned_path)) as source, closing(sqlite3.connect(tmp_path / "store.db")) as copy:
        source.backup(copy)
    with open_store(str(tmp_path / "store.db")) as opened:
        yield opened
    close_recommenders()


def answers(store: Store) -> list[tuple[Any, ...]]:
    """What a process that has just begun says of each prompt, at length."""
    close_recommenders()
    found = [recommend(TASK, prompt, on_tie="best", store=store) for prompt in PROMPTS]
    said = [
        (one.candidate, one.quality, one.alternatives, one.removed, one.decided_by, one.notes, explain(one))
        for one in found
    ]
    close_recommenders()
    return said


def computed(store: Store) -> list[tuple[Any, ...]]:
    """The same, where nothing is kept."""
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("DELETE FROM kept_scoreboard")
    return answers(store)


def is_kept(store: Store) -> bool:
    close_recommenders()
    desk = recommender_of(store)
    desk.book.stamp()
    return desk.book.kept() is not None


def answer_in_a_new_process(store: Store, prompt: str | None) -> dict[str, Any]:
    code = (
        "import json, sys; from selection import recommend\n"
        f"found = recommend({TASK!r}, json.loads(sys.argv[2]), on_tie='best', store=sys.argv[1])\n"
        "heavy = sorted({'sqlalchemy', 'sqlmodel', 'pydantic', 'sklearn', 'scipy', 'pandas'} & set(sys.modules))\n"
        "print(json.dumps({'id': found.id, 'reason': found.reason, 'heavy': heavy}))\n"
    )
    argv = [sys.executable, "-W", "error", "-c", code, store.path, json.dumps(prompt)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert "" == done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_what_is_kept_gives_the_same_answers_as_the_evidence(store: Store) -> None:
    first = computed(store)
    assert is_kept(store)
    assert first == answers(store)


def test_a_process_that_answers_from_it_loads_no_database_library_and_stores_its_decision(store: Store) -> None:
    for prompt in (None, ABOUT_PYTHON):
        first = answer_in_a_new_process(store, prompt)
        second = answer_in_a_new_process(store, prompt)
        assert [] == second["heavy"]
        assert first["reason"] == second["reason"]
        stored = {one.recommendation_id: one for one in list_recommendations(store)}
        assert stored[first["id"]].code_version == stored[second["id"]].code_version != ""
        assert stored[first["id"]].evidence_fingerprint == stored[second["id"]].evidence_fingerprint


def test_changed_scores_are_answered_from_at_once(store: Store) -> None:
    before = answers(store)
    swap_scores(store, TASK, "one", "two")
    assert not is_kept(store)
    changed = answers(store)
    assert before != changed
    assert computed(store) == changed == answers(store)


def test_a_model_of_which_a_part_is_withheld_is_kept_with_what_holds(store: Store) -> None:
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("UPDATE score SET value = 1 - value WHERE id % 5 = 0")
    first = computed(store)
    assert is_kept(store)
    assert first == answers(store)
    assert any("is ignored for" in note for *_, notes, _ in first for note in notes)


def test_a_rollback_is_obeyed_at_once(store: Store) -> None:
    assert "scoreboard" not in {one[4] for one in answers(store)[1:]}
    rollback(store, reason="it is to be tried")
    assert {"scoreboard"} == {one[4] for one in answers(store)}
    assert is_kept(store)


def test_deleted_evidence_abstains_at_once(store: Store) -> None:
    answers(store)
    delete_evidence(store)
    assert [None] * len(PROMPTS) == [one[0] for one in answers(store)]


def test_what_is_kept_and_damaged_is_computed_again(store: Store) -> None:
    first = answers(store)
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        (content,) = other.execute("SELECT content FROM kept_scoreboard").fetchone()
        for damaged in (b"", b"PK\x03\x04", content[:-40], content.replace(b'"is_of_now"', b'"is_or_not"')):
            other.execute("UPDATE kept_scoreboard SET content = ?", (damaged,))
            assert not is_kept(store)
            assert first == answers(store)


def test_a_model_that_cannot_be_read_is_noted_each_time_and_nothing_is_kept(store: Store) -> None:
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("UPDATE selection_model SET serving = x'00'")
    for _ in range(2):
        assert all(any("was refused" in note for note in one[5]) for one in answers(store)[1:])
    assert not is_kept(store)


def test_another_code_computes_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(store)
    assert is_kept(store)
    monkeypatch.setattr(store_access, "_made_by", lambda: "another")
    assert not is_kept(store)


def test_a_second_question_of_a_process_sees_what_changed_since_the_first(store: Store) -> None:
    answers(store)
    first = recommend(TASK, on_tie="best", store=store)
    swap_scores(store, TASK, "one", "two")
    second = recommend(TASK, on_tie="best", store=store)
    assert first.quality != second.quality or first.candidate != second.candidate
