import pytest

from evaluation.stats.roots import crossing


def test_a_rising_and_a_falling_function_are_crossed_to_the_last_bit():
    assert 2**0.5 == pytest.approx(crossing(lambda x: x * x - 2, 0, 2), abs=1e-15)
    assert 2**0.5 == pytest.approx(crossing(lambda x: 2 - x * x, 0, 2), abs=1e-15)


def test_a_crossing_at_an_end_is_found():
    assert 0.0 == pytest.approx(crossing(lambda x: x, 0, 2), abs=1e-50)
    assert 2.0 == pytest.approx(crossing(lambda x: x - 2, 0, 2), abs=1e-15)


def test_without_a_crossing_it_is_the_end_that_comes_nearest():
    assert (1.0, 2.0) == (crossing(lambda x: x, 1.0, 2.0), crossing(lambda x: x - 5, 1.0, 2.0))
    assert 1.0 == crossing(lambda x: -x, 1.0, 2.0)
