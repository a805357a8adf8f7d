"""The winner of a run is a candidate, not a label, whatever the order in which the candidates were named."""

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest
from compared_runs import cases_of, compared, right_on
from stored_runs import Asked, store_run

from evaluation.candidate import Candidate, PipelineChoice
from evaluation.comparisons.run_verdict import verdict_of_run
from evaluation.comparisons.sides import find_members, make_sides
from evaluation.errors import UnknownNameError
from evaluation.exports.winner import winner_of_run
from evaluation.run_results.run_result import run_result
from evaluation.store.session import Store, open_store

CASES = cases_of(60)
CORPORA = {"x1/docs": 55, "x2/docs": 20, "x3/docs": 10}
"""Right answers by the folder that was searched."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'results.db'}") as opened:
        yield opened


def searching(folder: str) -> Asked:
    pipeline = PipelineChoice(
        name="retrieval", options={"corpus": folder}, signature="Retrieval()", corpus=f"hash of {folder}"
    )
    candidate = Candidate(model="a:1b", digest="d", pipeline=pipeline)
    return Asked(candidate=candidate, outcomes=right_on(CASES, range(CORPORA[folder])))


def test_the_winner_and_the_verdict_are_the_same_in_whatever_order_two_folders_of_one_name_are_given(
    store: Store,
) -> None:
    best = searching("x1/docs").candidate.fingerprint
    verdicts = set()
    for place, folders in enumerate(permutations(CORPORA)):
        run_id = store_run(
            store, *(searching(folder) for folder in folders), cases=CASES, run_id=f"run-{place}", name=f"n{place}"
        )
        exported = winner_of_run(store, run_id)
        assert (exported.fingerprint, exported.label) == (best, "a:1b pipeline=retrieval corpus=x1/docs")
        assert [each.label.rpartition("=")[2] for each in run_result(store, run_id).candidates] == list(folders)
        verdicts.add(tuple(verdict_of_run(store, run_id)))

    (said,) = verdicts
    assert said[0].startswith("exact_match: a:1b pipeline=retrieval corpus=x1/docs is the best of 3")


def test_a_candidate_is_exported_and_compared_by_the_label_that_the_run_prints(store: Store) -> None:
    run_id = store_run(store, searching("x2/docs"), searching("x1/docs"), cases=CASES)

    for candidate in run_result(store, run_id).candidates:
        assert winner_of_run(store, run_id, label=candidate.label).fingerprint == candidate.fingerprint
        result = compared(store, run_id, against=candidate.label)
        assert result.against == candidate.label
        assert {side.label for side in result.sides} == {each.label for each in run_result(store, run_id).candidates}


def test_a_label_that_two_candidates_would_share_is_refused_with_those_that_exist(store: Store) -> None:
    run_id = store_run(store, searching("x2/docs"), searching("x1/docs"), cases=CASES)

    with pytest.raises(UnknownNameError, match=r"corpus=x2/docs.*corpus=x1/docs|corpus=x1/docs.*corpus=x2/docs"):
        winner_of_run(store, run_id, label="a:1b pipeline=retrieval corpus=docs")


def test_two_candidates_that_two_runs_call_the_same_are_not_merged_by_candidate(store: Store) -> None:
    runs = [store_run(store, searching(folder), cases=CASES, run_id=folder[:2]) for folder in ("x1/docs", "x2/docs")]

    sides, _ = make_sides(find_members(store, runs), "candidate")

    assert len(sides) == len({side.label for side in sides}) == 2
