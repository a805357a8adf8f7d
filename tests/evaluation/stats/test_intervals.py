import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import ConfigurationError
from evaluation.stats.intervals import newcombe_interval, newcombe_phi, t_interval, wilson_interval

CELLS = st.integers(0, 60)


@pytest.mark.parametrize(
    ("n_right", "n", "low", "high"),
    [
        (81, 263, 0.2552885198782742, 0.36620957698280004),
        (15, 148, 0.06238639953073628, 0.16048724172330803),
        (0, 20, 0.0, 0.1611251580528194),
        (1, 29, 0.006113214292762667, 0.17175521879320294),
    ],
)
def test_wilson_gives_the_published_limits(n_right, n, low, high):
    """Newcombe 1998, Statistics in Medicine 17:857, table I."""
    assert (low, high) == pytest.approx(wilson_interval(n_right, n), abs=1e-9)


@given(st.integers(1, 500), st.data())
def test_wilson_equals_scipy(n, data):
    from scipy.stats import binomtest

    n_right = data.draw(st.integers(0, n))
    reference = binomtest(n_right, n).proportion_ci(0.9, method="wilson")
    assert (reference.low, reference.high) == pytest.approx(
        wilson_interval(n_right, n, confidence_level=0.9), abs=1e-12
    )


@given(st.integers(1, 500), st.data())
def test_wilson_lies_within_bounds_and_mirrors(n, data):
    n_right = data.draw(st.integers(0, n))
    low, high = wilson_interval(n_right, n)
    assert 0 <= low <= n_right / n <= high <= 1
    assert low < high
    assert (1 - high, 1 - low) == pytest.approx(wilson_interval(n - n_right, n), abs=1e-12)


def test_wilson_covers_the_truth_as_often_as_it_promises():
    rng = np.random.default_rng(1)
    hits = [
        (low, high)
        for low, high in (wilson_interval(int(k), 40) for k in rng.binomial(40, 0.85, size=4000))
        if low <= 0.85 <= high
    ]
    assert 0.935 < len(hits) / 4000 < 0.975


@pytest.mark.parametrize(
    ("both", "only_a", "only_b", "neither", "low", "high"),
    [
        # Agresti, Categorical Data Analysis, section 10.1: approval ratings
        (794, 150, 86, 570, 0.021230423982877014, 0.058703872895728836),
        # Armitage & Berry 1994, p. 127: two culture media
        (20, 12, 2, 16, 0.05615642484174821, 0.32920699540014053),
        # Bentur et al. 2009, in Fagerland et al. 2013, BMC Medical Research Methodology 13:91
        (1, 1, 7, 12, -0.506920226686141, -0.025559124164859837),
        # six pairs, none of which differ
        (4, 0, 0, 2, -0.2863297027642045, 0.2863297027642045),
    ],
)
def test_newcombe_gives_the_reference_limits(both, only_a, only_b, neither, low, high):
    interval = newcombe_interval(both=both, only_a=only_a, only_b=only_b, neither=neither)
    assert (low, high) == pytest.approx(interval, abs=1e-6)


def test_newcombes_phi_is_the_correlation_drawn_towards_nothing_where_it_is_positive():
    # Outcomes that lean against one another keep theirs: (1 - 81) / √(10 · 10 · 10 · 10).
    assert -0.8 == newcombe_phi(both=1, only_a=9, only_b=9, neither=1)
    a, b = [1] * 20 + [1] * 12 + [0] * 2 + [0] * 16, [1] * 20 + [0] * 12 + [1] * 2 + [0] * 16
    plain = float(np.corrcoef(a, b)[0, 1])
    # (ad - bc - n/2) for (ad - bc)
    found = newcombe_phi(both=20, only_a=12, only_b=2, neither=16)
    assert plain * (20 * 16 - 12 * 2 - 25) / (20 * 16 - 12 * 2) == pytest.approx(found)
    assert 0.0 == newcombe_phi(both=3, only_a=2, only_b=2, neither=3)
    assert 0.0 == newcombe_phi(both=3, only_a=5, only_b=0, neither=0)


def test_newcombes_own_example_is_reproduced():
    """Newcombe 1998, Statistics in Medicine 17:2635, table II: 36, 12, 2, 0 gives 0.0569 to 0.3404."""
    assert (0.0569, 0.3404) == pytest.approx(newcombe_interval(both=36, only_a=12, only_b=2, neither=0), abs=5e-5)


@given(CELLS, CELLS, CELLS, CELLS)
def test_newcombe_lies_within_bounds_and_turns_round_with_its_sides(both, only_a, only_b, neither):
    n = both + only_a + only_b + neither
    if n == 0:
        return
    low, high = newcombe_interval(both=both, only_a=only_a, only_b=only_b, neither=neither)
    assert -1 <= low <= (only_a - only_b) / n + 1e-12
    assert (only_a - only_b) / n - 1e-12 <= high <= 1
    assert low < high
    swapped = newcombe_interval(both=both, only_a=only_b, only_b=only_a, neither=neither)
    assert (-high, -low) == pytest.approx(swapped, abs=1e-12)


def test_newcombe_covers_the_truth_as_often_as_it_promises_at_ten_and_fifty_pairs():
    rng = np.random.default_rng(2)
    shares = np.array([0.35, 0.25, 0.15, 0.25])
    for n in (10, 50):
        tables = rng.multinomial(n, shares, size=3000).tolist()
        intervals = [newcombe_interval(both=w, only_a=x, only_b=y, neither=z) for w, x, y, z in tables]
        covered = np.mean([low <= 0.10 <= high for low, high in intervals])
        assert 0.935 < covered < 0.985


def test_a_t_interval_has_the_tabled_quantile():
    """Student's t with 9 degrees of freedom: 2.262157 at 97.5%."""
    assert (-2.262157, 2.262157) == pytest.approx(t_interval(0.0, 1.0, 9, confidence_level=0.95), abs=1e-6)
    assert (5 - 1.1310785, 5 + 1.1310785) == pytest.approx(t_interval(5.0, 0.5, 9, confidence_level=0.95), abs=1e-6)


@pytest.mark.parametrize("level", [0.05, 1.0, 0.0, 95, float("nan")])
def test_a_level_that_is_no_confidence_level_is_refused(level):
    with pytest.raises(ConfigurationError, match="confidence_level"):
        wilson_interval(1, 2, confidence_level=level)
