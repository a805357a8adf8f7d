from math import inf, nan

import numpy as np
import pytest

from evaluation.errors import ConfigurationError
from evaluation.stats.numbers import as_vector, difference_of, is_binary, is_constant, standard_deviation


def test_truth_values_are_numbers():
    assert [1.0, 0.0, 1.0, 0.0] == as_vector([True, False, np.bool_(True), 0]).tolist()


@pytest.mark.parametrize(
    ("values", "said"), [([], "no scores"), ([1.0, inf], r"scores\[1\] is inf"), ([nan], r"scores\[0\] is nan")]
)
def test_what_cannot_be_computed_with_is_refused(values, said):
    with pytest.raises(ConfigurationError, match=said):
        as_vector(values, what="scores")


def test_values_that_differ_by_noise_alone_do_not_differ():
    assert [0.0, 0.0] == difference_of(np.array([0.1 + 0.2, 1.0]), np.array([0.3, 1.0])).tolist()
    assert [1e-9, -1e-9] == pytest.approx(difference_of(np.array([1 + 1e-9, 1]), np.array([1, 1 + 1e-9])), rel=1e-6)
    # Noise is measured by the larger of the two.
    assert [1e-15] == difference_of(np.array([1e-15]), np.array([0.0])).tolist()
    assert [-1e-15] == difference_of(np.array([0.0]), np.array([1e-15])).tolist()


def test_nothing_but_zero_and_one_is_binary():
    assert is_binary(np.array([0.0, 1.0, 1.0]))
    assert not is_binary(np.array([0.0, 0.5]))
    assert not is_binary(np.array([0.0, -1.0]))


def test_values_are_constant_where_they_differ_by_noise():
    assert is_constant(np.array([0.1 + 0.2, 0.3]))
    assert is_constant(np.zeros(3))
    assert not is_constant(np.array([1.0, 1.0 + 1e-9]))
    assert not is_constant(np.array([-1e-9, 1e-9]))


def test_values_without_a_name_are_called_values():
    with pytest.raises(ConfigurationError, match="there are no values"):
        as_vector([])


@pytest.mark.parametrize("unit", [1.0, 1e-200, 1e200])
def test_very_small_and_very_large_values_have_their_standard_deviation(unit):
    assert unit * 0.5**0.5 == pytest.approx(standard_deviation(np.array([1.0, 2.0]) * unit))
    assert unit * 0.5**0.5 == pytest.approx(standard_deviation(np.array([0.0, -1.0]) * unit))


def test_zeros_do_not_deviate():
    assert 0.0 == standard_deviation(np.zeros(3))
