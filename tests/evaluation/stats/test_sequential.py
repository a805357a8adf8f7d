from math import comb, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.errors import ConfigurationError
from evaluation.stats.paired_tests import mcnemar_p_value
from evaluation.stats.sequential import (
    BettingSequence,
    Design,
    EProcess,
    always_valid_p_values,
    crossing_probability,
    empirical_bernstein_limits,
    group_sequential_bounds,
)

WINS = [1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1]


# 2^n B(w + 1, n - w + 1) after each; equal to savvi 0.3.1, Multinomial(theta0=[.5, .5], k=2), at every step
E_VALUES = [
    *[1, 1.333333333333332, 0.6666666666666669, 0.7999999999999994, 1.0666666666666647, 1.5238095238095224],
    *[0.7619047619047639, 1.0158730158730191, 1.4222222222222232, 2.0686868686868634, 3.103030303030293],
    *[4.773892773892774, 2.0459540459540375, 3.000732600732598, 4.50109890109891, 2.118164188752404],
    *[3.0595704948645968, 4.508840729274161, 2.2544203646370766, 3.220600520910118],
]


class TestEProcess:
    def test_its_values_are_the_published_ones_at_every_step(self):
        assert E_VALUES == pytest.approx(np.exp(EProcess().log_e_path(WINS)), abs=1e-9)

    @pytest.mark.parametrize(
        ("wins", "losses", "e_value"),
        [(15, 5, 3.220600520910118), (40, 10, 2149.13073772614), (25, 25, 0.1746409528736165)],
    )
    def test_its_value_follows_from_the_counts(self, wins, losses, e_value):
        assert e_value == pytest.approx(np.exp(EProcess().log_e_values(wins, losses)), rel=1e-9)

    def test_the_price_of_looking_all_the_time(self):
        # 15 of 20 would do for a test that looks once
        assert 0.041 == pytest.approx(mcnemar_p_value(15, 5)[0], abs=0.0005)
        assert EProcess().log_e_values(15, 5) < log(20)

    def test_the_always_valid_p_is_one_over_the_largest_so_far(self):
        path = EProcess().log_e_path(WINS)
        assert 0.20947265625 == pytest.approx(always_valid_p_values(path), abs=1e-9)
        assert not (path >= log(20)).any()
        assert 1.0 == always_valid_p_values([-1.0, -0.5])
        assert [0.5, 1.0] == pytest.approx(always_valid_p_values([[0, log(2), 0], [-1, -2, 0]]))

    def test_many_pairs_are_taken_at_once(self):
        wins, losses = np.array([[15, 40], [25, 0]]), np.array([[5, 10], [25, 0]])
        found = EProcess().log_e_values(wins, losses)
        assert (2, 2) == found.shape
        assert [3.220600520910118, 2149.13073772614, 0.1746409528736165, 1] == pytest.approx(np.exp(found).ravel())
        assert EProcess().log_e_path([WINS, WINS[::-1]])[0] == pytest.approx(EProcess().log_e_path(WINS))

    def test_one_sided_it_averages_over_chances_above_one_half_only(self):
        chances = (np.arange(20_000) + 0.5) / 40_000 + 0.5
        likelihood_ratios = (2 * chances) ** 15 * (2 * (1 - chances)) ** 5
        found = np.exp(EProcess(one_sided=True).log_e_values(15, 5))
        assert likelihood_ratios.mean() == pytest.approx(found, rel=1e-6)
        assert found > 1.9 * E_VALUES[-1]

    def test_one_sided_losses_are_no_evidence(self):
        one_sided = EProcess(one_sided=True)
        assert one_sided.log_e_values(0, 20) < 0
        assert -np.inf == one_sided.log_e_values(0, 5000)
        assert 0 == pytest.approx(one_sided.log_e_values(0, 0))

    def test_a_stronger_prior_bets_on_small_differences(self):
        near, far = (560, 440), (30, 2)
        assert EProcess(prior=50).log_e_values(*near) > EProcess().log_e_values(*near)
        assert EProcess(prior=50).log_e_values(*far) < EProcess().log_e_values(*far)
        # Beta-binomial by hand: 2^1 B(3, 2) / B(2, 2)
        assert 1.0 == pytest.approx(np.exp(EProcess(prior=2).log_e_values(1, 0)))

    def test_what_cannot_be_counted_is_refused(self):
        with pytest.raises(ConfigurationError, match="counts"):
            EProcess().log_e_values([1, -1], [0, 0])
        with pytest.raises(ConfigurationError, match="counts"):
            EProcess().log_e_values([1, 1], [0, -1])
        with pytest.raises(ConfigurationError, match="counts"):
            EProcess().log_e_values(1, -1)
        for prior in (0.0, -1.0, float("inf"), float("nan")):
            with pytest.raises(ConfigurationError, match="prior="):
                EProcess(prior=prior)

    @given(st.integers(0, 300), st.integers(0, 300))
    def test_two_sided_it_does_not_matter_who_won(self, wins, losses):
        found = EProcess().log_e_values(wins, losses)
        assert found == pytest.approx(EProcess().log_e_values(losses, wins))
        n = wins + losses
        assert found == pytest.approx(n * log(2) - log((n + 1) * comb(n, wins)), abs=1e-8)

    @given(st.integers(0, 60), st.integers(0, 60), st.booleans(), st.sampled_from([0.5, 1.0, 10.0]))
    def test_the_bets_are_fair(self, wins, losses, one_sided, prior):
        """Half a win more and half a loss more are worth what is there."""
        process = EProcess(one_sided=one_sided, prior=prior)
        now, after_win, after_loss = np.exp(process.log_e_values([wins, wins + 1, wins], [losses, losses, losses + 1]))
        assert now == pytest.approx((after_win + after_loss) / 2)


def test_a_plain_test_at_every_look_goes_wrong_and_the_e_process_does_not():
    """Equal candidates, 400 differing cases, 20 looks: p < .05 at any look."""
    rng = np.random.default_rng(2)
    won = rng.integers(0, 2, size=(2000, 400)).cumsum(axis=1)[:, 19::20]
    seen = np.arange(20, 401, 20)
    plain = np.array(
        [[mcnemar_p_value(int(w), int(n - w))[0] for w, n in zip(row, seen, strict=True)] for row in won[:500]]
    )
    assert 0.15 < (plain < 0.05).any(axis=1).mean()
    for process in (EProcess(), EProcess(one_sided=True), EProcess(prior=20)):
        log_e = process.log_e_values(won, seen - won)
        assert (always_valid_p_values(log_e) < 0.05).mean() <= 0.05
        assert 0.001 < (log_e >= log(20)).any(axis=1).mean()


def test_a_real_difference_is_found_long_before_the_end():
    won = np.random.default_rng(3).random(size=(500, 400)) < 0.65
    log_e = EProcess().log_e_path(won)
    assert 0.99 < (log_e >= log(20)).any(axis=1).mean()
    assert np.argmax(log_e >= log(20), axis=1).mean() < 150


def with_mean_and_spread(rng, *, mean, deviation, n):
    values = rng.normal(size=n)
    return mean + deviation * (values - values.mean()) / values.std(ddof=1)


class TestBettingSequence:
    def test_at_sixty_cases_it_is_far_shorter_than_empirical_bernstein(self):
        """Where Student's interval at a fixed n is .532 to .623, betting gave about .50 to .63 and EB .440 to .713."""
        rng = np.random.default_rng(1)
        rows = np.array([with_mean_and_spread(rng, mean=0.5775, deviation=0.176, n=60) for _ in range(40)])
        low, high = BettingSequence(low=0, high=1).limits(rows.clip(0, 1))
        assert 0.505 == pytest.approx(np.median(low), abs=0.01)
        assert 0.643 == pytest.approx(np.median(high), abs=0.01)
        eb_low, eb_high = empirical_bernstein_limits(rows.clip(0, 1), low=0, high=1)
        assert 0.440 == pytest.approx(np.median(eb_low), abs=0.004)
        assert 0.713 == pytest.approx(np.median(eb_high), abs=0.004)

    def test_empirical_bernstein_is_theorem_two_of_the_paper(self):
        values = np.random.default_rng(11).beta(2, 3, size=25)
        lows, highs = [], []
        mean, variance, total, weighted, spent = 0.5, 0.25, 0.0, 0.0, 0.0
        for t, x in enumerate(values, start=1):
            stake = min(0.5, np.sqrt(2 * log(2 / 0.1) / (variance * t * log(1 + t))))
            spent += 4 * (x - mean) ** 2 * (-log(1 - stake) - stake) / 4
            total, weighted = total + stake, weighted + stake * x
            lows.append((weighted - log(2 / 0.1) - spent) / total)
            highs.append((weighted + log(2 / 0.1) + spent) / total)
            mean = (0.5 + values[:t].sum()) / (t + 1)
            so_far = [(0.5 + values[: i + 1].sum()) / (i + 2) for i in range(t)]
            variance = (0.25 + ((values[:t] - so_far) ** 2).sum()) / (t + 1)
        found = empirical_bernstein_limits(values, low=0, high=1, confidence_level=0.9)
        assert (max(lows), min(highs)) == pytest.approx(found)
        # Where values hardly vary, stakes are all at their limit; where they vary a lot, none is.
        wide = empirical_bernstein_limits(np.tile([0.0, 1.0], 200), low=0, high=1)
        assert 0.4 < wide[0] < 0.5 < wide[1] < 0.6

    def test_empirical_bernstein_keeps_to_the_bounds(self):
        assert (-1, 1) == empirical_bernstein_limits([0.5])
        assert (2, 7) == empirical_bernstein_limits([3.0], low=2, high=7)

    def test_the_wealth_of_the_bettors_by_hand(self):
        stakes = 0.95 * (np.arange(1, 9) / 8) ** 1.5
        # On [0, 1] with a mean of .5: 1 pays a share as much as it lost for 0, and .5 nothing.
        wealth = [np.mean(1 + stakes), np.mean((1 + stakes) * (1 - stakes)), np.mean((1 + stakes) * (1 - stakes))]
        found = BettingSequence(low=0, high=1).log_e_path([1, 0, 0.5], mean=0.5)
        assert wealth == pytest.approx(np.exp(found))
        assert wealth[-1] == pytest.approx(np.exp(BettingSequence(low=0, high=1).log_e_values([1, 0, 0.5], mean=0.5)))
        assert np.exp(found) == pytest.approx(np.exp(BettingSequence().log_e_path([1, -1, 0])))

    def test_the_limits_are_where_the_wealth_reaches_its_threshold(self):
        values = np.random.default_rng(4).uniform(-0.4, 0.6, size=80)
        sequence = BettingSequence(confidence_level=0.9)
        low, high = sequence.limits(values)
        assert log(20) == pytest.approx(sequence.log_e_path(values, mean=float(low)).max(), abs=1e-6)
        assert log(20) == pytest.approx(sequence.log_e_path(-values, mean=-float(high)).max(), abs=1e-6)

    def test_a_case_that_was_not_seen_changes_nothing(self):
        values = np.random.default_rng(4).uniform(-0.4, 0.6, size=20)
        gaps = np.insert(values, [0, 7, 20], np.nan)
        assert BettingSequence().limits(values) == pytest.approx(BettingSequence().limits(gaps))
        assert BettingSequence().log_e_values(values) == pytest.approx(BettingSequence().log_e_values(gaps))

    def test_nothing_seen_is_nothing_known(self):
        low, high = BettingSequence().limits(np.empty((3, 0)))
        assert ([-1, -1, -1], [1, 1, 1]) == (low.tolist(), high.tolist())
        assert [0, 0, 0] == BettingSequence().log_e_values(np.empty((3, 0))).tolist()

    def test_rows_are_handled_each_by_itself(self):
        rows = np.random.default_rng(5).uniform(-1, 1, size=(3, 30))
        low, high = BettingSequence().limits(rows)
        assert (3,) == low.shape
        for i in range(3):
            assert (low[i], high[i]) == pytest.approx(BettingSequence().limits(rows[i]))

    def test_the_limits_move_and_stretch_with_the_values(self):
        values = np.random.default_rng(6).uniform(-1, 1, size=30)
        low, high = BettingSequence().limits(values)
        assert (3 + 2 * low, 3 + 2 * high) == pytest.approx(BettingSequence(low=1, high=5).limits(3 + 2 * values))
        moved = empirical_bernstein_limits(3 + 2 * values, low=1, high=5)
        assert moved == pytest.approx([3 + 2 * limit for limit in empirical_bernstein_limits(values)])

    @pytest.mark.parametrize("skewed", [False, True])
    def test_it_covers_the_truth_at_all_looks_at_once(self, skewed):
        """The truth lies outside the limits where one side's wealth at the truth ever reached the threshold."""
        rng = np.random.default_rng(7)
        if skewed:
            values, sequence = 2 * rng.beta(0.5, 1.5, size=(1000, 200)) - 0.5, BettingSequence(low=-0.5, high=1.5)
        else:
            values = rng.choice([-1, 0, 1], p=[0.15, 0.7, 0.15], size=(1000, 200))
            sequence = BettingSequence()
        turned = BettingSequence(low=-sequence.high, high=-sequence.low)
        above, below = sequence.log_e_path(values).max(axis=1), turned.log_e_path(-values).max(axis=1)
        assert np.mean(np.maximum(above, below) >= log(40)) <= 0.05
        assert 0.005 < np.mean(above >= log(20)) <= 0.05

    def test_a_real_difference_is_found(self):
        values = np.random.default_rng(8).normal(0.15, 0.3, size=(50, 200)).clip(-1, 1)
        assert 0.98 < np.mean(BettingSequence().limits(values)[0] > 0)
        assert 0.98 < np.mean(BettingSequence().log_e_values(values) > log(20))

    @pytest.mark.parametrize("values", [[0.5, 1.1], [-1.1, 0.5]])
    def test_values_beyond_the_bounds_are_refused(self, values):
        with pytest.raises(ConfigurationError, match="values outside -1"):
            BettingSequence().limits(values)
        with pytest.raises(ConfigurationError, match="values outside -1"):
            empirical_bernstein_limits(values)

    def test_rounding_noise_at_the_bounds_is_not(self):
        low, high = BettingSequence().limits([1 + 1e-12, -1 - 1e-12])
        assert (-1, 1) == pytest.approx((low, high), abs=0.05)

    @pytest.mark.parametrize("bounds", [(1, 1), (1, -1), (0, float("inf")), (-float("inf"), 0), (float("nan"), 1)])
    def test_bounds_without_room_are_refused(self, bounds):
        with pytest.raises(ConfigurationError, match="cannot be bet on"):
            BettingSequence(low=bounds[0], high=bounds[1])

    @pytest.mark.parametrize("mean", [-1, 1, 2])
    def test_a_mean_on_a_bound_cannot_be_bet_against(self, mean):
        with pytest.raises(ConfigurationError, match="must lie between -1"):
            BettingSequence().log_e_path([0.5], mean=mean)

    def test_a_level_that_is_none_is_refused(self):
        with pytest.raises(ConfigurationError, match="confidence_level="):
            BettingSequence(confidence_level=0.05)
        with pytest.raises(ConfigurationError, match="confidence_level="):
            empirical_bernstein_limits([0.1], confidence_level=0.05)

    @given(st.lists(st.floats(-1, 1), min_size=1, max_size=30), st.floats(-1, 1))
    def test_another_case_never_widens_the_limits(self, values, another):
        low, high = BettingSequence().limits(values)
        lower, higher = BettingSequence().limits([*values, another])
        assert low <= lower + 1e-9
        assert higher <= high + 1e-9

    @given(st.lists(st.floats(-1, 1), min_size=1, max_size=30))
    def test_turned_values_have_turned_limits(self, values):
        low, high = BettingSequence().limits(values)
        assert (-high, -low) == pytest.approx(BettingSequence().limits([-value for value in values]), abs=1e-9)

    @given(st.floats(-0.9, 0.9), st.floats(-0.9, 0.9), st.lists(st.floats(-1, 1), min_size=1, max_size=10))
    def test_the_higher_the_mean_the_less_the_bettors_win(self, one, other, values):
        low, high = sorted((one, other))
        sequence = BettingSequence()
        assert sequence.log_e_values(values, mean=high) <= sequence.log_e_values(values, mean=low) + 1e-9


OBRIEN_FLEMING, POCOCK = Design.OBRIEN_FLEMING, Design.POCOCK


def test_obrien_and_flemings_five_looks_are_the_published_ones():
    # Jennison and Turnbull 2000, table 2.3: C_B(5, .05) = 2.040, divided by the root of the share
    expected = (4.561578674099572, 3.2255232133717473, 2.6336286754210434, 2.280789337049786, 2.04)
    assert expected == pytest.approx(group_sequential_bounds(5), abs=0.002)


@pytest.mark.parametrize(
    ("n_looks", "alpha", "obrien_fleming", "pocock"),
    [
        # Jennison and Turnbull 2000, tables 2.1 and 2.3
        (1, 0.05, 1.960, 1.960),
        (2, 0.05, 1.977, 2.178),
        (5, 0.05, 2.040, 2.413),
        (10, 0.05, 2.087, 2.555),
        (20, 0.05, 2.126, 2.672),
        (5, 0.01, 2.621, 2.986),
        (5, 0.10, 1.751, 2.122),
    ],
)
def test_the_last_bound_is_the_published_one(n_looks, alpha, obrien_fleming, pocock):
    assert obrien_fleming == pytest.approx(group_sequential_bounds(n_looks, alpha=alpha)[-1], abs=0.0006)
    found = group_sequential_bounds(n_looks, design=POCOCK, alpha=alpha)
    assert [pytest.approx(pocock, abs=0.0006)] * n_looks == list(found)


def test_designs_go_by_name():
    assert ["obrien_fleming", "pocock"] == [str(design) for design in Design]


def test_a_plain_test_looked_at_twenty_times_goes_wrong_in_a_quarter_of_cases():
    # Armitage, McPherson and Rowe 1969, table 2: .248 after 20 looks, .142 after 5
    assert 0.248 == pytest.approx(crossing_probability([1.96] * 20), abs=0.0005)
    assert 0.142 == pytest.approx(crossing_probability([1.96] * 5), abs=0.0005)


def test_unequal_looks_keep_the_promise_in_simulation():
    shares = (0.1, 0.5, 0.6, 1.0)
    rng = np.random.default_rng(5)
    steps = rng.normal(size=(200_000, 4)) * np.sqrt(np.diff(shares, prepend=0))
    z = steps.cumsum(axis=1) / np.sqrt(shares)
    for design in Design:
        bounds = group_sequential_bounds(4, design=design, fractions=shares)
        assert 0.05 == pytest.approx((np.abs(z) >= bounds).any(axis=1).mean(), abs=0.0015)
        assert 0.05 == pytest.approx(crossing_probability(bounds, fractions=shares), abs=1e-9)


def test_the_bounds_of_two_unequal_looks_follow_from_the_share_seen():
    first, last = group_sequential_bounds(2, fractions=(0.25, 1))
    assert first == pytest.approx(2 * last)


def test_looks_as_close_as_can_be_are_hardly_more_than_one():
    assert 1.96 < group_sequential_bounds(3, design=POCOCK, fractions=(0.998, 0.999, 1))[-1] < 1.99
    doubled = group_sequential_bounds(3, design=POCOCK, fractions=(0.5, 0.501, 1))
    assert group_sequential_bounds(2, design=POCOCK)[-1] == pytest.approx(doubled[-1], abs=0.02)


def test_a_first_look_at_next_to_nothing_costs_nothing():
    assert 1.96 == pytest.approx(group_sequential_bounds(2, fractions=(1e-6, 1))[-1], abs=0.0005)


@given(st.integers(1, 6), st.floats(0.001, 0.4), st.sampled_from(Design))
@settings(max_examples=20)
def test_all_looks_together_cross_as_often_as_promised(n_looks, alpha, design):
    bounds = group_sequential_bounds(n_looks, design=design, alpha=alpha)
    assert alpha == pytest.approx(crossing_probability(bounds), abs=1e-9)


@pytest.mark.parametrize(
    ("n_looks", "options", "what"),
    [
        (0, {}, "n_looks=0"),
        (2, {"alpha": 0.0}, "alpha=0.0"),
        (2, {"alpha": 1.0}, "alpha=1.0"),
        (2, {"fractions": (0.5, 0.9)}, "fractions="),
        (2, {"fractions": (0.5, 0.5, 1)}, "fractions="),
        (3, {"fractions": (0.5, 0.5, 1)}, "fractions="),
        (2, {"fractions": (0, 1)}, "fractions="),
        (2, {"fractions": (0.9995, 1)}, "fractions="),
        (2, {"fractions": (0.5, 0.4)}, "fractions="),
    ],
)
def test_looks_that_make_no_design_are_refused(n_looks, options, what):
    with pytest.raises(ConfigurationError, match=what):
        group_sequential_bounds(n_looks, **options)
