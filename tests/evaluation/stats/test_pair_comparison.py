from dataclasses import fields
from math import isfinite

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import ConfigurationError
from evaluation.stats.pair_comparison import (
    DISAGREE,
    PairComparison,
    agreeing_limits,
    compare_pair,
    kind_of,
    readjusted,
)
from evaluation.stats.power import exact_mcnemar_cases, share_equivalence_cases
from evaluation.stats.verdicts import A_BETTER, B_BETTER, EQUIVALENT, INCONCLUSIVE, INSUFFICIENT_DATA, Kind

SLEEP_A = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SLEEP_B = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
TEN_CLUSTERS = {f"q{i}": f"doc{i // 4}" for i in range(40)}


def by_id(values):
    return {f"q{i}": value for i, value in enumerate(values)}


def compared(a, b, seed=0, **options):
    a, b = (side if isinstance(side, dict) else by_id(side) for side in (a, b))
    return compare_pair(a, b, rng=np.random.default_rng(seed), **options)


def table(*, both=0, only_a=0, only_b=0, neither=0, **options):
    a = [1] * both + [1] * only_a + [0] * only_b + [0] * neither
    b = [1] * both + [0] * only_a + [1] * only_b + [0] * neither
    return compared(a, b, **options)


class TestKind:
    def test_nothing_but_right_and_wrong_is_binary(self):
        assert Kind.BINARY == kind_of({"a": 1, "b": True}, {"a": 0.0, "c": float("nan")})
        assert Kind.CONTINUOUS == kind_of({"a": 1}, {"a": 0.5})
        assert Kind.CONTINUOUS == kind_of({"a": -1, "b": 0})

    def test_it_is_told_from_the_scores_where_it_is_not_given(self):
        assert ("binary", "newcombe+mcnemar_exact") == (compared([1, 0], [0, 0]).kind, compared([1, 0], [0, 0]).method)
        assert "continuous" == compared([1, 0.5], [0, 0]).kind
        assert "t+sign_flip_exact" == compared([1, 0, 1], [0, 0, 0], kind=Kind.CONTINUOUS).method

    def test_a_kind_by_its_name_will_do(self):
        assert compared([3, 2], [1, 2], kind=Kind.ORDINAL) == compared([3, 2], [1, 2], kind=Kind("ordinal"))

    def test_each_kind_has_its_methods(self):
        a, b = [1.0, 2.0, 4.0, 3.0], [2.0, 1.0, 1.0, 5.0]
        methods = {str(kind): compared(a, b, kind=kind).method for kind in Kind if kind is not Kind.BINARY}
        expected = {"continuous": "t+sign_flip_exact", "ordinal": "tango+wilcoxon_pratt_exact", "ratio": "log_t"}
        assert expected == methods

    def test_a_sentinel_does_not_make_a_binary_score_continuous(self):
        assert Kind.BINARY == compared([1, 0, None], [0, 1, 1]).kind


class TestPairs:
    def test_cases_are_paired_by_id_and_the_others_counted(self):
        found = compared({"q1": 1, "q2": 0, "q3": 1}, {"q2": 1, "q3": 1, "q4": 0, "q5": 0})
        assert (2, 1, 2) == (found.n_pairs, found.n_only_a, found.n_only_b)
        assert (-0.5, 0.5, 1.0) == (found.difference, found.mean_a, found.mean_b)

    def test_wins_and_ties_are_counted(self):
        found = compared([1, 2, 3, 4.5], [0, 2, 5, 1])
        assert (2, 1, 1) == (found.n_better_a, found.n_better_b, found.n_equal)
        found = compared([1, 2, 3, 4.5], [0, 2, 5, 1], higher_is_better=False)
        assert (1, 2, 1) == (found.n_better_a, found.n_better_b, found.n_equal)
        assert not found.higher_is_better

    def test_nothing_in_common_is_no_verdict(self):
        found = compared({"q1": 1}, {"q2": 1})
        assert ("insufficient data", 0, 1, 1) == (found.verdict, found.n_pairs, found.n_only_a, found.n_only_b)
        values = found.difference, found.mean_a, found.mean_b, found.low, found.high, found.p_value, found.mde
        assert (None,) * 7 == values
        assert (6, ("the two have no case in common",), "none") == (found.n_more, found.notes, found.method)
        assert (None, "none", None) == (found.effect_size, found.effect_size_name, found.n_clusters)

    def test_nothing_at_all_is_no_verdict(self):
        assert "insufficient data" == compared({}, {}).verdict

    def test_truth_values_are_scores_and_the_infinite_is_refused(self):
        assert 0.5 == compared([True, False], [0.0, 0]).difference
        for a, b in (([float("inf")], [1.0]), ([1.0], [float("-inf")])):
            with pytest.raises(ConfigurationError, match="'q0'"):
                compared(a, b)

    def test_means_of_repeats_are_continuous(self):
        found = compared({"q0": 1 / 2, "q1": 1, "q2": 2 / 3}, {"q0": 0, "q1": 0, "q2": 0})
        assert ("continuous", 3) == (found.kind, found.n_pairs)
        assert (1 / 2 + 1 + 2 / 3) / 3 == pytest.approx(found.difference)


class TestVerdict:
    def test_the_culture_media_differ(self):
        # Armitage & Berry 1994, p. 127
        found = table(both=20, only_a=12, only_b=2, neither=16)
        assert ("A better", 0.2) == (found.verdict, pytest.approx(found.difference))
        assert 0.012939453125 == pytest.approx(found.p_value, abs=1e-9)
        assert pytest.approx((0.05615642484174821, 0.32920699540014053), abs=1e-6) == (found.low, found.high)
        assert (None, (), 0.64, 0.44) == (found.n_more, found.notes, found.mean_a, found.mean_b)

    def test_fewer_than_six_pairs_are_insufficient_whatever_they_say(self):
        five, six = compared([1] * 5, [0] * 5), compared([1] * 6, [0] * 6)
        assert (0.0625, "insufficient data") == (five.p_value, five.verdict)
        assert (0.03125, "A better") == (six.p_value, six.verdict)
        one = compared([1], [0])
        assert (1.0, None, "insufficient data") == (one.p_value, one.low, one.verdict)

    def test_a_constant_difference_is_decided_by_its_exact_p(self):
        found = compared([0.7] * 8, [0.6] * 8)
        assert (0.0078125, "A better", None) == (found.p_value, found.verdict, found.low)

    def test_where_less_is_better_the_verdict_turns_round_and_the_difference_does_not(self):
        found = compared(SLEEP_A, SLEEP_B)
        turned = compared(SLEEP_A, SLEEP_B, higher_is_better=False)
        assert ("B better", "A better") == (found.verdict, turned.verdict)
        assert found.difference == turned.difference
        # The faster one of two latencies takes less.
        latencies = compared(
            [1.0 + i / 9 for i in range(8)], [2.0 + i for i in range(8)], kind=Kind.RATIO, higher_is_better=False
        )
        assert latencies.difference < 1
        assert "A better" == latencies.verdict

    def test_a_stricter_level_asks_for_a_smaller_p(self):
        found = table(both=20, only_a=12, only_b=2, neither=16, confidence_level=0.99)
        assert ("inconclusive", 0.99) == (found.verdict, found.confidence_level)
        assert found.low < 0.05615642484174821

    def test_interval_and_test_that_disagree_are_said_to(self):
        # Bentur et al. 2009: exact p = .070, though Newcombe's interval ends at -.026
        found = table(both=1, only_a=1, only_b=7, neither=12)
        assert ("inconclusive", (DISAGREE,)) == (found.verdict, found.notes)
        assert () == table(both=10, only_a=4, only_b=4, neither=10).notes
        assert DISAGREE not in compared([1] * 5, [0] * 5).notes

    def test_a_ratio_is_held_against_one(self):
        found = compared([2.0, 3, 4, 5, 6, 7], [1.0, 2, 2, 3, 3, 3], kind=Kind.RATIO)
        assert ("A better", ()) == (found.verdict, found.notes)
        assert found.low > 1
        assert () == compared([1.0, 2, 1, 2, 1, 2], [2.0, 1, 2, 1, 2, 1], kind=Kind.RATIO).notes


class TestMoreCases:
    def test_a_difference_of_three_points_is_what_binary_scores_are_planned_for(self):
        found = table(both=60, only_a=9, only_b=7, neither=24)
        assert exact_mcnemar_cases(0.03, discordant=0.16) - 100 == found.n_more
        assert ("inconclusive", 0.03) == (found.verdict, found.aim)

    def test_it_is_none_more_where_these_would_have_shown_it(self):
        found = table(both=6000, only_a=90, only_b=80, neither=2400)
        assert ("inconclusive", 0) == (found.verdict, found.n_more)

    def test_a_margin_is_planned_for_where_there_is_one(self):
        found = table(both=60, only_a=9, only_b=7, neither=24, margin=0.02)
        assert np.ceil(share_equivalence_cases(0.02, discordant=0.16)) - 100 == found.n_more

    def test_at_least_six_pairs_are_needed(self):
        assert 4 == compared([0.5, 0.5], [0.5, 0.5]).n_more
        assert compared([0.5] * 8, [0.5] * 8).n_more is None
        assert 4 == compared([0.9, 0.91], [0.1, 0.12]).n_more

    def test_what_is_settled_needs_none(self):
        assert table(both=500, only_a=5, only_b=5, neither=490, margin=0.05).n_more is None
        assert table(only_a=30).n_more is None
        assert table(only_b=30).n_more is None


class TestMargin:
    def test_two_that_differ_within_the_margin_are_equivalent(self):
        found = table(both=500, only_a=5, only_b=5, neither=490, margin=0.02)
        assert ("equivalent", 0.02) == (found.verdict, found.margin)
        assert found.p_equivalence < 0.05
        assert found.p_equivalence == max(found.p_a_not_worse, found.p_b_not_worse)

    def test_without_a_margin_nothing_is_ever_equal(self):
        found = table(both=500, only_a=5, only_b=5, neither=490)
        assert ("inconclusive", None, None) == (found.verdict, found.p_equivalence, found.p_a_not_worse)

    def test_the_cheap_one_is_not_worse(self):
        # statsmodels' ttost_paired of the sleep data at a margin of 2.5
        found = compared(SLEEP_A, SLEEP_B, margin=2.5)
        assert 0.021116860246500745 == pytest.approx(found.p_a_not_worse, abs=1e-9)
        assert 1.200241738189643e-06 == pytest.approx(found.p_b_not_worse, abs=1e-9)
        assert 0.021116860246500745 == pytest.approx(found.p_equivalence, abs=1e-9)

    def test_where_less_is_better_not_worse_is_not_more(self):
        found = compared(SLEEP_A, SLEEP_B, margin=2.5, higher_is_better=False)
        assert 0.021116860246500745 == pytest.approx(found.p_b_not_worse, abs=1e-9)
        assert 1.200241738189643e-06 == pytest.approx(found.p_a_not_worse, abs=1e-9)

    def test_a_real_difference_within_the_margin_is_called_both(self):
        found = table(both=500, only_a=20, only_b=4, neither=476, margin=0.05)
        assert ("A better", ("the difference is real, and smaller than the margin",)) == (found.verdict, found.notes)
        assert () == table(both=500, only_a=20, only_b=4, neither=476, margin=0.01).notes
        # Of many comparisons, it is not real any more, but equivalent still.
        assert ("equivalent", (DISAGREE,)) == (
            readjusted(found, p_adjusted=0.06, alpha=0.05).verdict,
            readjusted(found, p_adjusted=0.06, alpha=0.05).notes,
        )

    @pytest.mark.parametrize("margin", [0, -0.1, float("nan"), float("inf")])
    def test_a_margin_that_is_none_is_refused(self, margin):
        with pytest.raises(ConfigurationError, match="must be a positive number"):
            compared([1], [0], margin=margin)


class TestFailures:
    def test_failures_are_left_out_and_counted_as_zero_beside(self):
        # Complete cases say 1/3, with failures as zero 1/5.
        found = compared([1, None, 0, 1, 1], [0, 1, 0, float("nan"), 1])
        assert (3, 1, 1) == (found.n_pairs, found.n_only_a, found.n_only_b)
        assert 1 / 3 == pytest.approx(found.difference)
        zeros = found.failures_as_zero
        assert (5, 0, 0, 0.2) == (zeros.n_pairs, zeros.n_only_a, zeros.n_only_b, pytest.approx(zeros.difference))
        assert zeros.failures_as_zero is None

    def test_failures_may_be_named_instead(self):
        a, b = {"q0": 1, "q2": 0, "q3": 1, "q4": 1}, {"q0": 0, "q1": 1, "q2": 0, "q4": 1}
        found = compared(a, b, failed_a=["q1"], failed_b=["q3"])
        assert 0.2 == pytest.approx(found.failures_as_zero.difference)
        # Only the failure of the one side is known to be one.
        one_sided = compared(a, b, failed_a=["q1"]).failures_as_zero
        assert (4, 0.0, 0.5, 0.5) == (one_sided.n_pairs, one_sided.difference, one_sided.mean_a, one_sided.mean_b)

    def test_a_case_on_which_both_failed_is_a_tie(self):
        found = compared([1, 1], [0, 1], failed_a=["q7"], failed_b=["q7"])
        assert (3, 2) == (found.failures_as_zero.n_pairs, found.n_pairs)

    def test_a_failed_case_that_has_a_score_keeps_it(self):
        assert compared([1, 1], [0, 1], failed_a=["q0"], failed_b=["q1"]).failures_as_zero is None

    def test_a_failure_on_a_case_the_other_never_had_changes_nothing(self):
        assert compared([1, 1], [0, 1], failed_a=["q7"]).failures_as_zero is None
        assert compared([1, 1], [0, 1]).failures_as_zero is None

    def test_where_zero_is_not_the_worst_value_it_is_not_put_in(self):
        a, b = {"q0": 1.0, "q1": 2.0}, {"q0": 1.5, "q1": 1.0, "q2": 2.0}
        assert compared(a, b, failed_a=["q2"]).failures_as_zero is not None
        assert compared(a, b, failed_a=["q2"], higher_is_better=False).failures_as_zero is None
        assert compared(a, b, failed_a=["q2"], kind=Kind.RATIO).failures_as_zero is None

    def test_a_sentinel_is_a_failure(self):
        found = compared([9, 8, None, 10, 7], [8, 8, 8, 8, 8], kind=Kind.ORDINAL)
        assert (8.5, 4, 5) == (found.mean_a, found.n_pairs, found.failures_as_zero.n_pairs)


class TestClusters:
    def test_the_difference_is_the_mean_of_cluster_means(self):
        a = by_id([1.0] * 4 + [0.0] * 2)
        found = compared(a, by_id([0.0] * 6), clusters={f"q{i}": "x" if i < 4 else "y" for i in range(6)})
        assert (0.5, 0.5, 0.0, 2, "cluster_t") == (
            found.difference,
            found.mean_a,
            found.mean_b,
            found.n_clusters,
            found.method,
        )

    def test_clusters_that_hold_one_case_each_are_no_clusters(self):
        a, b = [1] * 12 + [0] * 8, [0] * 10 + [1] * 10
        found = compared(a, b, clusters={f"q{i}": str(i) for i in range(20)})
        assert found == compared(a, b)
        assert found.n_clusters is None

    def test_a_case_without_a_cluster_stands_by_itself(self):
        found = compared([1.0, 0.5, 0.2, 0.4], [0.0] * 4, clusters={"q0": "x", "q1": "x"})
        assert 3 == found.n_clusters

    def test_only_clusters_of_pairs_count(self):
        found = compared({"q0": 1, "q1": 1}, {"q0": 1, "q2": 0}, clusters={"q0": "x", "q1": "x", "q2": "x"})
        assert found.n_clusters is None

    def test_one_cluster_is_refused(self):
        found = compared([1, 0, 1, 1, 1, 1, 1], [0] * 7, clusters={f"q{i}": "only" for i in range(7)})
        assert ("insufficient data", None, None, 1) == (found.verdict, found.p_value, found.low, found.n_clusters)
        assert 6 / 7 == pytest.approx(found.difference)
        assert found.n_more is None

    def test_each_kind_is_clustered_on_its_own_scale(self):
        rng = np.random.default_rng(0)
        a, b = rng.lognormal(0.3, 0.2, 40).tolist(), rng.lognormal(0, 0.2, 40).tolist()
        ratio = compared(a, b, kind=Kind.RATIO, clusters=TEN_CLUSTERS)
        # Clusters of equal size: the mean of the means is the mean
        assert np.exp(np.mean(np.log(a) - np.log(b))) == pytest.approx(ratio.difference)
        assert (10, "cluster_t", "A better") == (ratio.n_clusters, ratio.method, ratio.verdict)
        ordinal = compared(a, b, kind=Kind.ORDINAL, clusters=TEN_CLUSTERS)
        assert np.mean(np.sign(np.array(a) - b)) == pytest.approx(ordinal.difference)
        margin = compared(a, b, kind=Kind.RATIO, clusters=TEN_CLUSTERS, margin=0.2)
        assert 1.2 == pytest.approx(margin.aim)

    def test_the_design_effect_is_told(self):
        found = compared([float(i // 4 % 2) for i in range(40)], [0.0] * 40, clusters=TEN_CLUSTERS)
        assert 4 * 39 / 40 * 10 / 9 == pytest.approx(found.design_effect)
        assert compared([1, 0], [0, 0]).design_effect is None


class TestRatios:
    def test_a_pair_without_a_ratio_is_left_out_and_counted(self):
        found = compared([2.0, 0.0, 3.0, 4.0], [1.0, 1.0, 0.0, 2.0], kind=Kind.RATIO)
        assert (2, 2.0) == (found.n_pairs, pytest.approx(found.difference))
        assert "2 pairs have no ratio, since one side is not above 0, and were left out" in found.notes
        assert (3.0, 1.5) == (found.mean_a, found.mean_b)

    def test_where_none_has_a_ratio_there_is_no_verdict(self):
        found = compared([0.0, 0.0], [1.0, 1.0], kind=Kind.RATIO)
        assert ("insufficient data", 0, None) == (found.verdict, found.n_pairs, found.difference)
        assert found.notes == ("2 pairs have no ratio, since one side is not above 0, and were left out",)


class TestReadjusted:
    def test_the_verdict_follows_the_adjusted_p(self):
        found = table(both=20, only_a=12, only_b=2, neither=16)
        weaker = readjusted(found, p_adjusted=0.06, alpha=0.05)
        assert ("inconclusive", 0.06, found.p_value) == (weaker.verdict, weaker.p_adjusted, weaker.p_value)
        assert (DISAGREE,) == weaker.notes
        same = readjusted(found, p_adjusted=0.04, alpha=0.05)
        assert ("A better", ()) == (same.verdict, same.notes)

    def test_what_a_strict_level_left_open_may_be_decided_after_all(self):
        # At the level of one of ten comparisons
        found = table(both=20, only_a=12, only_b=2, neither=16, confidence_level=0.995)
        assert "inconclusive" == found.verdict
        assert found.n_more > 0
        decided = readjusted(found, p_adjusted=0.03, alpha=0.05)
        assert ("A better", None, (DISAGREE,)) == (decided.verdict, decided.n_more, decided.notes)

    def test_a_note_that_no_longer_holds_goes(self):
        found = table(both=1, only_a=1, only_b=7, neither=12)
        assert ("B better", ()) == (
            readjusted(found, p_adjusted=0.04, alpha=0.05).verdict,
            readjusted(found, p_adjusted=0.04, alpha=0.05).notes,
        )

    def test_direction_follows_what_is_better(self):
        found = compared(SLEEP_A, SLEEP_B, higher_is_better=False)
        assert "A better" == readjusted(found, p_adjusted=0.01, alpha=0.05).verdict

    def test_a_ratio_leans_from_one(self):
        found = compared([2.0, 3, 4, 5, 6, 7], [3.0, 4, 6, 7, 9, 9], kind=Kind.RATIO)
        assert found.difference < 1
        assert "B better" == readjusted(found, p_adjusted=0.01, alpha=0.05).verdict

    def test_ratings_that_lean_to_neither_stay_open(self):
        found = compared([2] * 16 + [1] * 14, [1] * 16 + [9] * 14, kind=Kind.ORDINAL)
        assert ("inconclusive", "inconclusive") == (
            found.verdict,
            readjusted(found, p_adjusted=0.001, alpha=0.05).verdict,
        )

    def test_equivalence_may_be_adjusted_too(self):
        found = table(both=500, only_a=5, only_b=5, neither=490, margin=0.02)
        assert "equivalent" == readjusted(found, p_adjusted=1.0, alpha=0.05).verdict
        assert "inconclusive" == readjusted(found, p_adjusted=1.0, alpha=0.05, p_equivalence=0.2).verdict

    def test_what_had_no_test_stays_without(self):
        for found in (compared({"q1": 1}, {"q2": 1}), compared([1, 0], [0, 0])):
            assert "insufficient data" == readjusted(found, p_adjusted=0.0, alpha=0.05).verdict
        one_cluster = compared([1, 0, 1, 1, 1, 1, 1], [0] * 7, clusters={f"q{i}": "only" for i in range(7)})
        decided = readjusted(one_cluster, p_adjusted=0.0, alpha=0.05)
        assert ("insufficient data", one_cluster.notes) == (decided.verdict, decided.notes)


SCORES = st.sampled_from([0.0, 1.0]) | st.floats(-100, 100, allow_subnormal=False)
SIDES = st.lists(st.tuples(SCORES, SCORES), min_size=1, max_size=30)
KINDS = st.sampled_from([None, Kind.CONTINUOUS, Kind.ORDINAL, Kind.RATIO])
CLUSTERS = st.none() | st.integers(1, 6)


def numbers_of(found):
    values = [getattr(found, one.name) for one in fields(PairComparison)]
    plain = [value for value in values if isinstance(value, float)]
    return plain + list(found.also.values()) + [limit for interval in found.intervals.values() for limit in interval]


@given(SIDES, KINDS, CLUSTERS, st.booleans())
def test_no_number_is_ever_nan_or_infinite(pairs, kind, n_clusters, has_margin):
    a, b = zip(*pairs, strict=True)
    clusters = None if n_clusters is None else {f"q{i}": str(i % n_clusters) for i in range(len(pairs))}
    found = compared(a, b, kind=kind, clusters=clusters, margin=0.1 if has_margin else None)
    assert all(isfinite(value) for value in numbers_of(found))
    assert found.p_value is None or 0 <= found.p_value <= 1
    assert found.low is None or found.low <= found.high


@given(SIDES, KINDS, CLUSTERS)
def test_swapped_sides_turn_everything_round(pairs, kind, n_clusters):
    a, b = zip(*pairs, strict=True)
    clusters = None if n_clusters is None else {f"q{i}": str(i % n_clusters) for i in range(len(pairs))}
    found, turned = (compared(*sides, kind=kind, clusters=clusters, margin=0.1) for sides in ((a, b), (b, a)))
    assert pytest.approx(found.p_value) == turned.p_value
    assert (found.n_better_a, found.n_better_b, found.mean_a) == (turned.n_better_b, turned.n_better_a, turned.mean_b)
    assert pytest.approx((found.p_a_not_worse, found.p_b_not_worse)) == (turned.p_b_not_worse, turned.p_a_not_worse)
    mirrored = {"A better": "B better", "B better": "A better"}
    assert mirrored.get(found.verdict, found.verdict) == turned.verdict
    if found.low is not None and found.kind is not Kind.RATIO:
        assert pytest.approx((-found.high, -found.low), abs=1e-6) == (turned.low, turned.high)


@given(SIDES, KINDS, st.randoms())
def test_the_order_of_the_cases_changes_not_one_bit(pairs, kind, random):
    ids = [f"q{i}" for i in range(len(pairs))]
    shuffled = random.sample(ids, len(ids))
    a, b = ({case_id: side[i] for i, case_id in enumerate(ids)} for side in zip(*pairs, strict=True))
    reordered = [{case_id: side[case_id] for case_id in shuffled} for side in (a, b)]
    assert compared(a, b, kind=kind) == compared(*reordered, kind=kind)


@given(st.lists(st.tuples(st.integers(-20, 20), st.integers(-20, 20)), min_size=2, max_size=25), st.floats(1e-3, 1e3))
def test_no_unit_changes_the_evidence(pairs, unit):
    a, b = zip(*pairs, strict=True)
    found = compared(a, b, kind=Kind.CONTINUOUS, margin=3.0)
    scaled = compared([x * unit for x in a], [x * unit for x in b], kind=Kind.CONTINUOUS, margin=3.0 * unit)
    assert found.p_value == pytest.approx(scaled.p_value)
    assert (found.verdict, found.n_better_a) == (scaled.verdict, scaled.n_better_a)
    assert pytest.approx(found.effect_size) == scaled.effect_size
    assert pytest.approx(None if found.low is None else found.low * unit, abs=1e-9) == scaled.low


def test_one_seed_gives_the_same_bytes():
    a, b = np.random.default_rng(0).normal(0, 1, (2, 60)).tolist()
    assert repr(compared(a, b, seed=3)) == repr(compared(a, b, seed=3))
    assert compared(a, b, seed=3).p_value != compared(a, b, seed=4).p_value


def test_other_intervals_are_left_out_where_they_are_not_asked_for():
    assert {"tango", "bonett_price"} == compared([1, 0, 1], [0, 0, 1]).intervals.keys()
    assert {} == compared([1, 0, 1], [0, 0, 1], beside=False).intervals


@pytest.mark.parametrize("level", [0.05, 1.0])
def test_a_level_that_is_no_confidence_level_is_refused(level):
    with pytest.raises(ConfigurationError, match="confidence_level"):
        compared([1], [0], confidence_level=level)

    def test_an_interval_ends_at_no_difference_where_the_adjusted_test_shows_one(self):
        # At the level of one of ten comparisons, the interval alone reaches below 0.
        found = table(both=20, only_a=12, only_b=2, neither=16, confidence_level=0.995)
        decided = readjusted(found, p_adjusted=0.03, alpha=0.05)
        assert found.low < 0 < found.high
        assert (0.0, found.high) == (decided.low, decided.high)

    def test_an_interval_reaches_no_difference_where_the_adjusted_test_shows_none(self):
        found = table(both=20, only_a=12, only_b=2, neither=16)
        weaker = readjusted(found, p_adjusted=0.06, alpha=0.05)
        assert found.low > 0
        assert (0.0, found.high) == (weaker.low, weaker.high)


@pytest.mark.parametrize(
    ("limits", "difference", "verdict", "agreeing"),
    [
        ((-1.0, 9.0), 4.0, A_BETTER, (0.0, 9.0)),
        ((1.0, 9.0), 4.0, A_BETTER, (1.0, 9.0)),
        ((-9.0, 1.0), -4.0, B_BETTER, (-9.0, 0.0)),
        ((-9.0, 1.0), -4.0, A_BETTER, (-9.0, 0.0)),  # a latency: less is better
        ((1.0, 9.0), 4.0, INCONCLUSIVE, (0.0, 9.0)),
        ((-9.0, -1.0), -4.0, EQUIVALENT, (-9.0, 0.0)),
        ((-1.0, 9.0), 4.0, INCONCLUSIVE, (-1.0, 9.0)),
        ((1.0, 9.0), 4.0, INSUFFICIENT_DATA, (1.0, 9.0)),
        ((None, -1.0), -4.0, INCONCLUSIVE, (None, 0.0)),
        ((None, None), 4.0, A_BETTER, (None, None)),
    ],
)
def test_limits_agree_with_the_verdict(limits, difference, verdict, agreeing):
    assert agreeing == agreeing_limits(limits, difference=difference, verdict=verdict)


def test_a_ratio_s_interval_ends_at_one():
    assert (1.0, 1.4) == agreeing_limits((0.9, 1.4), difference=1.2, verdict=A_BETTER, equal=1.0)


FEW = ([0.9, 0.1, 0.8], [0.1, 0.7, 0.2])


def test_no_difference_is_larger_than_possible():
    free, bounded = compared(*FEW), compared(*FEW, largest_difference=1.0)
    assert (free.low < -1, free.high > 1, free.mde > 1) == (True, True, True)
    assert (-1.0, 1.0, None) == (bounded.low, bounded.high, bounded.mde)
    assert (free.p_value, free.difference, free.n_more) == (bounded.p_value, bounded.difference, bounded.n_more)
    assert free == compared(*FEW, largest_difference=200.0)


@pytest.mark.parametrize("kind", [Kind.BINARY, Kind.ORDINAL])
def test_shares_of_clusters_differ_by_1_at_most(kind):
    clusters = {"q0": "x", "q1": "x", "q2": "y", "q3": "z"}
    found = compared([1, 1, 0, 1], [0, 0, 1, 0], kind=kind, clusters=clusters)
    assert (-1.0, 1.0, None) == (found.low, found.high, found.mde)


def test_ratios_have_no_largest_difference():
    values = ([1.0, 9.0, 3.0], [4.0, 1.0, 8.0])
    assert compared(*values, kind=Kind.RATIO) == compared(*values, kind=Kind.RATIO, largest_difference=1.0)
