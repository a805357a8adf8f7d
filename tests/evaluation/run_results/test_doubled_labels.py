"""Are candidates told apart everywhere in a run of early versions, which gave several of them one label?"""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from compared_runs import candidate, cases_of, right_on, store_run
from stored_runs import Asked

from evaluation.comparisons.sides import find_members, make_sides
from evaluation.run_results.run_diff import run_diff
from evaluation.run_results.run_result import run_result
from evaluation.store.earlier_runs import values_over_runs
from evaluation.store.headlines import headline_values
from evaluation.store.monitored import monitored_runs
from evaluation.store.outcomes import count_outcomes
from evaluation.store.run_ends import run_ends
from evaluation.store.runs import find_run, runs_of_invocation
from evaluation.store.session import Store
from evaluation.store.summaries import list_runs, progress
from evaluation.store.tables import run_candidate

CASES = cases_of(6)
FIRST, SECOND = "a:1b @11111111", "a:1b @22222222"


def of_weights(digit: str, n_right: int) -> Asked:
    return candidate("a:1b", right_on(CASES, range(n_right)), digest=digit * 64)


@pytest.fixture
def doubled(store: Store) -> str:
    """A run of two candidates whose rows bear one label, beside a third."""
    others = candidate("b:1b", right_on(CASES, range(5)))
    return store_run(store, of_weights("1", 2), of_weights("2", 4), others, cases=CASES, run_id="old")


@pytest.fixture
def later(store: Store, doubled: str) -> str:
    """A later run, in which the second of them has the label alone."""
    return store_run(store, of_weights("2", 3), cases=CASES, run_id="young")


def test_every_list_of_a_runs_candidates_gives_them_the_same_distinct_labels(store: Store, doubled: str) -> None:
    labels = (FIRST, SECOND, "b:1b")
    run = find_run(store, doubled)

    assert labels == tuple(each.plan.label for each in run.candidates)
    (same,) = runs_of_invocation(store, run.plan.invocation_id)
    assert run == same
    (summary,) = list_runs(store)
    assert labels == summary.candidates
    assert labels == tuple(each.label for each in progress(store, run.plan.invocation_id))
    assert labels == tuple(each.label for each in count_outcomes(store, doubled))
    (end,) = run_ends(store, since=datetime(2000, 1, 1, tzinfo=UTC))
    assert labels == end.candidates
    assert labels == tuple(each.candidate for each in headline_values(store, [doubled])[doubled])
    assert set(labels) == {each.label for each in run_result(store, doubled).candidates}
    assert set(labels) == {each.candidate for each in monitored_runs(store)}


def test_each_has_its_own_value_under_its_label(store: Store, doubled: str) -> None:
    headline = headline_values(store, [doubled])[doubled]
    values = {item.candidate: round(item.value, 3) for item in headline}

    assert {FIRST: 0.333, SECOND: 0.667, "b:1b": 0.833} == values
    earlier = values_over_runs(store, doubled, headline[0].signature)
    assert values == {item.label: round(item.estimate.value, 3) for item in earlier}


def test_the_stored_labels_stay_as_they_were(store: Store, doubled: str) -> None:
    list_runs(store)
    find_run(store, doubled)
    with store.read() as connection:
        stored = list(connection.execute(sa.select(run_candidate.c.label).order_by(run_candidate.c.id)).scalars())

    assert ["a:1b", "a:1b", "b:1b"] == stored


def test_a_diff_matches_by_fingerprint_before_it_does_by_label(store: Store, doubled: str, later: str) -> None:
    diff = run_diff(store, doubled, later)

    assert (FIRST, "b:1b") == diff.only_in_first
    assert () == diff.only_in_second
    (matched,) = diff.candidates
    assert SECOND == matched.label
    assert "fingerprint" not in matched.parameters
    assert matched.cases is not None
    assert ("c03",) == matched.cases.worse
    assert ["a:1b"] == [each.label for each in run_diff(store, later, doubled).candidates]


def test_a_diff_of_other_weights_under_one_label_still_matches_by_label(store: Store) -> None:
    store_run(store, of_weights("1", 2), cases=CASES, run_id="one")
    store_run(store, of_weights("2", 4), cases=CASES, run_id="two")

    (matched,) = run_diff(store, "one", "two").candidates
    assert "fingerprint" in matched.parameters


def test_by_candidate_merges_equal_fingerprints_and_no_namesakes(store: Store, doubled: str, later: str) -> None:
    sides, _ = make_sides(find_members(store, [doubled, later]), "candidate")

    assert [1, 2, 1] == [len(side.members) for side in sides]
    assert all(1 == len({member.fingerprint for member in side.members}) for side in sides)
    assert 3 == len({side.label for side in sides})


def test_the_monitor_follows_each_of_them_over_runs(store: Store, doubled: str, later: str) -> None:
    series: dict[str, list[str]] = {}
    for run in monitored_runs(store):
        series.setdefault(run.candidate, []).append(run.run_id)

    assert {FIRST: [doubled], SECOND: [doubled, later], "b:1b": [doubled]} == series
