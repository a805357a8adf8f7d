from math import erfc

import numpy as np
import pytest

from evaluation.stats.unpaired import (
    chi_square_p_value,
    farrington_manning_z,
    unpaired_means_within,
    unpaired_shares_within,
)
from evaluation.stats.unpaired_comparison import compare_groups
from evaluation.stats.verdicts import A_BETTER, B_BETTER, EQUIVALENT, INCONCLUSIVE, INSUFFICIENT_DATA, Kind


def right(n_right, n):
    return [1.0] * n_right + [0.0] * (n - n_right)


def verdicts(groups, **terms):
    return {(pair.a, pair.b): pair.verdict for pair in compare_groups(groups, **terms)}


def test_a_clear_difference_is_a_verdict_either_way_round():
    assert {("a", "b"): A_BETTER} == verdicts({"a": right(36, 40), "b": right(10, 40)})
    assert {("a", "b"): B_BETTER} == verdicts({"a": right(10, 40), "b": right(36, 40)})
    assert {("a", "b"): B_BETTER} == verdicts({"a": right(36, 40), "b": right(10, 40)}, higher_is_better=False)


def test_nothing_is_better_whose_p_is_too_large_after_holm():
    # chi-square of 27/40 against 18/40 alone: p = .0425; of three pairs .128
    two = {"a": right(27, 40), "b": right(18, 40)}
    assert {("a", "b"): A_BETTER} == verdicts(two)
    pairs = compare_groups({**two, "c": right(22, 40)})
    (first, *_) = pairs
    assert (pytest.approx(0.0425, abs=1e-4), pytest.approx(0.1276, abs=1e-4)) == (
        first.test.p_value,
        first.p_adjusted,
    )
    assert {INCONCLUSIVE} == {pair.verdict for pair in pairs}


def test_intervals_of_several_pairs_hold_together():
    alone = compare_groups({"a": right(27, 40), "b": right(18, 40)})[0].test
    together = compare_groups({"a": right(27, 40), "b": right(18, 40), "c": right(22, 40)})[0].test
    assert (0.95, pytest.approx(1 - 0.05 / 3)) == (alone.confidence_level, together.confidence_level)
    assert together.low < alone.low < alone.high < together.high


def test_a_group_of_five_is_too_small_and_costs_the_others_nothing():
    pairs = compare_groups({"a": right(36, 40), "b": right(10, 40), "c": right(0, 5)}, against="a")
    assert [("b", "a", B_BETTER), ("c", "a", INSUFFICIENT_DATA)] == [(p.a, p.b, p.verdict) for p in pairs]
    assert (pairs[0].test.p_value, None) == (pairs[0].p_adjusted, pairs[1].p_adjusted)
    assert INSUFFICIENT_DATA != compare_groups({"a": right(36, 40), "c": right(0, 6)})[0].verdict


def test_equal_within_a_margin_and_never_without():
    groups = {"a": right(800, 1000), "b": right(805, 1000)}
    assert {("a", "b"): INCONCLUSIVE} == verdicts(groups)
    assert {("a", "b"): EQUIVALENT} == verdicts(groups, margin=0.05)
    assert {("a", "b"): INCONCLUSIVE} == verdicts(groups, margin=0.02)


def test_scores_are_compared_by_their_means_with_ranks_beside():
    rng = np.random.default_rng(1)
    (pair,) = compare_groups({"a": rng.normal(0.7, 0.1, 60), "b": rng.normal(0.5, 0.2, 50)}, margin=0.1)
    assert (Kind.CONTINUOUS, "welch", "hedges_g", A_BETTER) == (
        pair.kind,
        pair.test.method,
        pair.test.effect_size_name,
        pair.verdict,
    )
    assert pair.ranks.rank_biserial > 0.5
    assert pair.within.p_equivalence > 0.5


def test_groups_that_do_not_vary_are_never_better():
    (pair,) = compare_groups({"a": [0.5] * 20, "b": [0.7] * 20}, margin=0.5)
    assert (INCONCLUSIVE, None, None, 1.0) == (pair.verdict, pair.test.low, pair.within, pair.p_adjusted)


def test_false_alarms_stay_below_five_in_a_hundred():
    rng = np.random.default_rng(20261123)
    alarms = 0
    for _ in range(2000):
        shares = compare_groups({name: right(int(rng.binomial(n, 0.3)), n) for name, n in (("a", 60), ("b", 90))})
        alarms += shares[0].verdict in (A_BETTER, B_BETTER)
    # chi-square without correction, .3 of 60 and 90: at most two standard errors above .05
    assert alarms / 2000 < 0.05 + 2 * (0.05 * 0.95 / 2000) ** 0.5


def test_a_difference_as_large_as_the_margin_is_seldom_called_equivalent():
    rng = np.random.default_rng(5)
    claims = 0
    for _ in range(2000):
        a, b = int(rng.binomial(400, 0.5)), int(rng.binomial(400, 0.6))
        claims += unpaired_shares_within(a, 400, b, 400, margin=0.1).p_equivalence < 0.05
    assert claims / 2000 < 0.05 + 2 * (0.05 * 0.95 / 2000) ** 0.5


def test_the_score_test_of_no_difference_is_pearsons_and_swapping_the_groups_turns_its_sign():
    z = farrington_manning_z(56 / 70, 48 / 80, n_a=70, n_b=80, difference=0.0)
    assert chi_square_p_value(56, 70, 48, 80) == pytest.approx(erfc(abs(z) / 2**0.5))
    above = farrington_manning_z(0.8, 0.6, n_a=70, n_b=80, difference=0.1)
    assert above == pytest.approx(-farrington_manning_z(0.6, 0.8, n_a=80, n_b=70, difference=-0.1))


@pytest.mark.parametrize(("a", "b", "difference", "z"), [(1.0, 0.0, 1.0, 0.0), (1.0, 1.0, -1.0, np.inf)])
def test_a_difference_that_leaves_no_spread_has_no_error_to_count_in(a, b, difference, z):
    assert z == farrington_manning_z(a, b, n_a=10, n_b=10, difference=difference)


def test_a_margin_says_nothing_of_a_group_of_one():
    assert unpaired_means_within(np.array([1.0]), np.array([1.0, 2.0]), margin=1.0) is None


def test_a_group_that_holm_alone_shows_to_be_better_has_an_interval_that_ends_at_no_difference():
    # 27/40 against 18/40: p = .0425, Holm's last step; at Bonferroni's level the interval would reach below 0.
    pairs = compare_groups({"a": right(38, 40), "b": right(18, 40), "c": right(27, 40)})
    by_names = {(pair.a, pair.b): pair for pair in pairs}
    nearest = by_names["b", "c"]
    assert (B_BETTER, pytest.approx(0.0425, abs=1e-4)) == (nearest.verdict, nearest.p_adjusted)
    assert (0.0, pytest.approx(1 - 0.05 / 3)) == (nearest.test.high, nearest.test.confidence_level)
    assert nearest.test.low < nearest.test.difference < 0
    assert by_names["a", "b"].test.low > 0


def test_a_group_that_is_not_better_has_an_interval_that_reaches_no_difference():
    # Fisher's p = .0698, though Newcombe's interval ends above 0
    (pair,) = compare_groups({"a": right(7, 10), "b": right(2, 10)})
    assert (INCONCLUSIVE, 0.0) == (pair.verdict, pair.test.low)


def test_counts_that_all_happen_to_be_0_or_1_are_no_shares():
    groups = {"a": right(36, 40), "b": right(10, 40)}
    (shares,) = compare_groups(groups)
    (counts,) = compare_groups(groups, may_be_shares=False)

    assert (Kind.BINARY, Kind.CONTINUOUS) == (shares.kind, counts.kind)
    assert (shares.test.difference, A_BETTER) == (pytest.approx(counts.test.difference), counts.verdict)
    assert counts.ranks is not None
    welch = unpaired_means_within(np.array(groups["a"]), np.array(groups["b"]), margin=0.1)
    (within,) = compare_groups(groups, may_be_shares=False, margin=0.1)
    assert welch == within.within


def test_no_difference_is_larger_than_possible():
    groups = {"a": [0.9, 0.1, 0.8], "b": [0.1, 0.7]}
    (free,), (bounded,) = compare_groups(groups), compare_groups(groups, largest_difference=1.0)
    assert (free.test.low < -1, free.test.high > 1, free.needed.mde > 1) == (True, True, True)
    assert (-1.0, 1.0, None) == (bounded.test.low, bounded.test.high, bounded.needed.mde)
    assert (free.test.p_value, free.needed.n_more) == (bounded.test.p_value, bounded.needed.n_more)
