from math import erfc, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.stats.equivalence import MarginTest, mean_within, share_within
from evaluation.stats.tango import tango_interval, tango_z

# Student's sleep data, group 1 less group 2
SLEEP = np.array([-1.2, -2.4, -1.3, -1.3, 0.0, -1.0, -1.8, -0.8, -4.6, -1.4])


@pytest.mark.parametrize(
    ("margin", "p_above", "p_below"),
    [
        # statsmodels' ttost_paired of the sleep data (Schuirmann 1987)
        (1.0, 0.9149441145512887, 4.778595695546834e-05),
        (2.0, 0.1541572356690974, 3.5523441592476907e-06),
        (2.5, 0.021116860246500745, 1.200241738189643e-06),
    ],
)
def test_the_two_one_sided_tests_of_the_sleep_data(margin, p_above, p_below):
    found = mean_within(SLEEP, margin)
    assert pytest.approx((p_above, p_below), abs=1e-9) == (found.p_above, found.p_below)
    assert p_above == pytest.approx(found.p_equivalence, abs=1e-9)
    # Turned round, the other test is the worse one.
    assert p_above == pytest.approx(mean_within(-SLEEP, margin).p_equivalence, abs=1e-9)


def test_equivalence_is_shown_where_the_ninety_percent_interval_lies_within_the_margins():
    # That of the sleep data is -2.293005267029284 to -0.8669947329707163.
    assert mean_within(SLEEP, 2.2930).p_equivalence > 0.05 > mean_within(SLEEP, 2.2931).p_equivalence


def test_the_worse_of_both_p_values_is_that_of_equivalence():
    assert (
        0.3 == MarginTest(p_above=0.3, p_below=0.2).p_equivalence == MarginTest(p_above=0.1, p_below=0.3).p_equivalence
    )


def test_where_no_spread_was_seen_the_signs_of_the_distances_are_flipped():
    found = mean_within(np.full(8, 0.7) - np.full(8, 0.6), 0.2)
    assert (0.5**8, 0.5**8) == (found.p_above, found.p_below)
    found = mean_within(np.full(8, 0.7) - np.full(8, 0.6), 0.05)
    assert (0.5**8, 1.0) == (found.p_above, found.p_below)
    found = mean_within(np.full(8, 0.6) - np.full(8, 0.7), 0.05)
    assert (1.0, 0.5**8) == (found.p_above, found.p_below)
    assert (None, None) == (found.statistic_above, found.statistic_below)
    # A difference that is the margin but for floating-point noise is not within it.
    assert 1.0 == mean_within(np.full(8, 0.7) - np.full(8, 0.6), 0.1).p_below
    assert 1.0 == mean_within(np.full(8, 0.6) - np.full(8, 0.7), 0.1).p_above
    assert 0.5 == mean_within(np.array([0.0]), 0.1).p_equivalence


def test_two_pairs_with_spread_are_tested_by_t():
    # t = 1.1 / 0.5 with one degree of freedom: 1/2 - arctan(2.2) / pi
    assert 0.5 - np.arctan(2.2) / np.pi == pytest.approx(mean_within(np.array([0.0, 1.0]), 0.6).p_above)


def test_without_spread_a_margin_of_any_size_is_told_from_noise():
    tiny = np.full(8, 7e-15) - np.full(8, 6e-15)
    assert (0.5**8, 0.5**8) == (mean_within(tiny, 2e-15).p_above, mean_within(tiny, 2e-15).p_below)
    assert 0.5**8 == mean_within(np.zeros(8), 1e-13).p_equivalence
    assert 1.0 == mean_within(np.full(8, 7e14) - np.full(8, 6e14), 1e14).p_below


def test_shares_are_held_against_the_margin_by_tangos_score():
    found = share_within(only_a=9, only_b=4, n=100, margin=0.05)
    z_low, z_high = (tango_z(only_a=9, only_b=4, n=100, difference=margin) for margin in (-0.05, 0.05))
    assert erfc(z_low / sqrt(2)) / 2 == found.p_above
    assert erfc(-z_high / sqrt(2)) / 2 == found.p_below
    assert (z_low, z_high) == (found.statistic_above, found.statistic_below)
    # Not-inferiority is Tango's one-sided interval: here its 90 % one ends at the margin.
    low, high = tango_interval(only_a=9, only_b=4, n=100, confidence_level=0.9)
    assert 0.05 == pytest.approx(share_within(only_a=9, only_b=4, n=100, margin=-low).p_above)
    assert 0.05 == pytest.approx(share_within(only_a=9, only_b=4, n=100, margin=high).p_below)


def test_pairs_that_all_agree_are_equivalent_within_five_points_only_when_they_are_many():
    few, many = (share_within(only_a=0, only_b=0, n=n, margin=0.05).p_equivalence for n in (20, 200))
    assert many < 0.05 < few


def test_every_difference_of_shares_lies_within_a_margin_of_one_or_more():
    assert share_within(only_a=3, only_b=4, n=50, margin=1.0) == share_within(only_a=3, only_b=4, n=50, margin=7.0)
    assert 0.0 == share_within(only_a=3, only_b=4, n=50, margin=1.0).p_equivalence


@given(
    st.lists(st.integers(-9, 9), min_size=1, max_size=30),
    st.floats(0.01, 20),
    st.floats(1e-3, 1e3),
)
def test_swapped_sides_swap_the_tests_and_no_unit_changes_them(differences, margin, unit):
    vector = np.array(differences, dtype=float)
    found, turned = mean_within(vector, margin), mean_within(-vector, margin)
    assert pytest.approx((turned.p_below, turned.p_above)) == (found.p_above, found.p_below)
    scaled = mean_within(vector * unit, margin * unit)
    assert pytest.approx((scaled.p_above, scaled.p_below), abs=1e-12) == (found.p_above, found.p_below)
    assert 0 <= found.p_equivalence <= 1
