import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import ConfigurationError
from evaluation.stats.gates import cochran_q, critical_difference, friedman, gate_of, nemenyi_q

# Demšar 2006, JMLR 7, table 6: AUC of four classifiers on 14 data sets. The row "voting" is printed .975/.975 there,
# but ranked 2 and 3.
AUC = np.array(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.0, 1.0, 1.0, 1.0],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.9751, 0.975],
        [0.957, 0.978, 0.946, 0.970],
    ]
)
# Conover, Practical Nonparametric Statistics, p. 253: Q = 2.8, p = .2466
RIGHT = np.array(
    [
        *[[1, 1, 1], [1, 1, 1], [0, 1, 0], [1, 1, 0], [0, 0, 0], [1, 1, 1]],
        *[[1, 1, 1], [1, 1, 0], [0, 0, 1], [0, 1, 0], [1, 1, 1], [1, 1, 1]],
    ],
    dtype=float,
)
matrices = (
    st.integers(2, 5)
    .flatmap(
        lambda k: st.lists(
            st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0]), min_size=k, max_size=k), min_size=2, max_size=8
        )
    )
    .map(np.array)
)


class TestFriedman:
    def test_demsars_figures(self):
        found = friedman(AUC, correct_ties=False)
        assert (3.142857142857143, 2.0, 2.892857142857143, 1.9642857142857142) == pytest.approx(found.mean_ranks)
        assert (9.278571428571437, 3.686313032089068) == pytest.approx((found.chi2, found.f), abs=1e-6)
        assert 0.019823006192249054 == pytest.approx(found.f_p_value, abs=1e-6)

    def test_with_ties_it_is_scipys(self):
        found = friedman(AUC)
        assert (10.228346456692925, 0.016721580328441323) == pytest.approx((found.chi2, found.chi2_p_value), abs=1e-6)
        # Iman and Davenport's F by hand: 13 * 10.228 / (42 - 10.228)
        assert 4.185130111524163 == pytest.approx(found.f)

    def test_lower_can_be_better(self):
        found = friedman(AUC, higher_is_better=False)
        assert found.mean_ranks == pytest.approx([5 - rank for rank in friedman(AUC).mean_ranks])
        assert friedman(AUC).chi2 == pytest.approx(found.chi2)

    def test_where_nothing_differs_p_is_one(self):
        found = friedman(np.full((5, 3), 0.7))
        assert (0.0, 1.0, 0.0, 1.0) == (found.chi2, found.chi2_p_value, found.f, found.f_p_value)
        assert (2.0, 2.0, 2.0) == found.mean_ranks

    def test_where_all_cases_agree_the_f_is_infinite_and_p_that_of_the_same_order_each_time(self):
        found = friedman(np.tile([0.1, 0.2, 0.4], (4, 1)))
        assert (8.0, math.inf) == (found.chi2, found.f)
        assert 1 / 6**3 == pytest.approx(found.f_p_value)

    def test_floating_point_noise_makes_no_rank(self):
        noisy = np.array([[0.1 + 0.2, 0.3], [0.3, 0.1 + 0.2], [0.6, 0.1]])
        assert (1 + 1 / 3, 1 + 2 / 3) == pytest.approx(friedman(noisy).mean_ranks)
        assert friedman(noisy).mean_ranks == pytest.approx(friedman(1e9 * noisy).mean_ranks)
        assert friedman(noisy).mean_ranks == pytest.approx(friedman(noisy - noisy.min()).mean_ranks)
        assert (1.5, 1.5) == friedman(np.zeros((3, 2))).mean_ranks

    def test_equal_candidates_are_called_different_no_more_often_than_promised(self):
        rng = np.random.default_rng(1)
        p_values = [friedman(rng.integers(0, 4, size=(30, 5)).astype(float)).f_p_value for _ in range(2000)]
        assert 0.035 < np.mean(np.array(p_values) < 0.05) < 0.06

    @given(matrices)
    def test_it_agrees_with_scipy_wherever_scipy_answers(self, scores):
        from scipy.stats import friedmanchisquare

        found = friedman(scores)
        assert 0 <= found.f_p_value <= 1
        if scores.shape[1] > 2 and np.ptp(scores, axis=1).any():
            assert friedmanchisquare(*scores.T).statistic == pytest.approx(found.chi2)

    @given(matrices)
    def test_the_order_of_the_cases_and_the_scale_of_the_scores_do_not_matter(self, scores):
        found = friedman(scores)
        turned = friedman(np.exp(scores[::-1]))
        assert found.mean_ranks == pytest.approx(turned.mean_ranks)
        assert found.chi2 == pytest.approx(turned.chi2)


class TestCochran:
    def test_conovers_figures(self):
        assert (2.8, 0.24659696394160646) == pytest.approx(cochran_q(RIGHT), abs=1e-9)

    def test_of_two_candidates_it_is_mcnemars_chi_square(self):
        scores = np.array([[1, 0]] * 16 + [[0, 1]] * 6 + [[1, 1]] * 9, dtype=float)
        # Wikipedia, "McNemar's test"
        assert (4.545454545454546, 0.0330062576612325) == pytest.approx(cochran_q(scores), abs=1e-9)

    def test_where_no_case_tells_them_apart_p_is_one(self):
        assert (0.0, 1.0) == cochran_q(np.array([[1, 1, 1], [0, 0, 0]], dtype=float))

    def test_other_scores_are_refused(self):
        with pytest.raises(ConfigurationError, match="only 0 and 1"):
            cochran_q(AUC)


class TestNemenyi:
    def test_demsars_figures(self):
        assert 2.569031772546482 == pytest.approx(nemenyi_q(4), abs=1e-6)
        assert 1.2535591471176057 == pytest.approx(critical_difference(4, 14), abs=1e-6)

    @pytest.mark.parametrize("k", [2, 3, 10, 50])
    @pytest.mark.parametrize("alpha", [0.01, 0.05, 0.1])
    def test_the_quantile_is_scipys(self, k, alpha):
        from scipy.stats import studentized_range

        assert studentized_range.ppf(1 - alpha, k, np.inf) / 2**0.5 == pytest.approx(
            nemenyi_q(k, alpha=alpha), abs=1e-6
        )

    def test_what_has_no_range_is_refused(self):
        for k, alpha in ((1, 0.05), (3, 0.0), (3, 1.0)):
            with pytest.raises(ConfigurationError, match="no critical difference"):
                nemenyi_q(k, alpha=alpha)


class TestGate:
    def test_right_and_wrong_answers_go_to_cochran(self):
        found = gate_of(RIGHT)
        assert ("cochran_q", (2,), 12) == (found.test, found.degrees_of_freedom, found.n_cases)
        assert (2.8, 0.24659696394160646) == pytest.approx((found.statistic, found.p_value))
        assert friedman(RIGHT).mean_ranks == found.mean_ranks

    def test_other_scores_go_to_friedman(self):
        found = gate_of(AUC)
        assert ("friedman", (3, 39), 14) == (found.test, found.degrees_of_freedom, found.n_cases)
        assert (friedman(AUC).f, friedman(AUC).f_p_value) == (found.statistic, found.p_value)
        assert critical_difference(4, 14) == found.critical_difference

    def test_the_direction_and_the_level_reach_the_ranks_and_their_difference(self):
        found = gate_of(AUC, higher_is_better=False, alpha=0.1)
        assert friedman(AUC, higher_is_better=False).mean_ranks == found.mean_ranks
        assert critical_difference(4, 14, alpha=0.1) == found.critical_difference

    def test_an_infinite_statistic_is_none(self):
        found = gate_of(np.tile([0.1, 0.2, 0.4], (4, 1)))
        assert found.statistic is None
        assert 1 / 6**3 == pytest.approx(found.p_value)

    @pytest.mark.parametrize("shape", [(1, 3), (3, 1), (0, 2)])
    def test_too_few_are_refused(self, shape):
        for test in (gate_of, friedman, cochran_q):
            with pytest.raises(ConfigurationError, match="cannot be tested"):
                test(np.zeros(shape))
