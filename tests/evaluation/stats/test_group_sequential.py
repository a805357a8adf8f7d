import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.errors import ConfigurationError
from evaluation.stats.group_sequential import Design, crossing_probability, group_sequential_bounds

OBRIEN_FLEMING, POCOCK = Design.OBRIEN_FLEMING, Design.POCOCK


def test_obrien_and_flemings_five_looks_are_the_published_ones():
    # Jennison and Turnbull 2000, table 2.3: C_B(5, .05) = 2.040, divided by the root of the share
    expected = (4.561578674099572, 3.2255232133717473, 2.6336286754210434, 2.280789337049786, 2.04)
    assert expected == pytest.approx(group_sequential_bounds(5), abs=0.002)


@pytest.mark.parametrize(
    ("n_looks", "alpha", "obrien_fleming", "pocock"),
    [
        # Jennison and Turnbull 2000, tables 2.1 and 2.3
        (1, 0.05, 1.960, 1.960),
        (2, 0.05, 1.977, 2.178),
        (5, 0.05, 2.040, 2.413),
        (10, 0.05, 2.087, 2.555),
        (20, 0.05, 2.126, 2.672),
        (5, 0.01, 2.621, 2.986),
        (5, 0.10, 1.751, 2.122),
    ],
)
def test_the_last_bound_is_the_published_one(n_looks, alpha, obrien_fleming, pocock):
    assert obrien_fleming == pytest.approx(group_sequential_bounds(n_looks, alpha=alpha)[-1], abs=0.0006)
    found = group_sequential_bounds(n_looks, design=POCOCK, alpha=alpha)
    assert [pytest.approx(pocock, abs=0.0006)] * n_looks == list(found)


def test_designs_go_by_name():
    assert ["obrien_fleming", "pocock"] == [str(design) for design in Design]


def test_a_plain_test_looked_at_twenty_times_goes_wrong_in_a_quarter_of_cases():
    # Armitage, McPherson and Rowe 1969, table 2: .248 after 20 looks, .142 after 5
    assert 0.248 == pytest.approx(crossing_probability([1.96] * 20), abs=0.0005)
    assert 0.142 == pytest.approx(crossing_probability([1.96] * 5), abs=0.0005)


def test_unequal_looks_keep_the_promise_in_simulation():
    shares = (0.1, 0.5, 0.6, 1.0)
    rng = np.random.default_rng(5)
    steps = rng.normal(size=(200_000, 4)) * np.sqrt(np.diff(shares, prepend=0))
    z = steps.cumsum(axis=1) / np.sqrt(shares)
    for design in Design:
        bounds = group_sequential_bounds(4, design=design, fractions=shares)
        assert 0.05 == pytest.approx((np.abs(z) >= bounds).any(axis=1).mean(), abs=0.0015)
        assert 0.05 == pytest.approx(crossing_probability(bounds, fractions=shares), abs=1e-9)


def test_the_bounds_of_two_unequal_looks_follow_from_the_share_seen():
    first, last = group_sequential_bounds(2, fractions=(0.25, 1))
    assert first == pytest.approx(2 * last)


def test_looks_as_close_as_can_be_are_hardly_more_than_one():
    assert 1.96 < group_sequential_bounds(3, design=POCOCK, fractions=(0.998, 0.999, 1))[-1] < 1.99
    doubled = group_sequential_bounds(3, design=POCOCK, fractions=(0.5, 0.501, 1))
    assert group_sequential_bounds(2, design=POCOCK)[-1] == pytest.approx(doubled[-1], abs=0.02)


def test_a_first_look_at_next_to_nothing_costs_nothing():
    assert 1.96 == pytest.approx(group_sequential_bounds(2, fractions=(1e-6, 1))[-1], abs=0.0005)


@given(st.integers(1, 6), st.floats(0.001, 0.4), st.sampled_from(Design))
@settings(max_examples=20)
def test_all_looks_together_cross_as_often_as_promised(n_looks, alpha, design):
    bounds = group_sequential_bounds(n_looks, design=design, alpha=alpha)
    assert alpha == pytest.approx(crossing_probability(bounds), abs=1e-9)


@pytest.mark.parametrize(
    ("n_looks", "options", "what"),
    [
        (0, {}, "n_looks=0"),
        (2, {"alpha": 0.0}, "alpha=0.0"),
        (2, {"alpha": 1.0}, "alpha=1.0"),
        (2, {"fractions": (0.5, 0.9)}, "fractions="),
        (2, {"fractions": (0.5, 0.5, 1)}, "fractions="),
        (3, {"fractions": (0.5, 0.5, 1)}, "fractions="),
        (2, {"fractions": (0, 1)}, "fractions="),
        (2, {"fractions": (0.9995, 1)}, "fractions="),
        (2, {"fractions": (0.5, 0.4)}, "fractions="),
    ],
)
def test_looks_that_make_no_design_are_refused(n_looks, options, what):
    with pytest.raises(ConfigurationError, match=what):
        group_sequential_bounds(n_looks, **options)
