import numpy as np
import pytest

from evaluation.stats.equivalence import share_within
from evaluation.stats.equivalence_cases import share_equivalence_cases
from evaluation.stats.mcnemar_power import exact_mcnemar_cases, mcnemar_detectable
from evaluation.stats.ordinal_pairs import SPLIT, ordinal_evidence
from evaluation.stats.pair_evidence import TestSettings
from evaluation.stats.signed_ranks import wilcoxon_p_value
from evaluation.stats.tango import bonett_price_interval, tango_interval

# Hollander & Wolfe's depression data, as in R's help of wilcox.test
BEFORE = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3]
AFTER = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
A = [5, 4, 4, 3, 5, 2, 4, 4, 1, 5]
B = [3, 4, 3, 3, 4, 3, 2, 4, 1, 4]


def evidence(a, b, *, level=0.95, **options):
    terms = {"margin": None, "rng": np.random.default_rng(0), **options}
    return ordinal_evidence(
        np.asarray(a, dtype=float), np.asarray(b, dtype=float), TestSettings(confidence_level=level, **terms)
    )


def test_the_depression_data_have_the_p_of_r():
    found = evidence(BEFORE, AFTER)
    assert (0.0390625, "tango+wilcoxon_pratt_exact") == (found.p_value, found.method)
    assert (pytest.approx(7 / 9), "rank_biserial") == (found.effect_size, found.effect_size_name)
    # Seven of nine rise: the sign test sees less.
    assert 0.1796875 == pytest.approx(found.also["sign_test"])
    assert 5 / 9 == pytest.approx(found.difference)


def test_the_difference_is_the_chance_of_the_higher_rating_less_that_of_the_lower():
    found = evidence(A, B)
    assert (5 - 1) / 10 == found.difference
    assert tango_interval(only_a=5, only_b=1, n=10) == found.interval
    assert {"bonett_price": bonett_price_interval(only_a=5, only_b=1, n=10)} == found.intervals
    assert wilcoxon_p_value(np.array(A, dtype=float) - np.array(B, dtype=float)) == (
        found.p_value,
        found.method.split("+")[1],
    )
    narrow = evidence(A, B, level=0.8)
    assert tango_interval(only_a=5, only_b=1, n=10, confidence_level=0.8) == narrow.interval
    assert bonett_price_interval(only_a=5, only_b=1, n=10, confidence_level=0.8) == narrow.intervals["bonett_price"]


def test_the_mean_is_tested_beside_it():
    from scipy.stats import ttest_rel

    assert ttest_rel(A, B).pvalue == pytest.approx(evidence(A, B).also["paired_t"])
    assert {"paired_t": pytest.approx(ttest_rel(A, B).statistic)} == evidence(A, B).statistics
    assert {"sign_test"} == evidence([2, 3], [1, 2]).also.keys()
    assert {} == evidence([2, 3], [1, 2]).statistics


def test_what_so_many_pairs_show():
    found = evidence(A, B)
    assert mcnemar_detectable(10, discordant=0.6) == found.mde
    assert (exact_mcnemar_cases(0.4, discordant=0.6), 0.4) == (found.n_needed, found.aim)
    strict = evidence(A, B, level=0.99)
    assert mcnemar_detectable(10, discordant=0.6, alpha=0.01) == strict.mde
    assert exact_mcnemar_cases(0.4, discordant=0.6, alpha=0.01) == strict.n_needed
    assert found.within is None


def test_a_margin_is_one_of_chances():
    found = evidence(A, B, margin=0.3)
    assert share_within(only_a=5, only_b=1, n=10, margin=0.3) == found.within
    assert (share_equivalence_cases(0.3, discordant=0.6), 0.3) == (found.n_needed, found.aim)
    assert share_equivalence_cases(0.3, discordant=0.6, alpha=0.01) == evidence(A, B, margin=0.3, level=0.99).n_needed
    assert share_equivalence_cases(0.7, discordant=0.6) == evidence(A, B, margin=0.7).n_needed


def test_equal_ratings_have_p_one_and_an_interval_of_positive_width():
    found = evidence([3] * 8, [3] * 8)
    assert (0.0, 1.0, None, None) == (found.difference, found.p_value, found.effect_size, found.aim)
    assert found.interval.low < 0 < found.interval.high
    assert (None, ()) == (found.n_needed, found.notes)


def test_ratings_that_lean_to_one_side_by_number_and_to_the_other_by_size_lean_to_neither():
    # Sixteen small steps up, fourteen large ones down: Wilcoxon's test sees the large ones.
    found = evidence([2] * 16 + [1] * 14, [1] * 16 + [9] * 14)
    assert found.p_value < 0.05
    assert found.difference > 0 > found.effect_size
    assert (SPLIT,) == found.notes
    # As many up as down, large ones down: the same
    even = evidence([2] * 15 + [1] * 15, [1] * 15 + [9] * 15)
    assert (SPLIT,) == even.notes


def test_few_ratings_of_one_side_lean_to_it():
    found = evidence([2, 1, 1], [1, 1, 1])
    assert ((), 1.0) == (found.notes, found.effect_size)
    assert SPLIT.startswith("one is rated higher more often")


def test_ratings_that_all_lean_one_way_carry_no_note():
    assert () == evidence([2] * 30 + [1], [1] * 31).notes


def test_without_significance_nothing_is_said_of_such_ratings():
    found = evidence([2, 2, 2, 1, 1], [1, 1, 1, 5, 5])
    assert () == found.notes


def test_a_single_pair_has_no_interval_and_two_have_one():
    assert (None, {}) == (evidence([2], [1]).interval, evidence([2], [1]).intervals)
    assert evidence([2, 2], [1, 1]).interval is not None
    assert {"bonett_price"} == evidence([2, 2], [1, 1]).intervals.keys()
