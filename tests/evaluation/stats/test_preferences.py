import math

import numpy as np
import pytest
from american_league import TEAMS, VOTES

from evaluation.errors import ConfigurationError
from evaluation.stats.bradley_terry import Vote, deviance_of, fitted, resampled_limits, tabled
from evaluation.stats.multiplicity import holm
from evaluation.stats.preferences import ELO, rank_preferences


def ranked(votes, **options):
    return rank_preferences(votes, rng=np.random.default_rng(0), **options)


def wins(**counts):
    """Votes from `A_B=3`: A won three times against B."""
    return [Vote(a=pair[0], b=pair[2], score=1) for pair, n in counts.items() for _ in range(n)]


def simulated(rng, strengths, *, n_prompts, taste=0.0, n_votes=1):
    """Every pair on every prompt; `taste` is how much a prompt shifts the strength of each, for all of its votes."""
    names, votes = list(strengths), []
    for prompt in range(n_prompts):
        s = {name: strength + taste * rng.normal() for name, strength in strengths.items()}
        for i, a in enumerate(names):
            for b in names[i + 1 :]:
                chance = 1 / (1 + math.exp(s[b] - s[a]))
                votes += [
                    Vote(a=a, b=b, score=float(rng.random() < chance), prompt=str(prompt)) for _ in range(n_votes)
                ]
    return votes


class TestBaseball:
    def test_ratings_are_the_published_ones(self):
        found = ranked(VOTES, n_resamples=50)
        assert [*TEAMS] == [rating.name for rating in found.ratings]
        # statsmodels' GLM, scaled by 400 / ln 10 around 1000
        expected = [
            *[1092.2707859558748, 1067.0908357703238, 1042.4362319804482, 1034.2945517597188, 1009.9879339172845],
            *[936.3585271241822, 817.561133492172],
        ]
        assert expected == pytest.approx([rating.elo for rating in found.ratings], abs=1e-6)
        assert [(elo - 1000) * math.log(10) / 400 for elo in expected] == pytest.approx(
            [rating.log_ability for rating in found.ratings], abs=1e-6
        )

    def test_how_well_one_scale_fits_is_the_published_deviance(self):
        found = ranked(VOTES, n_resamples=50)
        assert 15.736500926345824 == pytest.approx(found.deviance, abs=1e-6)
        assert (15, 273, 273) == (found.degrees_of_freedom, found.n_votes, found.n_prompts)
        assert [78] * 7 == [rating.n_votes for rating in found.ratings]

    def test_contrasts_are_held_against_their_own_standard_error_and_adjusted_for_their_number(self):
        found = ranked(VOTES, n_resamples=50)
        by_pair = {(one.a, one.b): one for one in found.contrasts}
        one = by_pair["Detroit", "Milwaukee"]
        assert 21 == len(by_pair)
        assert 1 - 0.5361735502386518 == pytest.approx(one.chance, abs=1e-6)
        assert 1067.0908357703238 - 1092.2707859558748 == pytest.approx(one.elo, abs=1e-6)
        from scipy.stats import t

        assert 2 * t.sf(abs(one.z), 272) == pytest.approx(one.p_value)
        # Each interval by itself; where Holm's p shows nothing it reaches 0 all the same.
        half = t.ppf(0.975, 272) * one.elo / one.z
        assert all(each.low <= 0 <= each.high for each in found.contrasts if each.p_adjusted >= 0.05)
        assert any(each.p_value < 0.05 <= each.p_adjusted for each in found.contrasts)
        assert (one.elo - half, one.elo + half) == pytest.approx((one.low, one.high))
        assert holm([contrast.p_value for contrast in found.contrasts]) == tuple(
            contrast.p_adjusted for contrast in found.contrasts
        )

    def test_standing_follows_from_the_adjusted_contrasts(self):
        found = ranked(VOTES, n_resamples=50)
        assert (TEAMS[:6], ("Cleveland", "Baltimore")) == found.groups
        assert [(1, 6)] * 5 + [(1, 7), (6, 7)] == [rating.ranks for rating in found.ratings]
        assert found.winner is None

    def test_an_interval_is_students_around_the_rating(self):
        from scipy.stats import t

        rating = ranked(VOTES, n_resamples=50).ratings[0]
        half = t.ppf(0.975, 272) * rating.standard_error
        assert (rating.elo - half, rating.elo + half) == pytest.approx((rating.low, rating.high))
        narrow = ranked(VOTES, n_resamples=50, confidence_level=0.8).ratings[0]
        assert t.ppf(0.9, 272) * rating.standard_error == pytest.approx(narrow.high - narrow.elo)

    def test_the_bootstrap_over_prompts_comes_near_the_sandwich(self):
        for rating in ranked(VOTES, n_resamples=1000).ratings:
            assert (rating.low, rating.high) == pytest.approx(rating.bootstrap, abs=20)

    def test_the_same_seed_gives_the_same_ratings_whichever_is_called_a(self):
        assert ranked(VOTES, n_resamples=50) == ranked(VOTES, n_resamples=50)
        turned = [Vote(a=vote.b, b=vote.a, score=1 - vote.score) for vote in VOTES]
        found, expected = ranked(turned, n_resamples=50).contrasts, ranked(VOTES, n_resamples=50).contrasts
        assert [one.p_value for one in expected] == pytest.approx([one.p_value for one in found])


class TestUnbeaten:
    VOTES = wins(A_B=5, A_C=5, B_C=3, C_B=2)

    def test_its_rating_is_finite_and_open_upwards(self):
        found = ranked(self.VOTES)
        best = found.ratings[0]
        assert ("A", None) == (best.name, best.high)
        assert math.isfinite(best.elo)
        assert best.low < best.elo
        half = "not all are connected by wins in both directions: half a win was added to each side"
        assert (half,) == found.notes
        assert (None, None) == (found.deviance, found.degrees_of_freedom)

    def test_half_a_win_was_added_to_each_pairing(self):
        # By hand for two: ln(5.5 / .5)
        first, second = ranked(wins(A_B=5)).ratings
        assert math.log(11) == pytest.approx(first.log_ability - second.log_ability)
        assert (None, None) == (first.high, second.low)

    def test_pairings_that_never_were_get_nothing_and_those_that_were_once_get_theirs(self):
        ratings = {rating.name: rating.log_ability for rating in ranked(wins(A_B=1, B_C=1)).ratings}
        assert {"A": math.log(3), "B": 0, "C": -math.log(3)} == pytest.approx(ratings)

    def test_resamples_without_one_of_the_candidates_count_too(self):
        # A third of the resamples have no vote on C, which is then as good as B and neither strong nor weak.
        by_name = {rating.name: rating for rating in ranked(wins(A_B=60, B_A=39, B_C=1)).ratings}
        assert (None, None) == (by_name["A"].bootstrap[1], by_name["B"].bootstrap[1])
        assert 1000 < by_name["A"].bootstrap[0] < by_name["A"].elo
        low, high = by_name["C"].bootstrap
        assert low is None
        assert by_name["C"].elo < high < 1000

    def test_contrasts_are_open_where_one_never_lost_and_closed_between_those_who_did(self):
        by_pair = {(one.a, one.b): one for one in ranked(self.VOTES).contrasts}
        assert [None, None] == [by_pair["A", "B"].high, by_pair["A", "C"].high]
        assert None not in (by_pair["A", "B"].low, by_pair["B", "C"].low, by_pair["B", "C"].high)

    def test_five_wins_of_five_are_no_claim(self):
        # The exact test says p = .0625.
        found = ranked(wins(A_B=5))
        assert found.contrasts[0].p_value > 0.05
        assert found.winner is None

    def test_standard_errors_are_the_larger_of_the_models_and_the_clustered(self):
        fit = fitted(tabled(self.VOTES))
        assert 2 == len(fit.covariances)
        errors = {rating.name: rating.standard_error for rating in ranked(self.VOTES).ratings}
        largest = np.sqrt(np.max([np.diagonal(one) for one in fit.covariances], axis=0)) * ELO
        assert largest == pytest.approx([errors[name] for name in "ABC"])

    def test_the_bootstrap_leaves_ends_open_that_many_resamples_leave_open(self):
        votes = wins(A_B=98, B_A=2)
        first, second = ranked(votes).ratings
        # No win of B among 100 drawn votes: .98^100 = .13, far more than 2.5 %
        assert first.bootstrap[1] is None
        assert second.bootstrap[0] is None
        assert first.bootstrap[0] < first.elo
        assert all(None not in rating.bootstrap for rating in ranked(wins(A_B=80, B_A=20)).ratings)


class TestComponents:
    VOTES = wins(A_B=3, B_A=1, C_D=2, D_C=2)

    def test_candidates_that_never_met_have_no_joint_ranking(self):
        found = ranked(self.VOTES)
        assert ((), (), None) == (found.ratings, found.contrasts, found.winner)
        assert (("A", "B"), ("C", "D")) == found.components
        assert "no joint ranking" in found.notes[0]
        assert (8, 8, ()) == (found.n_votes, found.n_prompts, found.groups)

    def test_each_component_is_ranked_by_itself(self):
        first, second = ranked(self.VOTES).parts
        assert (["A", "B"], ["C", "D"]) == ([r.name for r in first.ratings], [r.name for r in second.ratings])
        assert math.log(3) == pytest.approx(first.ratings[0].log_ability * 2)
        assert ranked(wins(A_B=3, B_A=1)).contrasts == first.contrasts

    def test_connected_ones_are_one_component_without_parts(self):
        found = ranked(wins(A_B=3, B_A=1))
        assert ((("A", "B"),), ()) == (found.components, found.parts)


class TestClusters:
    def test_votes_that_come_in_fives_are_one_piece_of_evidence(self):
        alone = [Vote(a="A", b="B", score=float(i % 3 > 0), prompt=str(i)) for i in range(60)]
        found, repeated = ranked(alone), ranked([vote for vote in alone for _ in range(5)])
        assert found.ratings[0].elo == pytest.approx(repeated.ratings[0].elo)
        assert found.ratings[0].standard_error == pytest.approx(repeated.ratings[0].standard_error)
        assert found.contrasts[0].p_value == pytest.approx(repeated.contrasts[0].p_value)
        assert (60, 60, 300) == (found.n_prompts, repeated.n_prompts, repeated.n_votes)

    def test_a_single_prompt_has_ratings_and_nothing_more(self):
        found = ranked([Vote(a="A", b="B", score=score, prompt="p") for score in (1, 1, 0)])
        rating, contrast = found.ratings[0], found.contrasts[0]
        assert math.log(2) == pytest.approx(2 * rating.log_ability)
        assert (None, None, None) == (rating.standard_error, rating.low, rating.high)
        assert (None,) * 5 == (contrast.low, contrast.high, contrast.z, contrast.p_value, contrast.p_adjusted)
        assert ((1, 2), None) == (rating.ranks, found.winner)
        assert ("one prompt says nothing of others: there are no intervals",) == found.notes

    def test_two_prompts_have_intervals(self):
        found = ranked(
            [Vote(a="A", b="B", score=score, prompt=str(i)) for i, score in enumerate((1, 1, 0, 0, 1, 0))][:2]
        )
        assert None not in (found.contrasts[0].z, found.ratings[0].low)

    def test_votes_that_balance_within_a_prompt_say_more_than_as_many_apart(self):
        pattern = [(1, 0)] * 30 + [(1, 1)] * 10
        found = ranked(
            [Vote(a="A", b="B", score=score, prompt=str(i)) for i, both in enumerate(pattern) for score in both]
        )
        alone = ranked([Vote(a="A", b="B", score=score) for both in pattern for score in both])
        assert found.contrasts[0].elo == pytest.approx(alone.contrasts[0].elo)
        assert found.contrasts[0].z > 1.3 * alone.contrasts[0].z
        assert () == found.notes

    def test_where_every_prompt_says_the_same_the_models_errors_stand_in(self):
        votes = [Vote(a="A", b="B", score=score, prompt=str(i)) for i in range(30) for score in (1, 1, 0)]
        found = ranked(votes)
        # ln 2 has the standard error 1 / sqrt(n p q)
        assert math.log(2) * math.sqrt(90 * 2 / 9) == pytest.approx(found.contrasts[0].z)
        assert ("every prompt says the same: standard errors are those of independent votes",) == found.notes

    def test_verdicts_that_follow_the_position_are_a_tie(self):
        votes = [vote for i in range(10) for vote in wins(A_B=1, B_A=1)]
        votes = [Vote(a=vote.a, b=vote.b, score=vote.score, prompt=str(i // 2)) for i, vote in enumerate(votes)]
        found = ranked(votes)
        assert (0.0, 1.0) == pytest.approx((found.contrasts[0].elo, found.contrasts[0].p_value))
        assert [1000, 1000] == pytest.approx([rating.elo for rating in found.ratings])

    def test_ties_are_half_a_win(self):
        votes = [Vote(a="A", b="B", score=score) for score in [1, 0.5, 0.5, 0.5]]
        assert math.log(2.5 / 1.5) == pytest.approx(ranked(votes).ratings[0].log_ability * 2)

    def test_equal_candidates_are_called_different_no_more_often_than_promised(self):
        """Prompts have tastes, and give two votes on every pair: taking votes as independent fails here."""
        rng = np.random.default_rng(4)
        claims, naive = 0, 0
        for _ in range(300):
            votes = simulated(rng, {"A": 0.0, "B": 0.0, "C": 0.0}, n_prompts=40, taste=1.5, n_votes=2)
            claims += any(one.p_adjusted < 0.05 for one in ranked(votes).contrasts)
            alone = [Vote(a=vote.a, b=vote.b, score=vote.score) for vote in votes]
            naive += any(one.p_adjusted < 0.05 for one in ranked(alone, n_resamples=2).contrasts)
        assert claims / 300 <= 0.07
        assert naive / 300 > 0.1

    def test_intervals_cover_the_truth(self):
        rng = np.random.default_rng(5)
        truth = {"A": 0.6, "B": 0.0, "C": -0.6}
        hits = []
        for _ in range(200):
            found = ranked(simulated(rng, truth, n_prompts=60))
            hits += [one.low <= ELO * (truth[one.a] - truth[one.b]) <= one.high for one in found.contrasts]
        assert 0.93 < np.mean(hits) < 0.975

    def test_a_clear_order_has_a_winner(self):
        found = ranked(simulated(np.random.default_rng(6), {"A": 0.0, "B": 2.0, "C": 1.0}, n_prompts=150))
        assert ("B", (("B",), ("C",), ("A",))) == (found.winner, found.groups)
        assert [("B", (1, 1)), ("C", (2, 2)), ("A", (3, 3))] == [(r.name, r.ranks) for r in found.ratings]


def test_percentiles_wait_for_a_hundred_prompts():
    votes = wins(A_B=60, B_A=40)
    rng = np.random.default_rng(0)
    assert resampled_limits(tabled(votes[:99]), rng, 100, 0.95) is None
    (low, high), _ = resampled_limits(tabled(votes), rng, 2000, 0.95)
    # ln(.6 / .4) / 2 with half the standard error 1 / sqrt(n p q)
    assert (0.203 - 0.2, 0.203 + 0.2) == pytest.approx((low, high), abs=0.03)
    (once_low, once_high), _ = resampled_limits(tabled(votes), np.random.default_rng(0), 2, 0.95)
    assert once_low < once_high
    (narrow_low, narrow_high), _ = resampled_limits(tabled(votes), rng, 2000, 0.5)
    assert (0.203 - 0.069, 0.203 + 0.069) == pytest.approx((narrow_low, narrow_high), abs=0.02)


def test_a_circle_of_preferences_fits_no_scale():
    votes = wins(A_B=20, B_C=20, C_A=20, B_A=2, C_B=2, A_C=2)
    deviance, degrees = deviance_of(fitted(tabled(votes)), tabled(votes))
    # Everybody has 1000; 2 Σ w ln(w / (n / 2))
    assert 6 * (20 * math.log(20 / 11) + 2 * math.log(2 / 11)) == pytest.approx(deviance)
    assert 1 == degrees
    assert ranked(votes).winner is None


def test_what_makes_no_ranking_is_refused():
    with pytest.raises(ConfigurationError, match="no votes"):
        ranked([])
    with pytest.raises(ConfigurationError, match="confidence_level"):
        ranked(VOTES, confidence_level=0.05)


class TestFewVotes:
    def test_a_pair_that_differs_alike_on_every_prompt_is_not_certain_of_it(self):
        votes = [
            Vote(a="A", b="C", score=0, prompt="1"),
            Vote(a="B", b="A", score=0.5, prompt="2"),
            Vote(a="C", b="A", score=0, prompt="3"),
        ]
        found = ranked(votes)
        assert all(0 < one.p_value <= 1 for one in found.contrasts)
        assert (
            "two candidates differ alike on every prompt: standard errors are at least those of independent votes"
            in found.notes
        )

    def test_no_handful_of_votes_is_without_an_answer(self):
        rng = np.random.default_rng(3)
        for _ in range(300):
            k, n, n_raters = rng.integers(2, 5), rng.integers(1, 9), rng.integers(1, 3)
            pairs = [rng.choice(k, size=2, replace=False) for _ in range(n)]
            votes = [
                Vote(a="ABCD"[a], b="ABCD"[b], score=float(rng.choice([0, 0.5, 1])), prompt=str(prompt))
                for prompt, (a, b) in enumerate(pairs)
                for _ in range(n_raters)
            ]
            found = rank_preferences(votes, rng=np.random.default_rng(0))
            for part in found.parts or (found,):
                for one in part.contrasts:
                    assert one.p_value is None or 0 <= one.p_value <= one.p_adjusted <= 1
