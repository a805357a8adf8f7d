from dataclasses import replace

import numpy as np
import pytest

from evaluation.stats.adjusted_pairs import adjusted_pairs
from evaluation.stats.multiplicity import benjamini_hochberg, holm
from evaluation.stats.pair_comparison import compare_pair
from evaluation.stats.sign_flips import N_FLIPS


def by_case(values):
    return {f"case {i}": value for i, value in enumerate(values)}


def pair(a, b, *, alpha=0.05, **options):
    rng = np.random.default_rng(0)
    return compare_pair(by_case(a), by_case(b), rng=rng, confidence_level=1 - alpha, **options)


def counts(only_a, only_b, *, both=20, alpha=0.05, **options):
    """Two candidates of which each is right alone so often."""
    a = [1] * both + [1] * only_a + [0] * only_b
    b = [1] * both + [0] * only_a + [1] * only_b
    return pair(a, b, alpha=alpha, **options)


def adjusted(found, adjust="holm", alpha=0.05):
    decided, notes = adjusted_pairs(found, adjust=adjust, alpha=alpha)
    assert () == notes
    return decided


def test_verdicts_follow_the_adjusted_p():
    found = [counts(15, 2), counts(12, 3), counts(5, 5)]
    decided = adjusted(found)
    raw = [one.p_value for one in found]
    assert ["A better", "A better", "inconclusive"] == [one.verdict for one in found]
    assert ["A better", "inconclusive", "inconclusive"] == [one.verdict for one in decided]
    assert holm(raw) == tuple(one.p_adjusted for one in decided)
    assert benjamini_hochberg(raw) == tuple(one.p_adjusted for one in adjusted(found, "bh"))


def test_the_level_is_the_limit_for_the_adjusted_p():
    found = [counts(15, 2), counts(12, 3)]
    assert ["A better", "inconclusive"] == [one.verdict for one in adjusted(found, alpha=0.01)]


def test_a_verdict_that_only_holds_without_the_bonferroni_level_takes_back_what_would_settle_it():
    alone = counts(12, 3, alpha=0.05 / 2)
    decided = adjusted([alone, counts(15, 2, alpha=0.05 / 2)])[0]
    assert ("inconclusive", "A better") == (alone.verdict, decided.verdict)
    assert alone.n_more is not None
    assert decided.n_more is None


def test_pairs_with_too_few_cases_make_no_claim_and_cost_the_others_nothing():
    few, enough = pair([1] * 5, [0] * 5), counts(12, 3)
    assert 0.0625 == few.p_value
    decided = adjusted([few, enough])
    assert (None, "insufficient data") == (decided[0].p_adjusted, decided[0].verdict)
    assert enough.p_value == decided[1].p_adjusted


def test_six_cases_are_enough_to_be_counted():
    six, other = pair([1] * 6, [0] * 6), counts(12, 3)
    assert (holm([six.p_value, other.p_value])) == tuple(one.p_adjusted for one in adjusted([six, other]))


def test_a_single_cluster_has_no_p_and_is_not_counted():
    refused = pair([0.1] * 8, [0.2] * 8, clusters={f"case {i}": "one" for i in range(8)})
    assert refused.p_value is None
    decided = adjusted([refused, counts(12, 3)])
    assert decided[0].p_adjusted is None
    assert decided[1].p_value == decided[1].p_adjusted


def test_equivalence_is_adjusted_among_the_pairs_too():
    found = [counts(10, 10, both=400, margin=0.05), counts(40, 40, both=230, margin=0.05)]
    p_values = [one.p_equivalence for one in found]
    assert p_values[0] < 0.02
    assert 0.025 < p_values[1] < 0.05
    assert ["equivalent", "equivalent"] == [one.verdict for one in adjusted(found)]
    # A third that is far from equivalent raises the second's p beyond the level.
    three = [*found, counts(40, 35, both=30, margin=0.05)]
    assert ["equivalent", "inconclusive", "inconclusive"] == [one.verdict for one in adjusted(three)]


def test_failures_as_zero_are_adjusted_among_themselves():
    with_failures = pair(
        [1] * 12 + [0] * 3 + [1] * 10, [0] * 12 + [1] * 3, failed_b=[f"case {i}" for i in range(15, 25)]
    )
    found = [with_failures, counts(5, 5), counts(12, 3)]
    decided = adjusted(found)
    assert 25 == decided[0].failures_as_zero.n_pairs
    expected = holm([with_failures.failures_as_zero.p_value, *(one.p_value for one in found[1:])])
    assert expected[0] == decided[0].failures_as_zero.p_adjusted
    assert [None, None] == [one.failures_as_zero for one in decided[1:]]
    assert holm([one.p_value for one in found]) == tuple(one.p_adjusted for one in decided)


class TestManyPairs:
    FAR = pair(np.random.default_rng(1).normal(1, 0.5, size=60), [0.0] * 60)
    NEAR = pair(np.random.default_rng(2).normal(0, 0.5, size=60), [0.0] * 60)

    def test_below_five_hundred_pairs_the_flips_are_enough(self):
        assert 1 / (1 + N_FLIPS) == self.FAR.p_value
        decided, notes = adjusted_pairs([self.FAR, *[self.NEAR] * 499], adjust="holm", alpha=0.05)
        assert ("A better", ()) == (decided[0].verdict, notes)
        assert 500 / (1 + N_FLIPS) == pytest.approx(decided[0].p_adjusted)

    def test_beyond_students_p_stands_in_where_no_flip_came_as_far_and_that_is_said(self):
        decided, notes = adjusted_pairs([self.FAR, *[self.NEAR] * 500], adjust="holm", alpha=0.05)
        assert 501 * self.FAR.also["paired_t"] == pytest.approx(decided[0].p_adjusted)
        assert "A better" == decided[0].verdict
        assert 1.0 == decided[1].p_adjusted
        assert "for 501 pairs 10000 flips" in notes[0]

    def test_but_never_where_a_flip_did_or_every_flip_was_tried(self):
        near = replace(self.FAR, p_value=2 / (1 + N_FLIPS))
        exact = replace(self.FAR, method="t+sign_flip_exact")
        decided, _ = adjusted_pairs([near, exact, *[self.NEAR] * 499], adjust="holm", alpha=0.05)
        assert [1000 / (1 + N_FLIPS), 501 / (1 + N_FLIPS)] == pytest.approx([one.p_adjusted for one in decided[:2]])

    def test_nor_where_every_flip_of_the_few_that_differ_was_tried(self):
        fewer = replace(self.FAR, p_value=0.5 / 2**15)
        decided, _ = adjusted_pairs([fewer, *[self.NEAR] * 500], adjust="holm", alpha=0.05)
        assert 501 * 0.5 / 2**15 == pytest.approx(decided[0].p_adjusted)

    def test_nor_where_students_is_the_larger_one_or_there_is_none(self):
        larger, none = replace(self.FAR, also={"paired_t": 0.01}), replace(self.FAR, also={})
        decided, _ = adjusted_pairs([larger, none, *[self.NEAR] * 499], adjust="holm", alpha=0.05)
        assert [501 / (1 + N_FLIPS)] * 2 == pytest.approx([one.p_adjusted for one in decided[:2]])


def test_nothing_compared_is_nothing_decided():
    assert ((), ()) == adjusted_pairs([], adjust="holm", alpha=0.05)
