import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import ConfigurationError
from evaluation.stats.unpaired import chi_square_p_value, fisher_p_value, rank_test, unpaired_means, unpaired_shares

SLEEP_A = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SLEEP_B = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


def test_what_pairing_buys_the_sleep_data_have_p_08_without_it():
    # R's t.test(extra ~ group, data = sleep): t = -1.8608, df = 17.776, p = .07939, -3.3654832 to 0.2054832
    found = unpaired_means(SLEEP_A, SLEEP_B)
    assert -1.58 == pytest.approx(found.difference)
    assert 0.0793941401873583 == pytest.approx(found.p_value, abs=1e-9)
    assert pytest.approx((-3.3654832, 0.2054832), abs=1e-7) == (found.low, found.high)
    assert ("welch", 10, 10, "hedges_g") == (found.method, found.n_a, found.n_b, found.effect_size_name)


def test_means_of_groups_that_differ_in_size_and_spread_are_those_of_scipy():
    from scipy.stats import ttest_ind

    a, b = [3.0, 4.5, 9.0], [1.0, 1.5, 1.25, 0.5, 2.0, 0.75, 1.0]
    reference = ttest_ind(a, b, equal_var=False)
    found = unpaired_means(a, b, confidence_level=0.9)
    assert reference.pvalue == pytest.approx(found.p_value, rel=1e-9)
    interval = reference.confidence_interval(0.9)
    assert pytest.approx((interval.low, interval.high)) == (found.low, found.high)
    assert 0.9 == found.confidence_level
    # Hedges' g by hand: the pooled variance has 8 degrees of freedom, J = 1 - 3/31
    pooled = (2 * np.var(a, ddof=1) + 6 * np.var(b, ddof=1)) / 8
    assert (1 - 3 / 31) * (np.mean(a) - np.mean(b)) / pooled**0.5 == pytest.approx(found.effect_size)


@pytest.mark.parametrize(("a", "b"), [([1.0], [2.0, 3.0]), ([2.0, 3.0], [1.0]), ([1.0, 1.0], [2.0, 2.0])])
def test_nothing_can_be_said_of_a_group_of_one_or_without_any_spread(a, b):
    found = unpaired_means(a, b)
    assert (1.0, None, None, None) == (found.p_value, found.low, found.high, found.effect_size)
    assert np.mean(a) - np.mean(b) == found.difference


def test_one_group_without_spread_is_compared():
    assert unpaired_means([1.0, 1.0], [2.0, 3.0]).low is not None
    assert unpaired_means([2.0, 3.0], [1.0, 1.0]).low is not None


@pytest.mark.parametrize(
    ("right_a", "n_a", "right_b", "n_b", "interval"),
    [
        # Newcombe 1998, Statistics in Medicine 17:873, table II, method 10: 56/70 against 48/80, 9/10 against 3/10,
        # 5/56 against 0/29, 10/10 against 0/10
        (56, 70, 48, 80, (0.0524, 0.3339)),
        (9, 10, 3, 10, (0.1705, 0.8090)),
        (5, 56, 0, 29, (-0.0381, 0.1926)),
        (10, 10, 0, 10, (0.6075, 1.0)),
    ],
)
def test_shares_have_newcombes_intervals(right_a, n_a, right_b, n_b, interval):
    found = unpaired_shares(right_a, n_a, right_b, n_b)
    assert pytest.approx(interval, abs=5e-5) == (found.low, found.high)
    assert right_a / n_a - right_b / n_b == found.difference
    assert (n_a, n_b) == (found.n_a, found.n_b)
    turned = unpaired_shares(right_b, n_b, right_a, n_a)
    assert pytest.approx((-found.high, -found.low)) == (turned.low, turned.high)
    narrow = unpaired_shares(right_a, n_a, right_b, n_b, confidence_level=0.8)
    assert narrow.high - narrow.low < found.high - found.low


def test_shares_of_many_are_tested_by_chi_square_and_of_few_by_fisher():
    from scipy.stats import chi2_contingency, fisher_exact

    found = unpaired_shares(56, 70, 48, 80)
    assert chi2_contingency([[56, 14], [48, 32]], correction=False).pvalue == pytest.approx(found.p_value)
    assert ("newcombe_unpaired+chi2", "cohen_h") == (found.method, found.effect_size_name)
    found = unpaired_shares(5, 56, 0, 29)
    assert fisher_exact([[5, 51], [0, 29]]).pvalue == pytest.approx(found.p_value)
    assert "newcombe_unpaired+fisher" == found.method


def test_ladies_who_taste_tea():
    # Fisher 1935: three of four right has the one-sided p 17/70, two-sided 34/70; all four 1/70
    assert 34 / 70 == pytest.approx(fisher_p_value(3, 4, 1, 4))
    assert 2 / 70 == pytest.approx(fisher_p_value(4, 4, 0, 4))


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 12), st.integers(0, 12))
def test_fishers_p_is_that_of_scipy(right_a, wrong_a, right_b, wrong_b):
    from scipy.stats import fisher_exact

    reference = fisher_exact([[right_a, wrong_a], [right_b, wrong_b]]).pvalue
    assert pytest.approx(reference) == fisher_p_value(right_a, right_a + wrong_a, right_b, right_b + wrong_b)


@pytest.mark.parametrize(("right", "method"), [(10, "chi2"), (9, "fisher")])
def test_an_expected_count_of_five_is_not_small(right, method):
    assert f"newcombe_unpaired+{method}" == unpaired_shares(5, 10, right - 5, 10).method


@pytest.mark.parametrize(("a", "b"), [((5, 5), (9, 9)), ((0, 5), (0, 9))])
def test_groups_that_are_all_right_or_all_wrong_do_not_differ(a, b):
    found = unpaired_shares(*a, *b)
    assert (0.0, 1.0, 0.0) == (found.difference, found.p_value, found.effect_size)
    assert 1.0 == chi_square_p_value(*a, *b)


def test_the_effect_of_shares_is_cohens_h():
    # Cohen 1988, table 6.2.2: phi of .65 is 1.875, of .5 is 1.571
    assert 1.875 - 1.571 == pytest.approx(unpaired_shares(65, 100, 50, 100).effect_size, abs=1e-3)
    assert np.pi == pytest.approx(unpaired_shares(5, 5, 0, 5).effect_size)


def test_scores_too_small_to_be_squared_are_compared_all_the_same():
    a, b = [3.0, 4.5, 9.0], [1.0, 1.5, 1.25, 0.5]
    plain, tiny = unpaired_means(a, b), unpaired_means([x * 1e-200 for x in a], [x * 1e-200 for x in b])
    assert (pytest.approx(plain.p_value), pytest.approx(plain.effect_size)) == (tiny.p_value, tiny.effect_size)


def test_ranks_are_tested_by_mann_and_whitney():
    # Mann-Whitney on R's wilcox.test example (Hollander and Wolfe 1973, 69f): depression of permeability,
    # W = 35, one-sided p = .1272 of the alternative "greater", so two-sided .2544
    x = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
    y = [1.15, 0.88, 0.90, 0.74, 1.21]
    found = rank_test(x, y)
    assert (35, pytest.approx(0.2544, abs=1e-4), pytest.approx(2 * 35 / 50 - 1)) == (
        found.u,
        found.p_value,
        found.rank_biserial,
    )


def test_the_rank_biserial_is_the_chance_of_more_less_that_of_less():
    a, b = [1.0, 2.0, 2.0, 5.0], [2.0, 0.0, 3.0]
    higher, lower = (sum(op(x, y) for x in a for y in b) for op in (float.__gt__, float.__lt__))
    assert (higher - lower) / 12 == pytest.approx(rank_test(a, b).rank_biserial)
    assert pytest.approx(-rank_test(b, a).rank_biserial) == rank_test(a, b).rank_biserial


def test_equal_scores_have_no_ranks_to_tell_apart():
    found = rank_test([1.0, 1.0], [1.0, 1.0, 1.0])
    assert (3.0, 1.0, 0.0) == (found.u, found.p_value, found.rank_biserial)


@pytest.mark.parametrize("counts", [(3, 2, 1, 2), (-1, 2, 1, 2), (0, 0, 1, 2), (1, 2, 5, 4)])
def test_a_share_that_is_none_is_refused(counts):
    with pytest.raises(ConfigurationError, match="is not a share"):
        unpaired_shares(*counts)
