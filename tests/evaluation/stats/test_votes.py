import numpy as np
import pytest

from evaluation.errors import ConfigurationError
from evaluation.stats.votes import Vote, components, tabled

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
