import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import ConfigurationError
from evaluation.stats.bradley_terry import (
    Vote,
    abilities,
    chance_of,
    components,
    information,
    model_covariance,
    open_ends,
    reaches,
    sandwich_covariance,
    tabled,
    with_pseudo_wins,
)

# The American League of 1987: Milwaukee, Detroit, Toronto, New York, Boston, Cleveland, Baltimore. Agresti, Categorical
# Data Analysis: 1.58 1.44 1.29 1.25 1.11 .68 0; standard errors in the vignette of R's BradleyTerry2. Digits by
# statsmodels' GLM.
WINS = np.array(
    [
        [0, 7, 9, 7, 7, 9, 11],
        [6, 0, 7, 5, 11, 9, 9],
        [4, 6, 0, 7, 7, 8, 12],
        [6, 8, 6, 0, 6, 7, 10],
        [6, 2, 6, 7, 0, 7, 12],
        [4, 4, 5, 6, 6, 0, 6],
        [2, 4, 1, 3, 1, 7, 0],
    ],
    dtype=float,
)
MET = WINS + WINS.T
LOG_ABILITIES = [
    *[1.581355876661243, 1.4364084318122874, 1.2944851239116606, 1.2476178451412423, 1.1076977053785113],
    *[0.6838527691590276, 0.0],
]
ERRORS = [
    *[0.3432559334122466, 0.3395684588586377, 0.33666935505497925, 0.33586087636890366, 0.33387816192261505],
    *[0.3318766315520404, 0.0],
]


def tables(*, least):
    return st.integers(2, 4).flatmap(
        lambda k: st.lists(st.lists(st.integers(least, 6), min_size=k, max_size=k), min_size=k, max_size=k).map(
            lambda rows: np.array(rows, dtype=float) * (1 - np.eye(k))
        )
    )


def test_the_abilities_are_the_published_ones():
    s = abilities(WINS)
    assert LOG_ABILITIES == pytest.approx(s - s[-1], abs=1e-6)
    assert 0 == pytest.approx(s.sum(), abs=1e-12)
    # Agresti: Milwaukee beats Detroit with .54
    assert 0.5361735502386518 == pytest.approx(chance_of(s, np.array([0]), np.array([1]))[0], abs=1e-6)


def test_the_models_standard_errors_are_the_published_ones():
    covariance = model_covariance(MET, abilities(WINS))
    variances = np.diagonal(covariance)
    assert ERRORS == pytest.approx(np.sqrt(variances + variances[-1] - 2 * covariance[-1]), abs=1e-6)


def test_many_tables_are_handled_at_once():
    found = abilities(np.stack([WINS, WINS.T, WINS * 3]))
    assert found[0] == pytest.approx(-found[1])
    assert found[0] == pytest.approx(found[2])


def test_tables_taken_together_are_those_taken_alone():
    rng = np.random.default_rng(3)
    many = rng.integers(0, 4, size=(5, 3, 3)) * (1.0 - np.eye(3))
    ever_met = np.ones((3, 3)) > np.eye(3)
    added = with_pseudo_wins(many, ever_met)
    for i, alone in enumerate(many):
        assert reaches(alone).tolist() == reaches(many)[i].tolist()
        assert [ends.tolist() for ends in open_ends(alone)] == [ends[i].tolist() for ends in open_ends(many)]
        assert with_pseudo_wins(alone, ever_met).tolist() == added[i].tolist()
        assert abilities(added[i]) == pytest.approx(abilities(added)[i])


def test_full_steps_that_would_leap_off_are_shortened():
    wins = np.zeros((7, 7))
    wins[[0, 1, 1, 1, 2, 2, 3, 3, 3, 3], [5, 0, 5, 6, 3, 6, 0, 2, 4, 6]] = [
        1,
        529.5,
        124.5,
        4535,
        551,
        88412.5,
        84,
        2,
        15,
        2.5,
    ]
    wins[[4, 5, 5, 6, 6], [1, 0, 6, 0, 2]] = [40528.5, 3208.5, 3409.5, 9.5, 1]
    s = abilities(wins)
    i, j = np.divmod(np.arange(49), 7)
    expected = (wins + wins.T) * chance_of(s, i, j).reshape(7, 7)
    assert wins.sum(axis=1) == pytest.approx(expected.sum(axis=1), abs=1e-6)


def test_lopsided_tables_converge_too():
    s = abilities(np.array([[0, 1000, 1000], [0.5, 0, 1000], [0.5, 0.5, 0]]))
    two = abilities(np.array([[0, 1e6], [1, 0]]))
    assert np.log(1e6) == pytest.approx(two[0] - two[1])
    assert s[0] > s[1] > s[2]


def test_the_sandwich_of_votes_that_stand_by_themselves_comes_near_the_models_errors():
    rng = np.random.default_rng(1)
    won = rng.random(4000) < 0.7
    wins = np.array([[0, won.sum()], [(~won).sum(), 0]], dtype=float)
    s = abilities(wins)
    surprise = won - chance_of(s, np.array([0]), np.array([1]))
    residuals = np.column_stack([surprise, -surprise])
    model, sandwich = model_covariance(wins + wins.T, s), sandwich_covariance(wins + wins.T, s, residuals)
    assert model == pytest.approx(sandwich * 3999 / 4000)
    # ln(.7 / .3) has the variance 1 / (n p q); each s has a quarter of it, the two moving against each other
    share = won.mean()
    assert 1 / (4000 * share * (1 - share)) / 4 == pytest.approx(model[0, 0])
    assert -model[0, 0] == pytest.approx(model[0, 1])


def test_votes_that_always_come_twice_double_the_sandwich_and_not_the_model():
    rng = np.random.default_rng(2)
    won = (rng.random(500) < 0.6).astype(float)
    wins = 2 * np.array([[0, won.sum()], [(1 - won).sum(), 0]])
    s = abilities(wins)
    surprise = 2 * (won - chance_of(s, np.array([0]), np.array([1])))
    sandwich = sandwich_covariance(wins + wins.T, s, np.column_stack([surprise, -surprise]))
    assert 2 == pytest.approx((sandwich / model_covariance(wins + wins.T, s))[0, 0] * 499 / 500)


def test_information_is_that_of_the_pairings_and_can_be_inverted():
    # Two equal opponents, 8 games: 8 / 4 on each side of the difference; and half for the common direction.
    found = information(np.array([[0.0, 8.0], [8.0, 0.0]]), np.zeros(2))
    assert [[2.5, -1.5], [-1.5, 2.5]] == found.tolist()


def test_who_beat_whom_through_others():
    chain = np.array([[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]], dtype=float)
    assert np.triu(np.ones((4, 4), dtype=bool)).tolist() == reaches(chain).tolist()
    assert np.eye(2, dtype=bool).tolist() == reaches(np.zeros((2, 2))).tolist()
    assert [[True]] == reaches(np.zeros((1, 1))).tolist()


def test_a_long_chain_is_followed_to_its_end():
    chain = np.diag(np.ones(16), k=1)
    assert reaches(chain)[0].all()
    assert not reaches(chain)[1:, 0].any()


def test_one_that_was_never_beaten_has_no_upper_end_and_the_others_no_lower_one():
    is_strong, is_weak = open_ends(np.array([[0, 5, 5], [0, 0, 3], [0, 2, 0]], dtype=float))
    assert ([True, False, False], [False, True, True]) == (is_strong.tolist(), is_weak.tolist())


def test_who_stands_between_has_both_ends():
    is_strong, is_weak = open_ends(np.array([[0, 2, 2], [0, 0, 2], [0, 0, 0]], dtype=float))
    assert ([True, False, False], [False, False, True]) == (is_strong.tolist(), is_weak.tolist())


def test_who_met_nobody_is_neither():
    is_strong, is_weak = open_ends(np.array([[0, 2, 0], [1, 0, 0], [0, 0, 0]], dtype=float))
    assert not is_strong.any()
    assert not is_weak.any()


def test_all_that_beat_one_another_have_both_ends():
    is_strong, is_weak = open_ends(np.stack([WINS, WINS.T]))
    assert not is_strong.any()
    assert not is_weak.any()


def test_half_a_win_is_added_to_pairings_only_where_it_is_needed():
    unbeaten = np.array([[0, 5, 0], [0, 0, 2], [0, 3, 0]], dtype=float)
    beaten = np.array([[0, 5, 0], [1, 0, 2], [0, 3, 0]], dtype=float)
    ever_met = unbeaten + unbeaten.T > 0
    found = with_pseudo_wins(np.stack([unbeaten, beaten]), ever_met)
    assert [[0, 5.5, 0], [0.5, 0, 2.5], [0, 3.5, 0]] == found[0].tolist()
    assert beaten.tolist() == found[1].tolist()


@given(tables(least=1))
def test_expected_wins_are_the_observed_ones_at_the_most_likely_abilities(wins):
    s = abilities(wins)
    k = s.size
    i, j = np.divmod(np.arange(k * k), k)
    expected = (wins + wins.T) * chance_of(s, i, j).reshape(k, k)
    assert wins.sum(axis=1) == pytest.approx(expected.sum(axis=1), abs=1e-8)


@given(tables(least=1))
def test_turning_all_results_round_turns_the_abilities_round(wins):
    assert abilities(wins) == pytest.approx(-abilities(wins.T), abs=1e-9)


@given(tables(least=0))
def test_who_beats_whom_is_the_powers_of_who_beat_whom(wins):
    k = len(wins)
    power = np.linalg.matrix_power((wins > 0).astype(int) + np.eye(k, dtype=int), k) > 0
    assert power.tolist() == reaches(wins).tolist()
    is_strong, is_weak = open_ends(wins)
    assert is_strong.any() == is_weak.any() == (power != power.T).any()


@given(tables(least=0))
def test_with_half_wins_all_that_met_in_a_connected_table_have_finite_abilities(wins):
    ever_met = wins + wins.T > 0
    if not reaches(wins + wins.T).all():
        return
    s = abilities(with_pseudo_wins(wins, ever_met))
    assert np.isfinite(s).all()
    assert np.abs(s).max() < 20


VOTES = [
    Vote(a="x", b="y", score=1, prompt="p"),
    Vote(a="y", b="x", score=0.5, prompt="q"),
    Vote(a="z", b="x", score=0, prompt="p"),
    Vote(a="x", b="y", score=0),
    Vote(a="x", b="y", score=1),
]


def test_wins_are_counted_for_both_sides_and_ties_as_halves():
    assert [[0, 2.5, 1], [1.5, 0, 0], [0, 0, 0]] == tabled(VOTES).wins().tolist()


def test_wins_can_be_weighted():
    weights = np.array([2.0, 2.0, 0.0, 1.0, 0.0])
    assert [[0, 3, 0], [2, 0, 0], [0, 0, 0]] == tabled(VOTES).wins(weights).tolist()


def test_votes_share_their_prompt_or_stand_by_themselves():
    table = tabled(VOTES)
    assert (("x", "y", "z"), 4, [0, 1, 0, 2, 3]) == (table.names, table.n_prompts, table.prompt.tolist())


def test_names_that_met_are_one_component_whoever_won():
    apart = [*VOTES, Vote(a="v", b="w", score=1)]
    assert (("v", "w"), ("x", "y", "z")) == components(tabled(apart))
    assert (("x", "y", "z"),) == components(tabled(VOTES))


@pytest.mark.parametrize(
    "vote",
    [
        Vote(a="x", b="x", score=1),
        Vote(a="x", b="y", score=-1),
        Vote(a="x", b="y", score=1.5),
        Vote(a="x", b="y", score=float("nan")),
    ],
)
def test_a_vote_that_cannot_be_counted_is_refused(vote):
    with pytest.raises(ConfigurationError, match="cannot be counted"):
        tabled([*VOTES, vote])


def test_no_votes_are_refused():
    with pytest.raises(ConfigurationError, match="no votes"):
        tabled([])
