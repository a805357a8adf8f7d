import gzip
import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.stats.multiplicity import gate_of, holm
from evaluation.stats.pair_comparison import compare_pair
from evaluation.stats.ranking import (
    MAX_PAIRS_WITH_CHECKS,
    apart_without_difference,
    compare_many,
    letters,
    pair_rng,
    rank_intervals,
    sole_winner,
    tied_groups,
)
from evaluation.stats.verdicts import A_BETTER, B_BETTER, Kind

RECORDED = Path(__file__).parents[3].parent / "shared" / "data" / "gsm8k" / "cases.jsonl.gz"


def by_case(values):
    return {f"case {i}": value for i, value in enumerate(values)}


def binary_sides(rates, *, n=200, seed=0):
    """Right and wrong answers of sides that share the difficulty of their cases."""
    difficulty = np.random.default_rng(seed).uniform(size=n)
    return {name: by_case((difficulty < rate).astype(float)) for name, rate in rates.items()}


class TestAllPairs:
    def test_every_pair_is_compared_in_the_order_given(self):
        found = compare_many(binary_sides({"a": 0.3, "b": 0.5, "c": 0.7}), seed=1)
        assert [("a", "b"), ("a", "c"), ("b", "c")] == [(a, b) for a, b, _ in found.pairs]
        assert ("c", "b", "a") == found.order
        assert "c" == found.winner
        assert (("c",), ("b",), ("a",)) == found.groups
        assert {"c": (1, 1), "b": (2, 2), "a": (3, 3)} == found.ranks

    def test_p_values_are_adjusted_for_all_pairs_and_intervals_are_at_the_bonferroni_level(self):
        found = compare_many(binary_sides({"a": 0.5, "b": 0.52, "c": 0.6}), seed=1)
        raw = [one.p_value for _, _, one in found.pairs]
        assert holm(raw) == tuple(one.p_adjusted for _, _, one in found.pairs)
        assert [pytest.approx(1 - 0.05 / 3)] * 3 == [one.confidence_level for _, _, one in found.pairs]
        assert 0.95 == found.confidence_level

    def test_no_interval_contradicts_its_verdict(self):
        n_ended = 0
        for seed in range(30):
            found = compare_many(binary_sides({"a": 0.5, "b": 0.57, "c": 0.8}, n=120, seed=seed), seed=1)
            for _, _, one in found.pairs:
                is_shown = one.verdict in (A_BETTER, B_BETTER)
                assert is_shown is not (one.low < 0 < one.high or (not is_shown and one.low <= 0 <= one.high))
                n_ended += 0.0 in (one.low, one.high)
        assert n_ended

    def test_one_pair_keeps_its_level(self):
        found = compare_many(binary_sides({"a": 0.5, "b": 0.6}), seed=1)
        ((_, _, one),) = found.pairs
        assert (0.95, one.p_value) == (one.confidence_level, one.p_adjusted)
        assert found.gate is None

    def test_the_order_of_the_sides_changes_nothing_but_who_is_called_a(self):
        rng = np.random.default_rng(3)
        sides = {name: by_case(rng.normal(size=40)) for name in "xyz"}
        there, back = compare_many(sides, seed=7), compare_many(dict(reversed(sides.items())), seed=7)
        assert there.order == back.order
        assert there.ranks == back.ranks
        p_there = {frozenset((a, b)): one.p_value for a, b, one in there.pairs}
        assert p_there == {frozenset((a, b)): one.p_value for a, b, one in back.pairs}

    def test_a_baseline_meets_each_other_side_and_nobody_else(self):
        found = compare_many(binary_sides({"a": 0.3, "b": 0.5, "c": 0.7}), seed=1, against="b")
        assert [("a", "b", "B better"), ("c", "b", "A better")] == [(a, b, one.verdict) for a, b, one in found.pairs]
        assert ((), None) == (found.groups, found.winner)
        assert {"c": (1, 1), "b": (2, 2), "a": (3, 3)} == found.ranks


@pytest.mark.parametrize("sides", [{}, {"a": {"1": 1.0}}])
def test_fewer_than_two_sides_are_refused(sides):
    with pytest.raises(ConfigurationError, match="cannot be compared"):
        compare_many(sides, seed=1)


def test_names_that_do_not_exist_are_refused_with_those_that_do():
    sides = binary_sides({"a": 0.3, "b": 0.5})
    with pytest.raises(UnknownNameError, match="baseline 'c'"):
        compare_many(sides, seed=1, against="c")


def test_less_is_better_for_latencies():
    rng = np.random.default_rng(4)
    base = rng.lognormal(size=50)
    sides = {name: by_case(base * factor) for name, factor in (("slow", 3.0), ("fast", 1.0), ("middle", 2.0))}
    found = compare_many(sides, seed=1, kind=Kind.RATIO, higher_is_better=False)
    assert (("fast", "middle", "slow"), "fast") == (found.order, found.winner)


def test_a_pair_is_what_it_would_be_alone_at_its_level():
    rng = np.random.default_rng(5)
    sides = {name: by_case(rng.normal(size=30)) for name in "abc"}
    found = compare_many(sides, seed=3, margin=0.2, confidence_level=0.9)
    alone = compare_pair(sides["a"], sides["b"], rng=pair_rng(3, "a", "b"), margin=0.2, confidence_level=1 - 0.1 / 3)
    one = found.pairs[0][2]
    assert (alone.difference, alone.low, alone.high, alone.p_value) == (one.difference, one.low, one.high, one.p_value)
    assert (alone.p_equivalence, 0.2) == (one.p_equivalence, one.margin)
    assert 0.9 == found.confidence_level


def test_draws_depend_on_the_seed_and_the_two_labels_and_not_on_their_order():
    first = pair_rng(1, "a", "b").random()
    assert first == pair_rng(1, "b", "a").random()
    assert 4 == len(
        {first, pair_rng(2, "a", "b").random(), pair_rng(1, "a", "c").random(), pair_rng(1, "ab", "").random()}
    )


def test_the_kind_is_told_from_all_sides_together():
    sides = {"a": by_case([0.0, 1.0] * 5), "b": by_case([1.0, 1.0] * 5), "c": by_case([0.5, 1.0] * 5)}
    assert {Kind.CONTINUOUS} == {one.kind for _, _, one in compare_many(sides, seed=1).pairs}
    del sides["c"]
    assert Kind.BINARY == compare_many(sides, seed=1).pairs[0][2].kind
    assert Kind.ORDINAL == compare_many(sides, seed=1, kind=Kind.ORDINAL).pairs[0][2].kind


class TestGate:
    def test_it_takes_the_cases_that_all_sides_have(self):
        sides = binary_sides({"a": 0.3, "b": 0.5, "c": 0.6}, n=40)
        for name in ("case 3", "case 20"):
            del sides["b"][name]
        found = compare_many(sides, seed=1)
        common = [case_id for case_id in sides["b"]]
        matrix = np.array([[sides[name][case_id] for name in "abc"] for case_id in common])
        assert gate_of(matrix) == found.gate
        assert ("cochran_q", 38) == (found.gate.test, found.gate.n_cases)

    def test_clusters_are_its_cases_where_there_are_any(self):
        rng = np.random.default_rng(1)
        sides = {name: by_case(rng.normal(size=30)) for name in "abc"}
        clusters = {f"case {i}": str(i // 3) for i in range(30)}
        found = compare_many(sides, seed=1, clusters=clusters)
        assert ("friedman", 10) == (found.gate.test, found.gate.n_cases)
        assert {"cluster_t"} == {one.method for _, _, one in found.pairs}

    def test_it_ranks_latencies_from_the_least(self):
        base = np.random.default_rng(4).lognormal(size=20)
        sides = {name: by_case(base * factor) for name, factor in (("slow", 3.0), ("fast", 1.0), ("middle", 2.0))}
        found = compare_many(sides, seed=1, kind=Kind.RATIO, higher_is_better=False)
        assert ((3, 1, 2), None) == (found.gate.mean_ranks, found.gate.statistic)

    def test_its_critical_difference_is_at_the_level_of_all_claims(self):
        sides = binary_sides({"a": 0.3, "b": 0.5, "c": 0.6}, n=40)
        loose, strict = (compare_many(sides, seed=1, confidence_level=level).gate for level in (0.9, 0.99))
        assert loose.critical_difference < strict.critical_difference
        assert 0.95 == compare_many(sides, seed=1).confidence_level

    def test_there_is_none_without_two_common_cases(self):
        sides = {"a": by_case([1.0] * 8), "b": by_case([0.0] * 8), "c": {"case 0": 1.0, "other": 0.0}}
        assert compare_many(sides, seed=1).gate is None
        sides["c"]["case 1"] = 1.0
        assert 2 == compare_many(sides, seed=1).gate.n_cases


class TestOrder:
    def test_it_follows_the_cases_that_all_have(self):
        # On its own cases, "lucky" has the better mean.
        hard, easy = [f"hard {i}" for i in range(10)], [f"easy {i}" for i in range(10)]
        good = dict.fromkeys(hard, 0.5) | dict.fromkeys(easy, 1.0)
        lucky = dict.fromkeys(hard[:5], 0.4) | dict.fromkeys(easy, 0.95)
        found = compare_many({"lucky": lucky, "good": good}, seed=1)
        assert (("good", "lucky"), ()) == (found.order, found.notes)

    def test_without_common_cases_it_follows_each_ones_own_and_says_so(self):
        sides = {"a": {"1": 0.2}, "b": {"2": 0.9}, "c": {}}
        found = compare_many(sides, seed=1)
        assert ("b", "a", "c") == found.order
        assert ("no case is common to all sides: they are ordered by the means of their own cases",) == found.notes
        assert {"insufficient data"} == {one.verdict for _, _, one in found.pairs}
        assert ((("b", "a", "c"),), None) == (found.groups, found.winner)
        assert ("a", "b", "c") == compare_many(sides, seed=1, higher_is_better=False).order

    def test_ratios_are_ordered_by_their_geometric_mean(self):
        # The arithmetic means are 5.05 and 3; the geometric ones 1 and 3.
        sides = {"spread": by_case([0.1, 10.0] * 4), "even": by_case([3.0] * 8)}
        assert ("spread", "even") == compare_many(sides, seed=1, kind=Kind.RATIO, higher_is_better=False).order
        assert ("even", "spread") == compare_many(sides, seed=1, kind=Kind.RATIO).order

    def test_ratios_leave_out_what_has_no_logarithm(self):
        sides = {"a": {"1": 0.0, "2": 4.0}, "b": {"1": 1.0, "2": 2.0}}
        assert ("a", "b") == compare_many(sides, seed=1, kind=Kind.RATIO).order
        # Of cases of their own: the arithmetic means are 5.05 and 3, the geometric ones 1 and 3.
        apart = {"a": {"1": 0.0, "3": 0.1, "4": 10.0}, "b": {"1": 3.0, "2": 3.0}}
        assert ("b", "a") == compare_many(apart, seed=1, kind=Kind.RATIO).order
        assert ("a", "b") == compare_many({"a": {"3": 0.1, "4": 10.0}, "b": {"2": 3.0}}, seed=1).order

    def test_clusters_count_alike_whatever_their_size(self):
        sides = {"a": by_case([1.0] * 9 + [0.0]), "b": by_case([0.6] * 10)}
        clusters = {f"case {i}": "large" for i in range(9)}
        assert ("b", "a") == compare_many(sides, seed=1, clusters=clusters).order
        assert ("a", "b") == compare_many(sides, seed=1).order

    def test_equal_ones_are_ordered_by_name(self):
        sides = {name: by_case([0.5] * 8) for name in "cab"}
        assert ("a", "b", "c") == compare_many(sides, seed=1).order

    def test_failed_and_missing_cases_are_no_scores(self):
        sides = {"a": by_case([5.0, 5.0, None] * 4), "b": by_case([4.0] * 12)}
        found = compare_many(sides, seed=1, failed={"a": ["case 2"]})
        assert ("a", "b") == found.order
        assert (8, 12) == (found.pairs[0][2].n_pairs, found.pairs[0][2].failures_as_zero.n_pairs)


def test_failures_are_those_of_the_side_that_is_named():
    sides = binary_sides({"a": 0.3, "b": 0.5, "c": 0.7}, n=20)
    del sides["b"]["case 4"]
    found = compare_many(sides, seed=1, failed={"b": ["case 4"]})
    zeros = {(a, b): one.failures_as_zero for a, b, one in found.pairs}
    assert (20, 20, None) == (zeros["a", "b"].n_pairs, zeros["b", "c"].n_pairs, zeros["a", "c"])


def test_pairs_that_are_no_different_around_one_that_is_are_noted():
    # "b" and "c" differ by little on every case; "a" and "d" scatter widely around them.
    rng = np.random.default_rng(8)
    base, wide = rng.normal(size=40), rng.normal(scale=30, size=(2, 40))
    wide -= wide.mean(axis=1, keepdims=True)
    sides = {
        "a": by_case(base + 1.0 + wide[0]),
        "b": by_case(base + 0.9 + 0.01 * rng.normal(size=40)),
        "c": by_case(base + 0.5 + 0.01 * rng.normal(size=40)),
        "d": by_case(base + 0.4 + wide[1]),
    }
    found = compare_many(sides, seed=1)
    assert (("a", "b"), ("c", "d")) == found.groups
    assert (
        "'a' and 'c' share no group, yet do not differ significantly, nor do 2 further pairs: others among them do",
    ) == found.notes
    assert () == compare_many(sides, seed=1, against="a").notes


def test_one_such_pair_is_noted_alone():
    rng = np.random.default_rng(9)
    base, wide = rng.normal(size=40), rng.normal(scale=30, size=40)
    sides = {
        "a": by_case(base + 1.0 + wide - wide.mean()),
        "b": by_case(base + 0.9 + 0.01 * rng.normal(size=40)),
        "c": by_case(base + 0.5 + 0.01 * rng.normal(size=40)),
    }
    assert ("'a' and 'c' share no group, yet do not differ significantly: others among them do",) == compare_many(
        sides, seed=1
    ).notes


def test_with_many_pairs_the_intervals_beside_the_tables_are_left_out():
    sides = binary_sides({name: 0.3 + 0.05 * i for i, name in enumerate("abcdef")})
    few, many = compare_many({name: sides[name] for name in "abcde"}, seed=1), compare_many(sides, seed=1)
    assert MAX_PAIRS_WITH_CHECKS == len(few.pairs)
    assert all(one.intervals for _, _, one in few.pairs)
    assert not any(one.intervals for _, _, one in many.pairs)


def test_a_baseline_that_beats_everyone_has_won_and_one_of_two_sides_is_tied_or_not():
    sides = binary_sides({"a": 0.3, "b": 0.5, "c": 0.7})
    assert ("c", ()) == (
        compare_many(sides, seed=1, against="c").winner,
        compare_many(sides, seed=1, against="c").groups,
    )
    del sides["c"]
    assert (("b",), ("a",)) == compare_many(sides, seed=1, against="a").groups


@pytest.mark.no_cover
def test_of_equal_sides_one_wins_no_more_often_than_promised():
    rng = np.random.default_rng(10)
    claims = 0
    for i in range(300):
        difficulty = rng.beta(0.5, 0.5, size=60)
        sides = {name: by_case((rng.random(60) < difficulty).astype(float)) for name in "abcd"}
        claims += any(one.verdict != "inconclusive" for _, _, one in compare_many(sides, seed=i).pairs)
    assert claims / 300 <= 0.05


@given(st.lists(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=3, max_size=3), min_size=1, max_size=12))
def test_everything_said_of_one_comparison_fits_together(rows):
    sides = {name: by_case(column) for name, column in zip("xyz", zip(*rows, strict=True), strict=True)}
    found = compare_many(sides, seed=1)
    assert set(found.order) == set(sides) == set(found.ranks)
    for place, name in enumerate(found.order, start=1):
        assert found.ranks[name][0] <= place <= found.ranks[name][1]
    for a, b, one in found.pairs:
        is_claim = one.verdict in ("A better", "B better")
        assert is_claim == (one.p_adjusted is not None and one.p_adjusted < 0.05)
        assert not is_claim or not any({a, b} <= set(group) for group in found.groups)


@pytest.mark.skipif(not RECORDED.exists(), reason=f"{RECORDED} holds the recorded answers of four systems")
def test_four_systems_on_gsm8k_are_ranked_as_published():
    with gzip.open(RECORDED, "rt") as lines:
        cases = [json.loads(line) for line in lines]
    systems = ["gpt3-6b-finetuning", "gpt3-6b-verification", "gpt3-175b-finetuning", "gpt3-175b-verification"]
    sides = {
        system: {case["case_id"]: float(case["models"][system]["correct"]) for case in cases} for system in systems
    }
    found = compare_many(sides, seed=1)
    assert (systems[3], systems[1], systems[2], systems[0]) == found.order
    assert ((systems[3],), (systems[1],), (systems[2],), (systems[0],)) == found.groups
    assert systems[3] == found.winner
    assert all(one.p_adjusted < 0.05 for _, _, one in found.pairs)
    closest = {(a, b): one for a, b, one in found.pairs}[systems[1], systems[2]]
    assert 0.0032 == pytest.approx(closest.p_value, abs=0.00005)
    assert 57 / 1319 == pytest.approx(closest.difference)
    differences = [sides[systems[1]][case_id] - sides[systems[2]][case_id] for case_id in sides[systems[1]]]
    assert 0.0144 == pytest.approx(np.std(differences, ddof=1) / 1319**0.5, abs=0.00005)


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
