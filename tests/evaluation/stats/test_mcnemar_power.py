from math import comb

import numpy as np
import pytest

from evaluation.stats.mcnemar import mcnemar_p_value
from evaluation.stats.mcnemar_power import exact_mcnemar_cases, mcnemar_detectable, mcnemar_power
from evaluation.stats.power import mcnemar_cases


def power_by_counting(difference: float, n: int, discordant: float, alpha: float = 0.05) -> float:
    """The chance of every table that the product's own test rejects."""
    share = max(discordant, difference)
    a, b = (share + difference) / 2, (share - difference) / 2
    return sum(
        comb(n, i) * comb(n - i, j) * a**i * b**j * (1 - share) ** (n - i - j)
        for i in range(n + 1)
        for j in range(n + 1 - i)
        if mcnemar_p_value(i, j)[0] < alpha
    )


@pytest.mark.parametrize(
    ("difference", "n", "discordant", "alpha"),
    [
        (0.2, 30, 0.3, 0.05),
        (0.05, 25, 0.1, 0.05),
        (0.5, 12, 0.4, 0.05),
        (0.9, 8, 0.2, 0.05),
        (0.0, 20, 0.5, 0.05),
        (1.0, 6, 0.1, 0.05),
        (0.3, 28, 0.4, 0.01),
        (0.3, 28, 1.0, 0.05),
    ],
)
def test_the_power_is_that_of_the_test_that_decides(difference, n, discordant, alpha):
    expected = power_by_counting(difference, n, discordant, alpha)
    assert expected == pytest.approx(mcnemar_power(difference, n, discordant=discordant, alpha=alpha), abs=1e-7)


@pytest.mark.parametrize(("n", "discordant"), [(12, 0.5), (20, 0.3), (100, 0.16), (300, 0.2), (1319, 0.2), (40, 0.0)])
def test_the_detectable_difference_is_seen_with_the_power_that_it_promises(n, discordant):
    found = mcnemar_detectable(n, discordant=discordant)
    assert 0.8 == pytest.approx(mcnemar_power(found, n, discordant=discordant), abs=1e-6)


@pytest.mark.parametrize(("difference", "discordant"), [(0.03, 0.16), (0.03, 0.05), (0.1, 0.3), (0.03, 0.0)])
def test_so_many_cases_show_the_difference_and_connors_formula_asks_for_too_few(difference, discordant):
    found = exact_mcnemar_cases(difference, discordant=discordant)
    assert mcnemar_power(difference, found, discordant=discordant) >= 0.8
    assert mcnemar_power(difference, found - 1, discordant=discordant) < 0.8
    few = int(mcnemar_cases(difference, discordant=discordant))
    assert mcnemar_power(difference, few, discordant=discordant) < 0.8
    assert found == exact_mcnemar_cases(-difference, discordant=discordant)


def test_simulated_tables_are_rejected_as_often_as_promised():
    rng = np.random.default_rng(7)
    n, discordant = 60, 0.3
    difference = mcnemar_detectable(n, discordant=discordant)
    a, b = (discordant + difference) / 2, (discordant - difference) / 2
    tables = rng.multinomial(n, (a, b, 1 - a - b), size=4000)
    hits = sum(mcnemar_p_value(int(i), int(j))[0] < 0.05 for i, j, _ in tables)
    assert 0.8 == pytest.approx(hits / 4000, abs=0.025)


def test_where_chi_square_decides_connors_formula_is_turned_round():
    found = mcnemar_detectable(100_000, discordant=0.2)
    assert 100_000 == pytest.approx(mcnemar_cases(found, discordant=0.2), rel=1e-4)
    assert exact_mcnemar_cases(0.005, discordant=0.2) == 62_789


def test_with_fewer_than_six_pairs_nothing_can_be_seen():
    assert mcnemar_detectable(5, discordant=0.5) is None
    assert 1.0 > mcnemar_detectable(6, discordant=0.5) > 0.9
