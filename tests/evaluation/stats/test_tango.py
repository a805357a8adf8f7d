from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.stats.tango import (
    bonett_price_interval,
    paired_standard_error,
    paired_wald_interval,
    tango_interval,
    tango_z,
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
