import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import ConfigurationError, IncomparableError
from evaluation.stats.paired import PairedResult, paired_difference
from evaluation.stats.paired_tests import mcnemar_p_value, sign_flip_p_value

MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
SLEEP_A = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SLEEP_B = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


def compared(a, b, **options):
    return paired_difference(a, b, rng=np.random.default_rng(0), **options)


def table(*, both=0, only_a=0, only_b=0, neither=0):
    a = [1] * both + [1] * only_a + [0] * only_b + [0] * neither
    b = [1] * both + [0] * only_a + [1] * only_b + [0] * neither
    return compared(a, b)


class TestBinary:
    @pytest.mark.parametrize(
        ("only_a", "only_b", "p_value"),
        [
            # Wikipedia, "McNemar's test": .052 exact, and the larger table
            (6, 16, 0.052478790283203125),
            (121, 59, 4.4344492637551645e-06),
            # StatsDirect, exact .0129; Fagerland et al. 2013, exact .070
            (12, 2, 0.012939453125),
            (1, 7, 0.0703125),
            (0, 0, 1.0),
        ],
    )
    def test_mcnemars_exact_p_is_the_published_one(self, only_a, only_b, p_value):
        found, form = mcnemar_p_value(only_a, only_b)
        assert p_value == pytest.approx(found, abs=1e-9)
        assert "mcnemar_exact" == form

    def test_beyond_a_thousand_discordant_pairs_it_is_chi_square_without_correction(self):
        from scipy.stats import chi2

        found, form = mcnemar_p_value(560, 480)
        assert (pytest.approx(chi2.sf(80**2 / 1040, 1)), "mcnemar_chi2") == (found, form)
        assert "mcnemar_exact" == mcnemar_p_value(520, 480)[1]

    def test_both_forms_agree_where_both_can_be_had(self):
        from scipy.stats import binomtest

        assert binomtest(560, 1040).pvalue == pytest.approx(mcnemar_p_value(560, 480)[0], abs=2e-3)

    def test_a_whole_table_is_compared(self):
        result = table(both=20, only_a=12, only_b=2, neither=16)
        assert (0.2, 50, 12, 2) == (result.difference, result.n_pairs, result.n_better_a, result.n_better_b)
        assert (0.05615642484174821, 0.32920699540014053) == pytest.approx((result.low, result.high), abs=1e-6)
        assert ("newcombe+mcnemar_exact", "A better") == (result.method, result.verdict)

    def test_all_ties_have_p_one_and_an_interval_of_positive_width(self):
        result = compared([1, 0, 1, 1, 0, 1], [1, 0, 1, 1, 0, 1])
        assert (0.0, 1.0, "inconclusive") == (result.difference, result.p_value, result.verdict)
        assert (-0.2863297027642045, 0.2863297027642045) == pytest.approx((result.low, result.high), abs=1e-9)

    def test_fewer_than_six_pairs_are_insufficient_whatever_they_say(self):
        result = compared([1] * 5, [0] * 5)
        assert (0.0625, "insufficient data") == (result.p_value, result.verdict)
        assert (0.03125, "A better") == (compared([1] * 6, [0] * 6).p_value, compared([1] * 6, [0] * 6).verdict)

    def test_a_single_pair_has_no_interval(self):
        result = compared([True], [False])
        assert (1.0, None, None, "insufficient data") == (result.p_value, result.low, result.high, result.verdict)


class TestContinuous:
    def test_students_sleep_data(self):
        # R's t.test(paired = TRUE): -2.4598858 to -0.7001142; all 2^10 sign flips: 0.00390625
        result = compared(SLEEP_A, SLEEP_B)
        assert (-1.58, -2.4598858, -0.7001142) == pytest.approx((result.difference, result.low, result.high), abs=5e-8)
        assert (0.00390625, "t+sign_flip_exact", 0, 9) == (
            result.p_value,
            result.method,
            result.n_better_a,
            result.n_better_b,
        )
        assert "B better" == result.verdict

    def test_darwins_maize(self):
        # Fisher 1935, The Design of Experiments: 863 of 32768 assignments reach the sum, two-sided 5.267%
        result = compared(MAIZE, [0] * 15)
        assert (2 * 863 / 32768, "inconclusive", 13, 2) == (
            result.p_value,
            result.verdict,
            result.n_better_a,
            result.n_better_b,
        )

    def test_beyond_fifteen_pairs_flips_are_drawn_and_come_near_the_exact_p(self):
        differences = np.array([*MAIZE, 10.0, 5.0])
        sums = np.zeros(1)
        for difference in differences:
            sums = np.concatenate([sums + difference, sums - difference])
        found, form = sign_flip_p_value(differences, rng=np.random.default_rng(0))
        assert "sign_flip" == form
        assert np.mean(np.abs(sums) >= differences.sum()) == pytest.approx(found, abs=0.008)

    def test_a_drawn_p_is_never_zero(self):
        found, _ = sign_flip_p_value(np.ones(200), rng=np.random.default_rng(0))
        assert 1 / 10_001 == found

    def test_many_pairs_are_flipped_in_portions_with_the_same_outcome_for_one_seed(self):
        a, b = np.random.default_rng(1).normal(size=(2, 1500))
        assert compared(a, b) == compared(a, b)

    def test_no_spread_and_no_difference(self):
        result = compared([0.5] * 8, [0.5] * 8)
        assert (0.0, 1.0, None, None, "inconclusive") == (
            result.difference,
            result.p_value,
            result.low,
            result.high,
            result.verdict,
        )

    def test_a_constant_difference_has_its_exact_p_and_says_that_there_was_no_spread(self):
        result = compared([0.7] * 8, [0.6] * 8)
        assert (0.0078125, None, None) == (result.p_value, result.low, result.high)
        assert ("no_spread+sign_flip_exact", "A better") == (result.method, result.verdict)

    def test_rounding_noise_is_no_difference(self):
        result = compared([0.1 + 0.2] * 8, [0.3] * 8)
        assert (0.0, 1.0, 0, 0) == (result.difference, result.p_value, result.n_better_a, result.n_better_b)

    def test_where_less_is_better_the_verdict_turns_round_and_the_difference_does_not(self):
        result = compared(SLEEP_A, SLEEP_B, higher_is_better=False)
        assert ("A better", 9, 0) == (result.verdict, result.n_better_a, result.n_better_b)
        assert result.difference < 0

    def test_a_stricter_level_asks_for_a_smaller_p(self):
        assert "inconclusive" == compared([0.5] * 7, [0.1] * 7, confidence_level=0.99).verdict
        assert "A better" == compared([0.5] * 7, [0.1] * 7).verdict


@pytest.mark.parametrize(("a", "b"), [([], []), ([1], [1, 0])])
def test_what_makes_no_pairs_is_refused(a, b):
    with pytest.raises(IncomparableError, match="make no pairs"):
        compared(a, b)


def test_the_level_is_told_and_no_bootstrap_is_drawn():
    skewed = np.random.default_rng(0).lognormal(0, 1, 150).tolist()
    rng = np.random.default_rng(0)
    result = paired_difference(skewed, [0.0] * 150, rng=rng)
    assert 0.95 == result.confidence_level == PairedResult.__dataclass_fields__["confidence_level"].default
    flips = np.random.default_rng(0)
    flips.integers(256, size=(19, 10_000), dtype=np.uint8)
    assert flips.random() == rng.random()


def test_a_score_that_is_no_number_is_refused():
    with pytest.raises(ConfigurationError, match="scores of B"):
        compared([1, 0], [1, float("inf")])


@given(st.lists(st.tuples(st.sampled_from([0, 1, 0.5]), st.sampled_from([0, 1, 0.25])), min_size=1, max_size=14))
def test_swapping_the_sides_turns_everything_round(pairs):
    a, b = zip(*pairs, strict=True)
    there, back = compared(a, b), compared(b, a)
    assert there.difference == pytest.approx(-back.difference)
    assert there.p_value == back.p_value
    assert (there.n_better_a, there.n_better_b) == (back.n_better_b, back.n_better_a)
    assert {"A better": "B better", "B better": "A better"}.get(there.verdict, there.verdict) == back.verdict
    assert 0 < there.p_value <= 1
    if there.low is not None:
        assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-12)
        assert there.low - 1e-12 <= there.difference <= there.high + 1e-12


def test_equal_candidates_are_called_different_no_more_often_than_promised():
    rng = np.random.default_rng(12)
    verdicts = [paired_difference(*rng.binomial(1, 0.6, size=(2, 60)), rng=rng).verdict for _ in range(600)]
    assert sum(verdict != "inconclusive" for verdict in verdicts) / 600 < 0.05


def test_the_t_interval_of_differences_covers_the_truth_as_often_as_it_promises():
    rng = np.random.default_rng(13)
    hits = 0
    for _ in range(1000):
        shared, own_a, own_b = rng.uniform(size=(3, 12))
        result = paired_difference(shared + own_a + 0.1, shared + own_b, rng=rng)
        hits += result.low <= 0.1 <= result.high
    assert 0.93 < hits / 1000 < 0.97


def test_counts_that_all_happen_to_be_0_or_1_are_no_shares():
    a, b = [1.0] * 20 + [0.0] * 10, [1.0] * 8 + [0.0] * 22
    shares, counts = compared(a, b), compared(a, b, may_be_shares=False)

    assert ("newcombe+mcnemar_exact", "t+sign_flip") == (shares.method, counts.method)
    assert shares.difference == pytest.approx(counts.difference)
    # 12 of 12 differences are 1: of all 2 ** 12 signs two are as extreme, and a mid-p counts half of them.
    assert pytest.approx(1 / 2**12) == counts.p_value


def test_no_interval_is_wider_than_possible():
    a, b = [0.9, 0.1, 0.8], [0.1, 0.7, 0.2]
    free, bounded = compared(a, b), compared(a, b, largest_difference=1.0)
    assert (free.low < -1, free.high > 1) == (True, True)
    assert (-1.0, 1.0) == (bounded.low, bounded.high)
