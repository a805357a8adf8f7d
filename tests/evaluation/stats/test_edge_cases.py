"""Data at the edge of what can be compared, each with what must come of it."""

import math

import numpy as np
import pytest

from evaluation.errors import ConfigurationError
from evaluation.stats.bradley_terry import Vote
from evaluation.stats.pair_comparison import compare_pair
from evaluation.stats.paired_tests import exact_p_value, sign_flip_p_value
from evaluation.stats.preferences import rank_preferences
from evaluation.stats.vectors import clustered_standard_error, paired_by_case
from evaluation.stats.verdicts import INCONCLUSIVE, INSUFFICIENT_DATA

TOLERANCE = 1e-9


def close(expected):
    return pytest.approx(expected, rel=0, abs=TOLERANCE)


def compared(a, b, **options):
    a, b = ({f"q{i}": score for i, score in enumerate(side)} for side in (a, b))
    return compare_pair(a, b, rng=np.random.default_rng(0), **options)


def ranked(**wins):
    """The ranking by votes such as `A_B=3`: A won three times against B, each on a prompt of its own."""
    votes = [Vote(a=pair[0], b=pair[2], score=1) for pair, n in wins.items() for _ in range(n)]
    return rank_preferences(votes, rng=np.random.default_rng(0), n_resamples=20)


def test_pairs_that_all_agree_have_p_one_and_intervals_of_positive_width():
    found = compared([1, 0, 1, 1, 0, 1], [1, 0, 1, 1, 0, 1])
    assert (close(0.0), close(1.0)) == (found.difference, found.p_value)
    assert close((-0.2863297027642045, 0.2863297027642045)) == (found.low, found.high)
    assert close((-0.3903342879021653, 0.3903342879021653)) == tuple(found.intervals["tango"])
    assert (0, 0, 6, INCONCLUSIVE) == (found.n_better_a, found.n_better_b, found.n_equal, found.verdict)


def test_without_any_difference_p_is_one_and_never_nan():
    found = compared([0.5] * 8, [0.5] * 8)
    assert (close(0.0), close(1.0), INCONCLUSIVE) == (found.difference, found.p_value, found.verdict)


def test_a_constant_difference_has_its_exact_p_and_a_note():
    found = compared([0.7] * 8, [0.6] * 8)
    assert (close(0.1), close(0.0078125)) == (found.difference, found.p_value)
    assert {} == found.statistics
    assert any("no spread was seen" in note for note in found.notes)


def test_five_pairs_cannot_be_significant():
    found = compared([1] * 5, [0] * 5)
    assert (close(0.0625), INSUFFICIENT_DATA) == (found.p_value, found.verdict)
    least = {1: 1.0, 2: 0.5, 3: 0.25, 4: 0.125, 5: 0.0625, 6: 0.03125, 7: 0.015625, 8: 0.0078125}
    by_flips = {n: sign_flip_p_value(np.ones(n), rng=np.random.default_rng(0))[0] for n in range(1, 9)}
    assert close(least) == by_flips
    assert close(least) == {n: exact_p_value(n, 0) for n in range(1, 9)}


def test_a_single_pair_has_p_one_and_no_interval():
    found = compared([1], [0])
    assert (close(1.0), INSUFFICIENT_DATA) == (found.p_value, found.verdict)
    assert (None, None) == (found.low, found.high)


def test_failed_cases_are_left_out_and_stand_beside_as_zero():
    found = compared([1, None, 0, 1, 1], [0, 1, 0, None, 1])
    assert (3, close(0.3333333333333333)) == (found.n_pairs, found.difference)
    assert (1, 1) == (found.n_only_a, found.n_only_b)
    assert close(0.2) == found.failures_as_zero.difference


def test_pairs_are_made_by_id():
    found = paired_by_case({"q1": 1, "q2": 0, "q3": 1}, {"q2": 1, "q3": 1, "q4": 0})
    assert (("q2", "q3"), 2, ("q1",), ("q4",)) == (found.case_ids, found.n_pairs, found.only_a, found.only_b)


def test_a_single_cluster_has_no_standard_error():
    assert (None, 1) == clustered_standard_error(np.array([1.0, 0.0, 1.0, 1.0]), [0, 0, 0, 0])


def test_one_that_never_lost_has_a_finite_rating_and_no_upper_end():
    found = ranked(A_B=5, A_C=5, B_C=3, C_B=2)
    best = found.ratings[0]
    assert ("A", None) == (best.name, best.high)
    assert math.isfinite(best.elo)
    assert best.low is not None
    assert best.low < best.elo


def test_candidates_that_were_never_compared_have_no_joint_ranking():
    found = ranked(A_B=3, B_A=1, C_D=2, D_C=2)
    assert ((), (("A", "B"), ("C", "D"))) == (found.ratings, found.components)


def test_truth_values_are_scores_and_the_infinite_is_none():
    found = compared([True, np.bool_(False)], [1.0, 0])
    assert (2, 0.0) == (found.n_pairs, found.difference)
    for wrong in (math.inf, -math.inf, "1"):
        with pytest.raises(ConfigurationError, match="'q0'"):
            compared([wrong], [1.0])
