"""A model decides by prompts, and the stored scores change under it: the answer follows them."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from learned_store import ABOUT_COOKING, ABOUT_HISTORY, ABOUT_PYTHON, TASK, fill_learned, retrained
from recommendable import delete_evidence, swap_scores

from evaluation.store.selection_models import promote
from evaluation.store.session import Store, open_store
from evaluation.store.tables import generation, run_candidate, score
from selection import rank, recommend
from selection.answers import Recommendation
from selection.learning.stored_models import save_to_file, store_file
from selection.recommender.registry import close_recommenders

PROMPTS = (ABOUT_PYTHON, ABOUT_HISTORY, ABOUT_COOKING)
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def learned_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("learned") / "learned.db"
    with open_store(str(path)) as store:
        fill_learned(store)
        assert retrained(store).promotes
    return path


@pytest.fixture
def store(learned_path: Path, tmp_path: Path) -> Iterator[Store]:
    with closing(sqlite3.connect(learned_path)) as source, closing(sqlite3.connect(tmp_path / "store.db")) as copy:
        source.backup(copy)
    with open_store(str(tmp_path / "store.db")) as opened:
        yield opened
    close_recommenders()


def asked(store: Store, prompt: str) -> Recommendation:
    return recommend(TASK, prompt, on_tie="best", store=store)


def named(store: Store) -> list[str]:
    found = [asked(store, prompt).candidate for prompt in PROMPTS]
    return [one.model.removesuffix(":1b") for one in found if one is not None]


def named_in_a_new_process(store: Store) -> list[str]:
    code = (
        "import sys; from selection import recommend\n"
        "for prompt in sys.argv[2:]:\n"
        f"    print(recommend({TASK!r}, prompt, on_tie='best', store=sys.argv[1]).candidate.model.removesuffix(':1b'))"
    )
    argv = [sys.executable, "-W", "error", "-c", code, store.url, *PROMPTS]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert "" == done.stderr
    return done.stdout.split()


def set_scores(store: Store, label: str, *, modulus: int) -> None:
    """Turns the scores of every so-manieth case of a candidate round."""
    of_candidate = sa.select(run_candidate.c.id).where(run_candidate.c.model_name == f"{label}:1b")
    ids = sa.select(generation.c.id).where(
        generation.c.run_candidate_id.in_(of_candidate), generation.c.id % modulus == 0
    )
    with store.write() as connection:
        turned = sa.update(score).where(score.c.generation_id.in_(ids)).values(value=1 - score.c.value)
        assert connection.execute(turned).rowcount


def expected_of_one(store: Store) -> float:
    found = rank(TASK, ABOUT_PYTHON, on_tie="best", store=store)
    return next(one.quality.value for one in found if one.candidate.model == "one:1b")


def notes_of(store: Store) -> str:
    return "; ".join(asked(store, ABOUT_PYTHON).notes)


def test_each_prompt_gets_the_one_who_is_best_on_its_subject(store: Store) -> None:
    found = asked(store, ABOUT_PYTHON)
    assert found.decided_by.startswith("trees 1")
    assert () == found.notes
    assert ["one", "two", "three"] == named(store)


def test_swapped_scores_swap_what_was_learned_of_prompts_here_and_in_a_new_process(store: Store) -> None:
    assert ["one", "two", "three"] == named(store)
    swap_scores(store, TASK, "one", "two")
    assert ["two", "one", "three"] == named(store)
    assert "the answers of one:1b on reasoning now applies to two:1b" in notes_of(store)
    assert ["two", "one", "three"] == named_in_a_new_process(store)
    swap_scores(store, TASK, "one", "two")
    assert ["one", "two", "three"] == named(store)
    assert "is said of" not in notes_of(store)


def test_scores_that_were_changed_withhold_what_was_learned_from_them_until_it_is_learned_anew(store: Store) -> None:
    before = expected_of_one(store)
    set_scores(store, "one", modulus=3)
    found = asked(store, ABOUT_PYTHON)
    assert expected_of_one(store) < before - 0.1
    assert "is ignored for one:1b (" in "; ".join(found.notes)
    assert "two" == named(store)[1]
    judged = retrained(store)
    assert judged.promotes
    assert "other scores than it learned from: one:1b on reasoning" in judged.reason
    assert "withheld" not in notes_of(store)


def test_where_most_are_withheld_the_tasks_standing_decides(store: Store) -> None:
    for label in ("one", "two"):
        set_scores(store, label, modulus=2)
    found = asked(store, ABOUT_PYTHON)
    assert "scoreboard" == found.decided_by
    assert "is ignored for all candidates, since that of one:1b (" in "; ".join(found.notes)
    assert 1 == len(set(named(store)))


def test_a_few_changed_scores_are_said_and_leave_the_model_in_force(store: Store) -> None:
    set_scores(store, "two", modulus=60)
    assert ["one", "two", "three"] == named(store)
    assert "some have a different score now, or none: two:1b (" in notes_of(store)


def test_deleted_evidence_withholds_what_was_learned_from_it_and_without_any_it_abstains(store: Store) -> None:
    of_candidate = sa.select(run_candidate.c.id).where(run_candidate.c.model_name == "one:1b")
    with store.write() as connection:
        half = generation.c.run_candidate_id.in_(of_candidate), generation.c.id % 2 == 0
        connection.execute(sa.delete(generation).where(*half))
    assert "is ignored for one:1b (" in notes_of(store)
    delete_evidence(store)
    assert asked(store, ABOUT_PYTHON).abstained


def test_a_model_from_elsewhere_speaks_for_candidates_whose_cases_are_not_known_here(
    store: Store, tmp_path: Path
) -> None:
    save_to_file(store, 1, tmp_path / "model")
    with open_store(str(tmp_path / "other.db")) as other:
        fill_learned(other)
        with other.write() as connection:
            connection.execute(sa.delete(generation).where(generation.c.id % 200 >= 40))
        record = store_file(other, tmp_path / "model")
        promote(other, record.model_id, replacing=None, reason="by hand")
        assert ["one", "two", "three"] == named(other)
        assert "of the cases on reasoning that trees 1" in notes_of(other)
        assert "are not known here" in notes_of(other)
        swap_scores(other, TASK, "one", "two")
        assert "now applies to two:1b" in notes_of(other)
