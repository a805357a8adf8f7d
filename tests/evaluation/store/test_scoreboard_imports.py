"""Results from elsewhere are stored once, read like our own, and gone when they are removed."""

from typing import Any

import numpy as np
import pytest
from stored_runs import asked, numbers, right, store_run

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.records.selection import ImportedCase, ScoreboardContent
from evaluation.store.scoreboard_imports import list_imports, remove_import, save_import
from evaluation.store.selection_evidence import evidence_fingerprint, read_evidence, read_prompts, sample_prompts
from evaluation.store.session import Store, info

NAN = float("nan")
CASES = numbers(2)


def content(sha256: str = "ab" * 32, **given: Any) -> ScoreboardContent:
    """Two candidates, three cases, a repeat of the first row."""
    said: dict[str, Any] = {
        "name": "pool",
        "source": "pool.csv",
        "candidates": ("a:1b", "gpt"),
        "cases": (
            ImportedCase(task="chat", case_id="c0", prompt="Hi", family="greeting"),
            ImportedCase(task="chat", case_id="c1", prompt="Ho \x00"),
            ImportedCase(task="reasoning", case_id="c0", prompt="2+2"),
        ),
        "candidate": np.array([0, 0, 1, 1]),
        "case": np.array([0, 0, 1, 2]),
        "quality": np.array([1.0, 0.0, 0.5, 0.25]),
        "latency_s": np.array([1.5, NAN, NAN, 2.0]),
        "cost_usd": np.array([NAN, NAN, 0.001, NAN]),
        "energy_j": np.array([3.0, NAN, NAN, NAN]),
        "memory_gb": np.array([2.0, 2.5, NAN, NAN]),
    }
    return ScoreboardContent(sha256=sha256, **(said | given))


def test_an_import_is_evidence_like_our_own(store: Store) -> None:
    record, is_new = save_import(store, content())
    assert (True, ("chat", "reasoning"), ("a:1b", "gpt"), 3, 4) == (
        is_new,
        record.tasks,
        record.candidates,
        record.n_cases,
        record.n_rows,
    )

    found = read_evidence(store)

    assert ["imported:a:1b", "imported:gpt"] == [one.key for one in found.candidates]
    assert [2.5e9, None] == [one.memory_bytes for one in found.candidates]
    assert [("chat", "c0"), ("chat", "c1"), ("reasoning", "c0")] == [(case.task, case.case_id) for case in found.cases]
    assert {f"import {record.import_id}"} == {case.yardstick for case in found.cases}
    assert 3 == len({case.family for case in found.cases})
    assert ([0, 0, 1, 1], [0, 0, 1, 2]) == (found.candidate.tolist(), found.case.tolist())
    assert [1.0, 0.0, 0.5, 0.25] == found.quality.tolist()
    np.testing.assert_array_equal([1.5, NAN, NAN, 2.0], found.latency_s)
    np.testing.assert_array_equal([NAN, NAN, 0.001, NAN], found.cost_usd)
    np.testing.assert_array_equal([3.0, NAN, NAN, NAN], found.energy_j)
    assert ("Hi", "Ho \x00", "2+2") == read_prompts(store, found) == sample_prompts(store, task=None, limit=3)
    assert ("Hi", "Ho \x00") == sample_prompts(store, task="chat", limit=3)


def test_a_name_like_ours_stays_an_imported_one(store: Store) -> None:
    store_run(store, asked("a:1b", right(CASES)), cases=CASES)
    save_import(store, content())
    found = read_evidence(store)
    labels = {one.label: one.key.startswith("imported:") for one in found.candidates}
    assert {"a:1b (imported)": True, "a:1b@digest-": False, "gpt": True} == labels


def test_the_same_file_is_stored_once(store: Store) -> None:
    first, _ = save_import(store, content())
    again, is_new = save_import(store, content(name="other"))
    assert (False, first) == (is_new, again)
    assert 1 == len(list_imports(store))


def test_only_the_tasks_that_are_asked_for_are_read(store: Store) -> None:
    save_import(store, content())
    found = read_evidence(store, tasks=["reasoning"])
    assert (["gpt"], [0.25]) == ([one.label for one in found.candidates], found.quality.tolist())


def test_an_import_changes_the_fingerprint_and_its_removal_changes_it_back(store: Store) -> None:
    before = evidence_fingerprint(store)
    save_import(store, content())
    with_it = evidence_fingerprint(store)
    assert before != with_it == read_evidence(store).fingerprint
    remove_import(store, "pool")
    assert before == evidence_fingerprint(store)


def test_what_is_removed_leaves_nothing_behind(store: Store, store_url: str) -> None:
    save_import(store, content())
    save_import(store, content("cd" * 32))
    with pytest.raises(ConfigurationError, match="several imports are meant by 'pool'"):
        remove_import(store, "pool")
    assert "ab" * 32 == remove_import(store, "abab").import_id
    assert ["cd" * 32] == [one.import_id for one in list_imports(store)]
    n_rows = info(store_url).n_rows
    assert (1, 3, 4) == tuple(n_rows[f"scoreboard_{kind}"] for kind in ("import", "case", "row"))
    with pytest.raises(UnknownNameError, match="unknown import 'abab'"):
        remove_import(store, "abab")
