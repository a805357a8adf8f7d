import numpy as np
import pytest

from evaluation.errors import ConfigurationError
from evaluation.stats.clusters import cluster_means, clustered_standard_error, design_effect, grouped

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
