from math import inf, nan

import numpy as np
import pytest

from evaluation.errors import ConfigurationError
from evaluation.stats.vectors import (
    Pairs,
    as_vector,
    cluster_means,
    clustered_standard_error,
    design_effect,
    difference_of,
    grouped,
    is_binary,
    is_constant,
    paired_by_case,
    standard_deviation,
    usable_scores,
)


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


# 18 binary scores in five clusters; statsmodels' OLS with cov_type="cluster", use_correction on, gives these figures,
# and Miller 2024 (arXiv:2411.00640, appendix A) those without the factor sqrt(G/(G-1)).
SCORES = np.array([1, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 0, 1, 1, 0, 0, 0], dtype=float)
CLUSTERS = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 4, 4, 4, 4]


def test_the_clustered_error_is_that_of_statsmodels():
    error, n_clusters = clustered_standard_error(SCORES, CLUSTERS)
    assert (0.19471370735293214, 5) == (pytest.approx(error, abs=1e-9), n_clusters)
    assert 0.17415723431686278 == pytest.approx(error * (4 / 5) ** 0.5, abs=1e-9)


def test_the_design_effect_is_the_ratio_of_the_variances():
    assert 2.610339506172839 == pytest.approx(design_effect(SCORES, CLUSTERS), abs=1e-9)


def test_cases_that_stand_by_themselves_have_no_design_effect():
    assert 1.0 == pytest.approx(design_effect(SCORES, [None] * 18))


def test_one_cluster_says_nothing_about_its_own_variation():
    assert (None, 1) == clustered_standard_error(np.array([1.0, 0, 1, 1]), [0, 0, 0, 0])
    assert design_effect(np.array([1.0, 0, 1, 1]), [0, 0, 0, 0]) is None
    assert design_effect(np.ones(4), [0, 0, 1, 1]) is None


def test_two_clusters_have_an_error():
    # Means 1 and 0, each of two cases: √2 · √(1² + 1²) / 4
    assert (pytest.approx(0.5), 2) == clustered_standard_error(np.array([1.0, 1, 0, 0]), ["a", "a", "b", "b"])


def test_each_cluster_has_its_mean_in_order_of_appearance():
    means = cluster_means(np.array([4.0, 1.0, 2.0, 9.0, 5.0]), ["b", "a", "b", None, None])
    assert [3.0, 1.0, 9.0, 5.0] == means.tolist()


def test_a_cluster_called_like_a_position_is_not_mixed_up_with_it():
    assert [["x"], ["y"]] == grouped(["x", "y"], [None, 0])


def test_every_value_needs_its_cluster():
    with pytest.raises(ConfigurationError, match="2 values, but 1 clusters"):
        grouped([1, 2], ["a"])


def test_pairs_are_made_by_case_id_never_by_position():
    pairs = paired_by_case({"q1": 1, "q2": 0, "q3": 1}, {"q3": 0.25, "q2": 0.75, "q4": 0})
    expected = Pairs(case_ids=("q2", "q3"), a=(0, 1), b=(0.75, 0.25), only_a=("q1",), only_b=("q4",))
    assert expected == pairs
    assert 2 == pairs.n_pairs


def test_nothing_in_common_makes_no_pairs():
    assert 0 == paired_by_case({"q1": 1}, {"q2": 1}).n_pairs


class TestUsableScores:
    def test_none_and_nan_are_missing_and_counted(self):
        # A judge's -1 without a verdict would pull the mean of 8.5 down to 6.6.
        found = usable_scores({"a": 9, "b": 8, "c": None, "d": 10, "e": 7, "f": None, "g": float("nan")})
        assert {"a": 9.0, "b": 8.0, "d": 10.0, "e": 7.0} == found.values
        assert 8.5 == np.mean(list(found.values.values()))
        assert {"c", "f", "g"} == found.missing

    def test_minus_one_is_a_score(self):
        assert {"a": -1.0} == usable_scores({"a": -1}).values

    def test_truth_values_are_numbers(self):
        found = usable_scores({"a": True, "b": np.bool_(False), "c": np.float32(0.5), "d": 1})
        assert {"a": 1.0, "b": 0.0, "c": 0.5, "d": 1.0} == found.values
        assert {float} == {type(value) for value in found.values.values()}

    @pytest.mark.parametrize("score", ["1", b"1", [1.0], object()])
    def test_what_is_no_number_is_refused_with_its_case(self, score):
        with pytest.raises(ConfigurationError, match=r"of case 'q7' is not a number"):
            usable_scores({"q7": score})

    @pytest.mark.parametrize("score", [float("inf"), float("-inf")])
    def test_the_infinite_is_refused_with_its_case(self, score):
        with pytest.raises(ConfigurationError, match=r"case 'q7' is -?inf"):
            usable_scores({"q7": score})
