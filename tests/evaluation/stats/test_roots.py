import pytest

from evaluation.stats.roots import crossing


def test_a_rising_and_a_falling_function_are_crossed_to_the_last_bit():
    assert 2**0.5 == pytest.approx(crossing(lambda x: x * x - 2, 0, 2), abs=1e-15)
    assert 2**0.5 == pytest.approx(crossing(lambda x: 2 - x * x, 0, 2), abs=1e-15)
    assert 0.3 == pytest.approx(crossing(lambda x: 0.3 - x, -0.5, 2), abs=1e-15)
    assert 0.3 == pytest.approx(crossing(lambda x: x - 0.3, -0.5, 2), abs=1e-15)


def test_a_crossing_at_an_end_is_found():
    assert 0.0 == pytest.approx(crossing(lambda x: x, 0, 2), abs=1e-300)
    assert 2.0 == pytest.approx(crossing(lambda x: x - 2, 0, 2), abs=1e-15)


def test_without_a_crossing_it_is_the_end_that_comes_nearest():
    assert (1.0, 2.0) == (crossing(lambda x: x, 1.0, 2.0), crossing(lambda x: x - 5, 1.0, 2.0))
    assert (1.0, 1.0) == (crossing(lambda x: -x, 1.0, 2.0), crossing(lambda x: 0.1 * x, 1.0, 2.0))
    assert 1.0 == crossing(lambda x: 7.0, 1.0, 2.0)


def test_values_without_bound_are_no_obstacle():
    assert 0.5 == pytest.approx(crossing(lambda x: float("inf") if x == 0 else 0.5 - x, 0.0, 1.0))
