"""Which cases are picked, in which order, and whose answers they show."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.reviews.case_selection import (
    CONTROL,
    DISAGREEMENT,
    FLIP,
    FURTHER,
    CaseStatistics,
    SelectedCase,
    choose_sides,
    pick,
)


def seen(number: int, *values: float, wordings: int | None = None) -> CaseStatistics:
    return CaseStatistics(
        case_id=f"c{number}",
        sides=tuple(range(max(2, len(values)))),
        values=dict(enumerate(values)),
        n_wordings=wordings,
    )


def picked(
    cases: list[CaseStatistics], n: int, *, seed: int = 0, flips: float = 0.0, controls: float = 0.0
) -> list[SelectedCase]:
    return pick(cases, n, flip_share=flips, control_share=controls, rng=np.random.default_rng(seed))


def test_the_cases_on_which_candidates_differ_most_come_first() -> None:
    cases = [seen(i, i / 10, 0.0) for i in range(10)]
    found = picked(cases, 3)

    assert {"c9", "c8", "c7"} == {one.seen.case_id for one in found}
    assert {DISAGREEMENT} == {one.reason for one in found}
    assert "values from 0 to 0.9" == next(one.why for one in found if one.seen.case_id == "c9")


def test_where_nothing_was_scored_answers_that_are_worded_otherwise_differ() -> None:
    cases = [seen(i, wordings=1 + (i == 4)) for i in range(8)]
    (found,) = picked(cases, 1)

    assert ("c4", DISAGREEMENT, "2 different answers") == (found.seen.case_id, found.reason, found.why)


def test_flips_between_runs_are_told_from_differences_between_candidates() -> None:
    # Sides 0 and 1 are one model in two runs, side 2 another one.
    cases = [seen(0, 1.0, 0.0, 1.0), seen(1, 1.0, 1.0, 0.0), seen(2, 0.0, 0.0, 0.0)]
    found = pick(cases, 3, flip_share=1.0, control_share=0.0, changed=[(0, 1)], rng=np.random.default_rng(0))

    assert {"c0": FLIP, "c1": DISAGREEMENT, "c2": FURTHER} == {one.seen.case_id: one.reason for one in found}


def test_shares_are_kept_as_long_as_there_are_enough_of_each() -> None:
    cases = [seen(i, float(i % 2), 0.0) for i in range(40)]
    found = picked(cases, 10, flips=0.3, controls=0.2)

    assert {DISAGREEMENT: 5, FLIP: 3, CONTROL: 2} == Counter(one.reason for one in found)


def test_the_same_seed_picks_the_same_and_another_one_does_not() -> None:
    cases = [seen(i, float(i % 2), 0.0) for i in range(60)]

    assert picked(cases, 10, controls=0.5) == picked(cases, 10, controls=0.5)
    assert picked(cases, 10, controls=0.5) != picked(cases, 10, controls=0.5, seed=1)


def test_controls_are_a_fair_sample_of_all_cases() -> None:
    # Half of the cases differ: so do half of the controls, however many cases that differ are picked besides.
    cases = [seen(i, float(i % 2), 0.0) for i in range(50)]
    controls = [
        one.seen.values[0]
        for seed in range(200)
        for one in picked(cases, 10, seed=seed, controls=0.4)
        if one.reason == CONTROL
    ]

    assert 800 == len(controls)
    assert 0.5 == pytest.approx(np.mean(controls), abs=0.08)


@given(n=st.integers(1, 30), flips=st.floats(0, 1), controls=st.floats(0, 1), seed=st.integers(0, 99))
def test_no_case_is_picked_twice_and_as_many_as_there_are(n: int, flips: float, controls: float, seed: int) -> None:
    cases = [seen(i, float(i % 3 == 0), float(i % 2)) for i in range(20)]
    found = picked(cases, n, seed=seed, flips=flips * (1 - controls), controls=controls)

    assert min(n, 20) == len({one.seen.case_id for one in found}) == len(found)


def test_the_order_in_which_cases_are_shown_tells_nothing_of_why_they_were_picked() -> None:
    cases = [seen(i, float(i % 2), 0.0) for i in range(60)]
    first = Counter(picked(cases, 10, seed=seed, controls=0.5)[0].reason for seed in range(200))

    assert 60 < first[CONTROL] < 140


def test_pairs_of_many_candidates_meet_about_equally_often_and_each_stands_first_as_often() -> None:
    cases = [seen(i, 1.0, 0.0, 1.0, 0.0) for i in range(60)]
    chosen = choose_sides(picked(cases, 60), 2, 4, rng=np.random.default_rng(5))

    met = Counter(tuple(sorted(pair)) for pair in chosen)
    assert {10} == set(met.values())
    assert 6 == len(met)
    assert 18 < sum(a < b for a, b in chosen) < 42


def test_of_very_many_candidates_some_are_chosen() -> None:
    cases = [seen(i, *(float(side % 2) for side in range(40))) for i in range(5)]
    chosen = choose_sides(picked(cases, 5), 4, 40, rng=np.random.default_rng(5))

    assert [4] * 5 == [len(set(one)) for one in chosen]
