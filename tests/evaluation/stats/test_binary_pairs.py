import numpy as np
import pytest

from evaluation.errors import ConfigurationError
from evaluation.stats.binary_pairs import binary_evidence, share_intervals
from evaluation.stats.equivalence import share_within
from evaluation.stats.equivalence_cases import share_equivalence_cases
from evaluation.stats.intervals import newcombe_interval, newcombe_phi
from evaluation.stats.mcnemar_power import exact_mcnemar_cases, mcnemar_detectable
from evaluation.stats.pair_evidence import TestSettings
from evaluation.stats.tango import bonett_price_interval, paired_wald_interval, tango_interval


def evidence(*, both=0, only_a=0, only_b=0, neither=0, level=0.95, **options):
    a = np.array([1.0] * (both + only_a) + [0.0] * (only_b + neither))
    b = np.array([1.0] * both + [0.0] * only_a + [1.0] * only_b + [0.0] * neither)
    terms = {"margin": None, "rng": np.random.default_rng(0), **options}
    return binary_evidence(a, b, TestSettings(confidence_level=level, **terms))


@pytest.mark.parametrize(
    ("table", "difference", "interval"),
    [
        # Agresti, Categorical Data Analysis 10.1, approval ratings: .04, .02 to .06
        ((794, 150, 86, 570), 0.04, (0.021230423982877014, 0.058703872895728836)),
        # Armitage & Berry 1994, p. 127
        ((20, 12, 2, 16), 0.2, (0.05615642484174821, 0.32920699540014053)),
        # Bentur et al. 2009, in Fagerland et al. 2013
        ((1, 1, 7, 12), -6 / 21, (-0.506920226686141, -0.025559124164859837)),
    ],
)
def test_published_tables_have_newcombes_interval(table, difference, interval):
    found = evidence(**dict(zip(("both", "only_a", "only_b", "neither"), table, strict=True)))
    assert difference == pytest.approx(found.difference)
    assert pytest.approx(interval, abs=1e-6) == found.interval


def test_accuracies_and_tests_of_wikipedias_larger_table():
    found = evidence(both=101, only_a=121, only_b=59, neither=33)
    assert 0.7070063694267515 - 0.5095541401273885 == pytest.approx(found.difference)
    assert 4.4344492637551645e-06 == pytest.approx(found.p_value, abs=1e-12)
    also = {
        "mid_p": 3.2666467957745733e-06,
        "mcnemar_chi2": 3.815135865112594e-06,
        "mcnemar_chi2_corrected": 5.450094825427117e-06,
    }
    assert pytest.approx(also, abs=1e-12) == found.also
    assert ("newcombe+mcnemar_exact", "cohen_g") == (found.method, found.effect_size_name)
    assert 121 / 180 - 0.5 == found.effect_size
    statistics = {
        "mcnemar_chi2": 21.355555555555554,
        "mcnemar_chi2_corrected": 20.67222222222222,
        "newcombe_phi": newcombe_phi(both=101, only_a=121, only_b=59, neither=33),
        "odds_ratio": 121 / 59,
    }
    assert pytest.approx(statistics) == found.statistics


def test_other_intervals_stand_beside_at_the_same_level():
    counts = {"only_a": 12, "only_b": 2, "n": 50, "confidence_level": 0.9}
    expected = {"tango": tango_interval(**counts), "bonett_price": bonett_price_interval(**counts)}
    found = evidence(both=20, only_a=12, only_b=2, neither=16, level=0.9)
    assert expected == found.intervals == share_intervals(12, 2, 50, 0.9)
    reference = newcombe_interval(both=20, only_a=12, only_b=2, neither=16, confidence_level=0.9)
    assert reference == found.interval
    assert {} == evidence(both=20, only_a=12, only_b=2, neither=16, beside=False).intervals


def test_what_so_many_pairs_show_is_counted_by_the_test_that_decides():
    found = evidence(both=60, only_a=9, only_b=7, neither=24)
    assert mcnemar_detectable(100, discordant=0.16) == found.mde
    assert (exact_mcnemar_cases(0.03, discordant=0.16), 0.03) == (found.n_needed, found.aim)
    strict = evidence(both=60, only_a=9, only_b=7, neither=24, level=0.99)
    assert mcnemar_detectable(100, discordant=0.16, alpha=0.01) == strict.mde
    assert exact_mcnemar_cases(0.03, discordant=0.16, alpha=0.01) == strict.n_needed
    assert found.within is None


def test_with_a_margin_it_is_equivalence_that_has_to_be_settled():
    found = evidence(both=60, only_a=9, only_b=7, neither=24, margin=0.02)
    assert (share_equivalence_cases(0.02, discordant=0.16), 0.02) == (found.n_needed, found.aim)
    assert share_within(only_a=9, only_b=7, n=100, margin=0.02) == found.within
    strict = evidence(both=60, only_a=9, only_b=7, neither=24, margin=0.02, level=0.99)
    assert share_equivalence_cases(0.02, discordant=0.16, alpha=0.01) == strict.n_needed
    # Where nothing differed, as much may differ as the margin leaves.
    assert share_equivalence_cases(0.02, discordant=0.02) == evidence(both=60, neither=40, margin=0.02).n_needed


def test_pairs_that_all_agree_have_p_one_and_an_interval_of_positive_width():
    found = evidence(both=4, neither=2)
    assert (0.0, 1.0, None) == (found.difference, found.p_value, found.effect_size)
    assert {"mcnemar_chi2", "mcnemar_chi2_corrected", "newcombe_phi"} == found.statistics.keys()
    assert pytest.approx((-0.2863297027642045, 0.2863297027642045), abs=1e-9) == found.interval
    assert pytest.approx((-0.3903342879021653, 0.3903342879021653), abs=1e-9) == found.intervals["tango"]


def test_a_single_pair_has_no_interval_and_two_have_one():
    assert (None, {}) == (evidence(only_a=1).interval, evidence(only_a=1).intervals)
    assert evidence(only_a=2).interval is not None
    assert {"tango", "bonett_price"} == evidence(only_a=2).intervals.keys()


@pytest.mark.parametrize("side", [0, 1])
def test_scores_between_right_and_wrong_are_refused(side):
    sides = [np.array([0.0, 1.0]), np.array([0.0, 1.0])]
    sides[side][1] = 0.5
    with pytest.raises(ConfigurationError, match=r"such as 0\.5 are not right or wrong"):
        binary_evidence(*sides, TestSettings(confidence_level=0.95, margin=None, rng=np.random.default_rng(0)))


def test_walds_interval_joins_the_others_from_three_hundred_pairs_on():
    assert "wald" not in share_intervals(12, 2, 299, 0.95)
    assert (
        paired_wald_interval(only_a=12, only_b=2, n=300, confidence_level=0.9)
        == share_intervals(12, 2, 300, 0.9)["wald"]
    )
