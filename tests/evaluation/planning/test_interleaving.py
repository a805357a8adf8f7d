"""Candidates of one loaded model are asked in turn, and each comes first as often as the others."""

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.planning.interleaving import Place, Turns

WHOLE = [(position, f"q{position}", 0) for position in range(12)]


def firsts(order: list[tuple[int, str, int]]) -> Counter[int]:
    """How often each candidate was the first to be asked a case."""
    seen: dict[str, int] = {}
    for number, case_id, _ in order:
        seen.setdefault(case_id, number)
    return Counter(seen.values())


def test_two_candidates_are_asked_case_by_case_and_take_turns_at_being_first():
    order = list(Turns(n_candidates=2).interleave([WHOLE[:4], WHOLE[:4]]))

    assert [(0, "q0"), (1, "q0"), (1, "q1"), (0, "q1"), (0, "q2"), (1, "q2"), (1, "q3"), (0, "q3")] == [
        (number, case_id) for number, case_id, _ in order
    ]


@pytest.mark.parametrize("n_candidates", [2, 3, 4, 6])
def test_each_is_first_as_often_as_the_others(n_candidates: int):
    order = list(Turns(n_candidates=n_candidates).interleave([WHOLE] * n_candidates))

    assert dict.fromkeys(range(n_candidates), 12 // n_candidates) == firsts(order)


def test_pages_go_on_where_the_last_one_ended():
    turns = Turns(n_candidates=2)
    whole = list(Turns(n_candidates=2).interleave([WHOLE, WHOLE]))

    assert whole == [item for page in (WHOLE[:5], WHOLE[5:]) for item in turns.interleave([page, page])]


def test_each_repeat_begins_with_another_candidate():
    places = [(0, "q0", 0), (0, "q0", 1)]
    order = list(Turns(n_candidates=2).interleave([places, places]))

    assert [(0, "q0", 0), (1, "q0", 0), (1, "q0", 1), (0, "q0", 1)] == order


def test_a_resume_asks_what_is_missing_and_nothing_else():
    order = list(Turns(n_candidates=2, n_cases_before=1).interleave([[(2, "q2", 0)], WHOLE[1:3]]))

    assert [(1, "q1", 0), (0, "q2", 0), (1, "q2", 0)] == order


def test_many_short_stretches_do_not_all_begin_with_the_same_candidate():
    orders = [Turns(n_candidates=2, n_cases_before=place[0]).interleave([[place], [place]]) for place in WHOLE]

    assert Counter({0: 6, 1: 6}) == Counter(next(order)[0] for order in orders)


@given(st.lists(st.sets(st.integers(0, 9)), min_size=1, max_size=4))
def test_everything_that_is_missing_is_asked_once(missing: list[set[int]]):
    places: list[list[Place]] = [[(position, f"q{position}", 0) for position in sorted(of)] for of in missing]
    order = list(Turns(n_candidates=len(places)).interleave(places))

    assert sorted((number, case_id, 0) for number, of in enumerate(places) for _, case_id, _ in of) == sorted(order)


def test_of_two_each_comes_after_the_other_as_often_among_the_cases_that_a_third_was_asked_first():
    """What a server keeps of a case's prompt is alike for these two, so that nothing else may favour one of them."""
    n = 4
    places = [(i, f"c{i}", 0) for i in range(4 * n)]
    order: dict[str, list[int]] = {}
    for number, case_id, _ in Turns(n_candidates=n).interleave([places] * n):
        order.setdefault(case_id, []).append(number)

    for a, b in combinations(range(n), 2):
        others_first = [asked for asked in order.values() if asked[0] not in (a, b)]
        assert len(others_first) == 2 * sum(asked.index(a) < asked.index(b) for asked in others_first)
