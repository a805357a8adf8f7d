from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from evaluation.stats.rank_groups import apart_without_difference, letters, rank_intervals, sole_winner, tied_groups

NAMES = "abcdef"


@st.composite
def standings(draw):
    """Names in their order, and who of them is significantly better than whom."""
    order = draw(st.permutations(NAMES[: draw(st.integers(1, 6))]))
    beaten = draw(st.sets(st.sampled_from(list(combinations(order, 2))))) if len(order) > 1 else set()
    return order, beaten


def test_ranks_count_those_that_are_certainly_better_and_worse():
    assert {"a": (1, 2), "b": (1, 3), "c": (2, 3)} == rank_intervals("abc", [("a", "c")])
    assert {"a": (1, 1), "b": (2, 2)} == rank_intervals("ab", [("a", "b")])
    assert {"a": (1, 2), "b": (1, 2)} == rank_intervals("ab", [])


def test_who_is_better_than_the_baseline_is_better_than_those_below_it_though_they_were_not_compared():
    against_c = [("a", "c"), ("b", "c"), ("c", "d")]

    assert {"a": (1, 2), "b": (1, 2), "c": (3, 3), "d": (4, 4)} == rank_intervals("abcd", against_c, through="c")


def test_groups_are_the_longest_stretches_without_a_difference():
    assert (("a", "b"), ("b", "c")) == tied_groups("abc", [("a", "c")])
    assert (("a",), ("b", "c")) == tied_groups("abc", [("a", "b"), ("a", "c")])
    assert (("a", "b", "c"),) == tied_groups("abc", [])
    assert (("a",), ("b",), ("c",)) == tied_groups("abc", [("a", "b"), ("a", "c"), ("b", "c")])
    assert () == tied_groups([], [])


def test_a_group_ends_at_a_difference_between_any_two_of_it():
    assert (("a", "b", "c"), ("c", "d")) == tied_groups("abcd", [("b", "d"), ("a", "d")])


def test_a_stretch_within_another_is_no_group_of_its_own():
    assert (("a", "b", "c"), ("b", "c", "d")) == tied_groups("abcd", [("a", "d")])


def test_a_difference_against_the_order_ends_a_group_too():
    assert (("a",), ("b",)) == tied_groups("ab", [("b", "a")])


def test_letters_name_the_groups():
    assert {"a": "a", "b": "ab", "c": "b"} == letters([("a", "b"), ("b", "c")])
    many = letters([(str(i),) for i in range(54)])
    assert ["z", "aa", "ab", "az", "ba", "bb"] == [many[str(i)] for i in (25, 26, 27, 51, 52, 53)]


def test_pairs_around_a_difference_are_named():
    beaten = [("b", "c")]
    groups = tied_groups("abcd", beaten)
    assert (("a", "b"), ("c", "d")) == groups
    assert (("a", "c"), ("a", "d"), ("b", "d")) == apart_without_difference("abcd", groups, beaten)


def test_a_winner_beats_all_others():
    assert "b" == sole_winner("abc", [("b", "a"), ("b", "c")])
    assert sole_winner("abc", [("b", "a")]) is None
    assert sole_winner("abc", []) is None
    assert sole_winner("a", []) is None


@given(standings())
def test_two_that_share_a_group_do_not_differ_and_two_that_share_none_do_or_are_named(standing):
    order, beaten = standing
    groups = tied_groups(order, beaten)
    named = set(apart_without_difference(order, groups, beaten))
    assert set(order) == {name for group in groups for name in group}
    for pair in combinations(order, 2):
        share = any(set(pair) <= set(group) for group in groups)
        assert (pair in beaten) == (not share and pair not in named)


@given(standings())
def test_no_group_holds_another(standing):
    groups = [set(group) for group in tied_groups(*standing)]
    assert not any(one < other for one in groups for other in groups)


@given(standings())
def test_every_place_in_the_order_lies_within_its_ranks(standing):
    order, beaten = standing
    ranks = rank_intervals(order, beaten)
    assert all(ranks[name][0] <= place <= ranks[name][1] for place, name in enumerate(order, start=1))
    winner = sole_winner(order, beaten)
    assert (winner is not None) == (len(order) > 1 and ranks[order[0]] == (1, 1))
