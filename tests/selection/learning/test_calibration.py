import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from selection.choosing.calibrated_quality import N_KNOTS, as_expected, calibrated
from selection.learning.calibration import calibration_error, calibration_knots


def drawn(n: int, bend: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Expectations, what came, and the chance of it: expectations are too far out by `bend`."""
    rng = np.random.default_rng(seed)
    chance = rng.uniform(0.2, 0.8, n)
    expected = 0.5 + bend * (chance - 0.5)
    return expected, (rng.random(n) < chance).astype(float), chance


def test_expectations_that_are_too_far_out_are_told_as_they_come() -> None:
    expected, came, _ = drawn(6_000, 1.6, 0)
    fresh, _, chance = drawn(6_000, 1.6, 1)
    knots = calibration_knots(expected, came)
    before, after = (calibration_error(one, chance) or 0.0 for one in (fresh, np.asarray(calibrated(fresh, knots))))
    assert before > 0.08
    assert after < 0.025


@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 2_000), bend=st.floats(-1, 3), seed=st.integers(0, 1_000))
@example(n=300, bend=4e-15, seed=0)  # expectations that are equal but for rounding
def test_what_is_told_is_a_quality_and_keeps_the_order(n: int, bend: float, seed: int) -> None:
    expected, came, _ = drawn(n, bend, seed)
    knots = calibration_knots(expected, came)
    assert (N_KNOTS,) == knots.shape
    assert ((knots >= 0) & (knots <= 1)).all()
    assert (np.diff(knots) >= 0).all()


def test_on_little_and_on_what_is_no_fraction_it_is_told_as_it_is() -> None:
    expected, came, _ = drawn(200, 2.0, 0)
    assert as_expected().tolist() == calibration_knots(expected, came).tolist()
    expected, came, _ = drawn(2_000, 2.0, 0)
    assert as_expected().tolist() == calibration_knots(expected, 10 * came).tolist()


def test_what_is_not_known_is_not_told() -> None:
    told = np.asarray(calibrated(np.array([np.nan, 0.5]), as_expected()))
    assert np.isnan(told[0])
    assert 0.5 == told[1]
