import numpy as np
import pytest

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.stats.multiplicity import holm
from evaluation.stats.pair_comparison import Kind
from evaluation.stats.ranking import compare_many


def by_case(values):
    return {f"case {i}": value for i, value in enumerate(values)}


def binary_sides(rates, *, n=200, seed=0):
    """Right and wrong answers of sides that share the difficulty of their cases."""
    difficulty = np.random.default_rng(seed).uniform(size=n)
    return {name: by_case((difficulty < rate).astype(float)) for name, rate in rates.items()}


class TestAllPairs:
    def test_every_pair_is_compared_in_the_order_given(self):
        found = compare_many(binary_sides({"a": 0.3, "b": 0.5, "c": 0.7}), seed=1)
        assert [("a", "b"), ("a", "c"), ("b", "c")] == [(a, b) for a, b, _ in found.pairs]
        assert ("c", "b", "a") == found.order
        assert "c" == found.winner
        assert (("c",), ("b",), ("a",)) == found.groups
        assert {"c": (1, 1), "b": (2, 2), "a": (3, 3)} == found.ranks

    def test_p_values_are_adjusted_for_all_pairs_and_intervals_are_at_the_bonferroni_level(self):
        found = compare_many(binary_sides({"a": 0.5, "b": 0.52, "c": 0.6}), seed=1)
        raw = [one.p_value for _, _, one in found.pairs]
        assert holm(raw) == tuple(one.p_adjusted for _, _, one in found.pairs)
        assert [pytest.approx(1 - 0.05 / 3)] * 3 == [one.confidence_level for _, _, one in found.pairs]
        assert 0.95 == found.confidence_level

    def test_one_pair_keeps_its_level(self):
        found = compare_many(binary_sides({"a": 0.5, "b": 0.6}), seed=1)
        ((_, _, one),) = found.pairs
        assert (0.95, one.p_value) == (one.confidence_level, one.p_adjusted)
        assert found.gate is None

    def test_the_order_of_the_sides_changes_nothing_but_who_is_called_a(self):
        rng = np.random.default_rng(3)
        sides = {name: by_case(rng.normal(size=40)) for name in "xyz"}
        there, back = compare_many(sides, seed=7), compare_many(dict(reversed(sides.items())), seed=7)
        assert there.order == back.order
        assert there.ranks == back.ranks
        p_there = {frozenset((a, b)): one.p_value for a, b, one in there.pairs}
        assert p_there == {frozenset((a, b)): one.p_value for a, b, one in back.pairs}

    def test_a_baseline_meets_each_other_side_and_nobody_else(self):
        found = compare_many(binary_sides({"a": 0.3, "b": 0.5, "c": 0.7}), seed=1, against="b")
        assert [("a", "b", "B better"), ("c", "b", "A better")] == [(a, b, one.verdict) for a, b, one in found.pairs]
        assert ((), None) == (found.groups, found.winner)
        assert {"c": (1, 2), "b": (2, 2), "a": (2, 3)} == found.ranks


@pytest.mark.parametrize("sides", [{}, {"a": {"1": 1.0}}])
def test_fewer_than_two_sides_are_refused(sides):
    with pytest.raises(ConfigurationError, match="cannot be compared"):
        compare_many(sides, seed=1)


def test_names_that_do_not_exist_are_refused_with_those_that_do():
    sides = binary_sides({"a": 0.3, "b": 0.5})
    with pytest.raises(UnknownNameError, match="baseline 'c'"):
        compare_many(sides, seed=1, against="c")
    with pytest.raises(UnknownNameError, match="adjustment 'bonferoni'"):
        compare_many(sides, seed=1, adjust="bonferoni")


def test_less_is_better_for_latencies():
    rng = np.random.default_rng(4)
    base = rng.lognormal(size=50)
    sides = {name: by_case(base * factor) for name, factor in (("slow", 3.0), ("fast", 1.0), ("middle", 2.0))}
    found = compare_many(sides, seed=1, kind=Kind.RATIO, higher_is_better=False)
    assert (("fast", "middle", "slow"), "fast") == (found.order, found.winner)
