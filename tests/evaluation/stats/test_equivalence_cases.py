from functools import cache
from math import ceil

import numpy as np
import pytest

from evaluation.stats.equivalence import mean_within, share_within
from evaluation.stats.equivalence_cases import mean_equivalence_cases, share_equivalence_cases


@cache
def _is_within(only_a: int, only_b: int, n: int, margin: float) -> bool:
    return share_within(only_a=only_a, only_b=only_b, n=n, margin=margin).p_equivalence < 0.05


@pytest.mark.parametrize(("margin", "discordant"), [(0.05, 0.05), (0.1, 0.1), (0.05, 0.2), (0.1, 0.3)])
def test_so_many_pairs_show_two_equal_candidates_to_be_equivalent(margin: float, discordant: float) -> None:
    n = ceil(share_equivalence_cases(margin, discordant=discordant))
    half = discordant / 2
    tables = np.random.default_rng(1).multinomial(n, (half, half, 1 - discordant), size=4000)
    shown = float(np.mean([_is_within(int(a), int(b), n, margin) for a, b, _ in tables]))
    # Where all that may differ is the margin, the normal approximation with one variance shows it in .66 and .69.
    assert 0.78 <= shown <= 0.86


@pytest.mark.parametrize("effect", [0.3, 0.6, 1.0])
def test_so_many_pairs_show_equal_means_to_be_equivalent_and_a_difference_of_the_margin(effect: float) -> None:
    from scipy.stats import ttest_1samp

    n = ceil(mean_equivalence_cases(effect))
    drawn = np.random.default_rng(2).normal(size=(4000, n))
    shown = float(np.mean([mean_within(sample, effect).p_equivalence < 0.05 for sample in drawn]))
    told = float(np.mean(ttest_1samp(drawn + effect, 0, axis=1).pvalue < 0.05))
    assert 0.78 <= shown <= 0.86
    assert told >= 0.78


def test_many_pairs_need_what_the_normal_approximation_says() -> None:
    # (1.645 + 1.282)² / .01², and times .5 for shares of which half differ
    expected = (1.6448536269514722 + 1.2815515655446004) ** 2 / 0.01**2
    assert expected == pytest.approx(mean_equivalence_cases(0.01), rel=1e-3)
    assert expected / 2 == pytest.approx(share_equivalence_cases(0.01, discordant=0.5), rel=1e-3)


def test_surer_claims_need_more_pairs_and_no_fewer_differ_than_the_margin_leaves() -> None:
    usual = share_equivalence_cases(0.05, discordant=0.2)
    assert usual < share_equivalence_cases(0.05, discordant=0.2, alpha=0.01)
    assert usual < share_equivalence_cases(0.05, discordant=0.2, power=0.9)
    assert share_equivalence_cases(0.05, discordant=0.05) == share_equivalence_cases(0.05, discordant=0.0)
    assert share_equivalence_cases(1.0, discordant=0.3) == share_equivalence_cases(3.0, discordant=0.3)
    assert mean_equivalence_cases(0.5) < mean_equivalence_cases(0.5, power=0.9)
