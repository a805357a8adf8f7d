import pytest

from evaluation.stats.mcnemar import (
    chi2,
    chi2_p_value,
    corrected_chi2,
    corrected_chi2_p_value,
    exact_p_value,
    mcnemar_p_value,
    mid_p_value,
)

# Cases that only A has right, that only B has right, exact p, mid-p, chi-square's p without correction.
PUBLISHED = [
    # Wikipedia, "McNemar's test": .052 exact, .035 mid-p, .033 asymptotic; its larger table
    (6, 16, 0.052478790283203125, 0.03468966484069824, 0.0330062576612325),
    (121, 59, 4.4344492637551645e-06, 3.2666467957745733e-06, 3.815135865112594e-06),
    # Armitage & Berry 1994, p. 127: StatsDirect gives .0129 exact
    (12, 2, 0.012939453125, 0.007385253906249991, 0.007526315166457882),
    # Bentur et al. 2009 in Fagerland et al. 2013 (BMC Med Res Methodol 13:91): .070 exact, .039 mid-p, .034 asymptotic
    (1, 7, 0.0703125, 0.039062500000000014, 0.033894853524689295),
]


@pytest.mark.parametrize(("only_a", "only_b", "exact", "mid", "chi2"), PUBLISHED)
def test_each_p_is_the_published_one(only_a, only_b, exact, mid, chi2):
    found = exact_p_value(only_a, only_b), mid_p_value(only_a, only_b), chi2_p_value(only_a, only_b)
    assert pytest.approx((exact, mid, chi2), abs=1e-9) == found


def test_agrestis_approval_ratings_have_his_chi_square():
    # Agresti, Categorical Data Analysis 10.1: 150 against 86, z² = 17.36
    from scipy.stats import chi2 as distribution

    assert 17.35593220338983 == pytest.approx(chi2(150, 86), rel=1e-12)
    assert distribution.sf(17.35593220338983, 1) == pytest.approx(chi2_p_value(150, 86), rel=1e-9)


def test_chi_square_is_nothing_where_nothing_differs_and_its_correction_never_goes_below():
    assert (0.0, 0.0, 0.0) == (chi2(0, 0), corrected_chi2(0, 0), corrected_chi2(4, 4))
    assert (1.0, 0.25, 1 / 7, 0.0) == (chi2(4, 0) / 4, chi2(5, 3) / 2, chi2(3, 4), corrected_chi2(3, 4))
    assert 9 / 4 == corrected_chi2(4, 0) == corrected_chi2(0, 4)


@pytest.mark.parametrize("only_a", [0, 1, 3, 10])
@pytest.mark.parametrize("only_b", [1, 4, 10, 33])
def test_exact_and_mid_p_are_those_of_the_binomial_distribution(only_a, only_b):
    from scipy.stats import binom, binomtest

    assert binomtest(only_a, only_a + only_b).pvalue == pytest.approx(exact_p_value(only_a, only_b), rel=1e-9)
    by_hand = 2 * binom.cdf(min(only_a, only_b), only_a + only_b, 0.5) - binom.pmf(only_a, only_a + only_b, 0.5)
    assert by_hand == pytest.approx(mid_p_value(only_a, only_b), rel=1e-9)


def test_sides_may_be_swapped():
    for p_value in (exact_p_value, mid_p_value, chi2_p_value):
        assert p_value(3, 9) == p_value(9, 3)


def test_where_nothing_differs_or_all_is_even_p_is_one():
    assert (1.0, 1.0, 1.0) == (exact_p_value(0, 0), mid_p_value(0, 0), chi2_p_value(0, 0))
    assert (1.0, 1.0, 1.0) == (exact_p_value(5, 5), pytest.approx(mid_p_value(5, 5)), chi2_p_value(5, 5))


def test_no_p_is_above_one():
    assert all(mid_p_value(n, n) <= 1 and exact_p_value(n, n) <= 1 for n in range(60))


def test_the_least_p_of_so_many_cases_is_two_in_two_to_the_n():
    least = [exact_p_value(n, 0) for n in range(1, 9)]
    assert [1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125] == least


def test_up_to_a_thousand_differing_cases_the_test_is_exact_and_beyond_by_chi_square():
    assert (exact_p_value(520, 480), "mcnemar_exact") == mcnemar_p_value(520, 480)
    assert (chi2_p_value(520, 481), "mcnemar_chi2") == mcnemar_p_value(520, 481)
    assert exact_p_value(560, 480) == pytest.approx(chi2_p_value(560, 480), abs=2e-3)


@pytest.mark.parametrize(
    ("only_a", "only_b", "corrected"),
    [
        # Wikipedia: .055; statsmodels' tests: 20.67222; StatsDirect: Yates' chi-square 5.785714, p = .0162; Fagerland
        (6, 16, 0.055008833629265896),
        (121, 59, 5.450094825427117e-06),
        (12, 2, 0.016156931261181322),
        (1, 7, 0.07709987174354202),
    ],
)
def test_the_corrected_p_is_the_published_one(only_a, only_b, corrected):
    assert corrected == pytest.approx(corrected_chi2_p_value(only_a, only_b), abs=1e-9)
    assert corrected == pytest.approx(corrected_chi2_p_value(only_b, only_a), abs=1e-9)


def test_the_correction_leaves_even_and_no_cases_a_p_of_one():
    assert (1.0, 1.0, 1.0) == (corrected_chi2_p_value(0, 0), corrected_chi2_p_value(4, 4), corrected_chi2_p_value(4, 3))


def test_darwins_maize_by_the_sign_test():
    # Thirteen of fifteen pairs favour crossing.
    assert 0.00738525390625 == pytest.approx(exact_p_value(13, 2), abs=1e-12)
