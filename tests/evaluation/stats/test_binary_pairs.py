from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import ConfigurationError
from evaluation.stats.binary_pairs import (
    SPLIT,
    binary_evidence,
    bonett_price_interval,
    ordinal_evidence,
    paired_standard_error,
    paired_wald_interval,
    share_intervals,
    share_within,
    tango_interval,
    tango_z,
)
from evaluation.stats.intervals import newcombe_interval, newcombe_phi
from evaluation.stats.paired_tests import PairTestSettings, wilcoxon_p_value
from evaluation.stats.power import exact_mcnemar_cases, mcnemar_detectable, share_equivalence_cases


def evidence(*, both=0, only_a=0, only_b=0, neither=0, level=0.95, **options):
    a = np.array([1.0] * (both + only_a) + [0.0] * (only_b + neither))
    b = np.array([1.0] * both + [0.0] * only_a + [1.0] * only_b + [0.0] * neither)
    terms = {"margin": None, "rng": np.random.default_rng(0), **options}
    return binary_evidence(a, b, PairTestSettings(confidence_level=level, **terms))


@pytest.mark.parametrize(
    ("table", "difference", "interval"),
    [
        # Agresti, Categorical Data Analysis 10.1, approval ratings: .04, .02 to .06
        ((794, 150, 86, 570), 0.04, (0.021230423982877014, 0.058703872895728836)),
        # Armitage & Berry 1994, p. 127
        ((20, 12, 2, 16), 0.2, (0.05615642484174821, 0.32920699540014053)),
        # Bentur et al. 2009, in Fagerland et al. 2013
        ((1, 1, 7, 12), -6 / 21, (-0.506920226686141, -0.025559124164859837)),
    ],
)
def test_published_tables_have_newcombes_interval(table, difference, interval):
    found = evidence(**dict(zip(("both", "only_a", "only_b", "neither"), table, strict=True)))
    assert difference == pytest.approx(found.difference)
    assert pytest.approx(interval, abs=1e-6) == found.interval


def test_accuracies_and_tests_of_wikipedias_larger_table():
    found = evidence(both=101, only_a=121, only_b=59, neither=33)
    assert 0.7070063694267515 - 0.5095541401273885 == pytest.approx(found.difference)
    assert 4.4344492637551645e-06 == pytest.approx(found.p_value, abs=1e-12)
    also = {
        "mid_p": 3.2666467957745733e-06,
        "mcnemar_chi2": 3.815135865112594e-06,
        "mcnemar_chi2_corrected": 5.450094825427117e-06,
    }
    assert pytest.approx(also, abs=1e-12) == found.also
    assert ("newcombe+mcnemar_exact", "cohen_g") == (found.method, found.effect_size_name)
    assert 121 / 180 - 0.5 == found.effect_size
    statistics = {
        "mcnemar_chi2": 21.355555555555554,
        "mcnemar_chi2_corrected": 20.67222222222222,
        "newcombe_phi": newcombe_phi(both=101, only_a=121, only_b=59, neither=33),
        "odds_ratio": 121 / 59,
    }
    assert pytest.approx(statistics) == found.statistics


def test_other_intervals_stand_beside_at_the_same_level():
    counts = {"only_a": 12, "only_b": 2, "n": 50, "confidence_level": 0.9}
    expected = {"tango": tango_interval(**counts), "bonett_price": bonett_price_interval(**counts)}
    found = evidence(both=20, only_a=12, only_b=2, neither=16, level=0.9)
    assert expected == found.intervals == share_intervals(12, 2, 50, 0.9)
    reference = newcombe_interval(both=20, only_a=12, only_b=2, neither=16, confidence_level=0.9)
    assert reference == found.interval
    assert {} == evidence(both=20, only_a=12, only_b=2, neither=16, beside=False).intervals


def test_what_so_many_pairs_show_is_counted_by_the_test_that_decides():
    found = evidence(both=60, only_a=9, only_b=7, neither=24)
    assert mcnemar_detectable(100, discordant=0.16) == found.mde
    assert (exact_mcnemar_cases(0.03, discordant=0.16), 0.03) == (found.n_needed, found.aim)
    strict = evidence(both=60, only_a=9, only_b=7, neither=24, level=0.99)
    assert mcnemar_detectable(100, discordant=0.16, alpha=0.01) == strict.mde
    assert exact_mcnemar_cases(0.03, discordant=0.16, alpha=0.01) == strict.n_needed
    assert found.within is None


def test_with_a_margin_it_is_equivalence_that_has_to_be_settled():
    found = evidence(both=60, only_a=9, only_b=7, neither=24, margin=0.02)
    assert (share_equivalence_cases(0.02, discordant=0.16), 0.02) == (found.n_needed, found.aim)
    assert share_within(only_a=9, only_b=7, n=100, margin=0.02) == found.within
    strict = evidence(both=60, only_a=9, only_b=7, neither=24, margin=0.02, level=0.99)
    assert share_equivalence_cases(0.02, discordant=0.16, alpha=0.01) == strict.n_needed
    # Where nothing differed, as much may differ as the margin leaves.
    assert share_equivalence_cases(0.02, discordant=0.02) == evidence(both=60, neither=40, margin=0.02).n_needed


def test_pairs_that_all_agree_have_p_one_and_an_interval_of_positive_width():
    found = evidence(both=4, neither=2)
    assert (0.0, 1.0, None) == (found.difference, found.p_value, found.effect_size)
    assert {"mcnemar_chi2", "mcnemar_chi2_corrected", "newcombe_phi"} == found.statistics.keys()
    assert pytest.approx((-0.2863297027642045, 0.2863297027642045), abs=1e-9) == found.interval
    assert pytest.approx((-0.3903342879021653, 0.3903342879021653), abs=1e-9) == found.intervals["tango"]


def test_a_single_pair_has_no_interval_and_two_have_one():
    assert (None, {}) == (evidence(only_a=1).interval, evidence(only_a=1).intervals)
    assert evidence(only_a=2).interval is not None
    assert {"tango", "bonett_price"} == evidence(only_a=2).intervals.keys()


@pytest.mark.parametrize("side", [0, 1])
def test_scores_between_right_and_wrong_are_refused(side):
    sides = [np.array([0.0, 1.0]), np.array([0.0, 1.0])]
    sides[side][1] = 0.5
    with pytest.raises(ConfigurationError, match=r"such as 0\.5 are not right or wrong"):
        binary_evidence(*sides, PairTestSettings(confidence_level=0.95, margin=None, rng=np.random.default_rng(0)))


def test_walds_interval_joins_the_others_from_three_hundred_pairs_on():
    assert "wald" not in share_intervals(12, 2, 299, 0.95)
    assert (
        paired_wald_interval(only_a=12, only_b=2, n=300, confidence_level=0.9)
        == share_intervals(12, 2, 300, 0.9)["wald"]
    )


# A alone, B alone, n, then the intervals. Tables: Agresti, Categorical Data Analysis 10.1; Armitage & Berry 1994,
# p. 127; Bentur et al. 2009 in Fagerland et al. 2013. Intervals: Tango 1998 and Bonett & Price 2012.
TABLES = [
    (150, 86, 1600, (0.021361564754787232, 0.058998033305699416), (0.021177279791975104, 0.05872284505196995)),
    (12, 2, 50, (0.06111240618634399, 0.3447087482821487), (0.050891670431200686, 0.3337237141841839)),
    (1, 7, 21, (-0.5172322764213775, -0.026003032480868604), (-0.5083593066664394, -0.013379823768343235)),
]
COUNTS = st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30)).filter(lambda counts: sum(counts) > 0)


@pytest.mark.parametrize(("only_a", "only_b", "n", "tango", "bonett_price"), TABLES)
def test_the_intervals_of_published_tables(only_a, only_b, n, tango, bonett_price):
    counts = {"only_a": only_a, "only_b": only_b, "n": n}
    assert pytest.approx(tango, abs=1e-6) == tango_interval(**counts)
    assert pytest.approx(bonett_price, abs=1e-6) == bonett_price_interval(**counts)


def test_pairs_that_all_agree_have_an_interval_of_positive_width():
    assert pytest.approx((-0.3903342879021653, 0.3903342879021653), abs=1e-9) == tango_interval(only_a=0, only_b=0, n=6)


def test_the_interval_at_another_level_ends_where_the_score_is_that_quantile():
    low, high = tango_interval(only_a=9, only_b=4, n=40, confidence_level=0.9)
    at_low, at_high = (tango_z(only_a=9, only_b=4, n=40, difference=limit) for limit in (low, high))
    assert pytest.approx((1.6448536269514722, -1.6448536269514722), abs=1e-9) == (at_low, at_high)


def test_bonett_prices_interval_at_another_level_is_narrower():
    wide, narrow = (bonett_price_interval(only_a=9, only_b=4, n=40, confidence_level=level) for level in (0.95, 0.8))
    assert wide.low < narrow.low < narrow.high < wide.high


@given(COUNTS)
def test_intervals_lie_within_bounds_hold_the_difference_and_turn_with_the_sides(counts):
    only_a, only_b, _ = counts
    n = sum(counts)
    low, high = tango_interval(only_a=only_a, only_b=only_b, n=n)
    assert -1 <= low <= (only_a - only_b) / n <= high <= 1
    assert low < high
    assert pytest.approx((-high, -low), abs=1e-9) == tango_interval(only_a=only_b, only_b=only_a, n=n)
    simple = bonett_price_interval(only_a=only_a, only_b=only_b, n=n)
    assert -1 <= simple.low < simple.high <= 1
    turned = bonett_price_interval(only_a=only_b, only_b=only_a, n=n)
    assert pytest.approx((-simple.high, -simple.low), abs=1e-12) == turned


@given(COUNTS, st.floats(-1, 1))
def test_the_score_falls_with_the_difference_it_is_held_against(counts, difference):
    only_a, only_b, _ = counts
    here, above = (
        tango_z(only_a=only_a, only_b=only_b, n=sum(counts), difference=min(1.0, limit))
        for limit in (difference, difference + 0.01)
    )
    assert here >= above - 1e-9


def test_against_no_difference_the_score_is_the_root_of_mcnemars_chi_square():
    assert 4.166045151386364 == pytest.approx(tango_z(only_a=150, only_b=86, n=1600, difference=0.0), abs=1e-9)
    assert 0.0 == tango_z(only_a=0, only_b=0, n=6, difference=0.0)


def test_a_difference_that_the_pairs_rule_out_is_infinitely_far():
    assert (inf, -inf) == tuple(tango_z(only_a=2, only_b=3, n=9, difference=limit) for limit in (-1.0, 1.0))
    assert 0.0 == tango_z(only_a=9, only_b=0, n=9, difference=1.0)


def test_intervals_of_pairs_that_all_differ_one_way_end_at_the_bound():
    assert 1.0 == tango_interval(only_a=9, only_b=0, n=9).high
    assert 1.0 == bonett_price_interval(only_a=200, only_b=0, n=200, confidence_level=0.9999).high
    assert -1.0 == bonett_price_interval(only_a=0, only_b=200, n=200, confidence_level=0.9999).low


@pytest.mark.parametrize(
    ("only_a", "only_b", "n", "interval"),
    [
        (150, 86, 1600, (0.021283883249668335, 0.05871611675033167)),
        (12, 2, 50, (0.06420971191085939, 0.33579028808914063)),
        (1, 7, 21, (-0.5197090362572807, -0.05171953517129063)),
    ],
)
def test_walds_interval_of_the_published_tables(only_a, only_b, n, interval):
    assert pytest.approx(interval, abs=1e-6) == paired_wald_interval(only_a=only_a, only_b=only_b, n=n)


def test_agrestis_standard_error():
    # .0095; from the differences themselves, with n - 1, .00955220015650288
    error = paired_standard_error(only_a=150, only_b=86, n=1600)
    assert 0.00954921462739214 == pytest.approx(error, abs=1e-9)
    assert 0.00955220015650288 == pytest.approx(error * (1600 / 1599) ** 0.5, abs=1e-9)


def test_walds_interval_ends_at_the_bounds_and_follows_its_level():
    assert 1.0 == paired_wald_interval(only_a=9, only_b=1, n=10, confidence_level=0.9999).high
    assert -1.0 == paired_wald_interval(only_a=1, only_b=9, n=10, confidence_level=0.9999).low
    wide, narrow = (paired_wald_interval(only_a=12, only_b=2, n=50, confidence_level=level) for level in (0.95, 0.8))
    assert wide.low < narrow.low < narrow.high < wide.high


# Hollander & Wolfe's depression data, as in R's help of wilcox.test
BEFORE = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3]
AFTER = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
A = [5, 4, 4, 3, 5, 2, 4, 4, 1, 5]
B = [3, 4, 3, 3, 4, 3, 2, 4, 1, 4]


def evidence_of_ratings(a, b, *, level=0.95, **options):
    terms = {"margin": None, "rng": np.random.default_rng(0), **options}
    return ordinal_evidence(
        np.asarray(a, dtype=float), np.asarray(b, dtype=float), PairTestSettings(confidence_level=level, **terms)
    )


def test_the_depression_data_have_the_p_of_r():
    found = evidence_of_ratings(BEFORE, AFTER)
    assert (0.0390625, "tango+wilcoxon_pratt_exact") == (found.p_value, found.method)
    assert (pytest.approx(7 / 9), "rank_biserial") == (found.effect_size, found.effect_size_name)
    # Seven of nine rise: the sign test sees less.
    assert 0.1796875 == pytest.approx(found.also["sign_test"])
    assert 5 / 9 == pytest.approx(found.difference)


def test_the_difference_is_the_chance_of_the_higher_rating_less_that_of_the_lower():
    found = evidence_of_ratings(A, B)
    assert (5 - 1) / 10 == found.difference
    assert tango_interval(only_a=5, only_b=1, n=10) == found.interval
    assert {"bonett_price": bonett_price_interval(only_a=5, only_b=1, n=10)} == found.intervals
    assert wilcoxon_p_value(np.array(A, dtype=float) - np.array(B, dtype=float)) == (
        found.p_value,
        found.method.split("+")[1],
    )
    narrow = evidence_of_ratings(A, B, level=0.8)
    assert tango_interval(only_a=5, only_b=1, n=10, confidence_level=0.8) == narrow.interval
    assert bonett_price_interval(only_a=5, only_b=1, n=10, confidence_level=0.8) == narrow.intervals["bonett_price"]


def test_the_mean_is_tested_beside_it():
    from scipy.stats import ttest_rel

    assert ttest_rel(A, B).pvalue == pytest.approx(evidence_of_ratings(A, B).also["paired_t"])
    assert {"paired_t": pytest.approx(ttest_rel(A, B).statistic)} == evidence_of_ratings(A, B).statistics
    assert {"sign_test"} == evidence_of_ratings([2, 3], [1, 2]).also.keys()
    assert {} == evidence_of_ratings([2, 3], [1, 2]).statistics


def test_what_so_many_pairs_show():
    found = evidence_of_ratings(A, B)
    assert mcnemar_detectable(10, discordant=0.6) == found.mde
    assert (exact_mcnemar_cases(0.4, discordant=0.6), 0.4) == (found.n_needed, found.aim)
    strict = evidence_of_ratings(A, B, level=0.99)
    assert mcnemar_detectable(10, discordant=0.6, alpha=0.01) == strict.mde
    assert exact_mcnemar_cases(0.4, discordant=0.6, alpha=0.01) == strict.n_needed
    assert found.within is None


def test_a_margin_is_one_of_chances():
    found = evidence_of_ratings(A, B, margin=0.3)
    assert share_within(only_a=5, only_b=1, n=10, margin=0.3) == found.within
    assert (share_equivalence_cases(0.3, discordant=0.6), 0.3) == (found.n_needed, found.aim)
    assert (
        share_equivalence_cases(0.3, discordant=0.6, alpha=0.01)
        == evidence_of_ratings(A, B, margin=0.3, level=0.99).n_needed
    )
    assert share_equivalence_cases(0.7, discordant=0.6) == evidence_of_ratings(A, B, margin=0.7).n_needed


def test_equal_ratings_have_p_one_and_an_interval_of_positive_width():
    found = evidence_of_ratings([3] * 8, [3] * 8)
    assert (0.0, 1.0, None, None) == (found.difference, found.p_value, found.effect_size, found.aim)
    assert found.interval.low < 0 < found.interval.high
    assert (None, ()) == (found.n_needed, found.notes)


def test_ratings_that_lean_to_one_side_by_number_and_to_the_other_by_size_lean_to_neither():
    # Sixteen small steps up, fourteen large ones down: Wilcoxon's test sees the large ones.
    found = evidence_of_ratings([2] * 16 + [1] * 14, [1] * 16 + [9] * 14)
    assert found.p_value < 0.05
    assert found.difference > 0 > found.effect_size
    assert (SPLIT,) == found.notes
    # As many up as down, large ones down: the same
    even = evidence_of_ratings([2] * 15 + [1] * 15, [1] * 15 + [9] * 15)
    assert (SPLIT,) == even.notes


def test_few_ratings_of_one_side_lean_to_it():
    found = evidence_of_ratings([2, 1, 1], [1, 1, 1])
    assert ((), 1.0) == (found.notes, found.effect_size)
    assert SPLIT.startswith("one is rated higher more often")


def test_ratings_that_all_lean_one_way_carry_no_note():
    assert () == evidence_of_ratings([2] * 30 + [1], [1] * 31).notes


def test_without_significance_nothing_is_said_of_such_ratings():
    found = evidence_of_ratings([2, 2, 2, 1, 1], [1, 1, 1, 5, 5])
    assert () == found.notes


def test_a_single_pair_of_ratings_has_no_interval_and_two_have_one():
    assert (None, {}) == (evidence_of_ratings([2], [1]).interval, evidence_of_ratings([2], [1]).intervals)
    assert evidence_of_ratings([2, 2], [1, 1]).interval is not None
    assert {"bonett_price"} == evidence_of_ratings([2, 2], [1, 1]).intervals.keys()
