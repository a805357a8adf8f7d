import numpy as np
import pytest

from evaluation.errors import ConfigurationError
from evaluation.stats.pairing import Pairs, paired_by_case, usable_scores


def test_pairs_are_made_by_case_id_never_by_position():
    pairs = paired_by_case({"q1": 1, "q2": 0, "q3": 1}, {"q3": 0.25, "q2": 0.75, "q4": 0})
    expected = Pairs(case_ids=("q2", "q3"), a=(0, 1), b=(0.75, 0.25), only_a=("q1",), only_b=("q4",))
    assert expected == pairs
    assert 2 == pairs.n_pairs


def test_nothing_in_common_makes_no_pairs():
    assert 0 == paired_by_case({"q1": 1}, {"q2": 1}).n_pairs


class TestUsableScores:
    def test_none_and_nan_and_sentinels_are_missing_and_counted(self):
        # A judge's -1 without a verdict would pull the mean of 8.5 down to 6.6.
        found = usable_scores({"a": 9, "b": 8, "c": -1, "d": 10, "e": 7, "f": None, "g": float("nan")}, sentinels=[-1])
        assert {"a": 9.0, "b": 8.0, "d": 10.0, "e": 7.0} == found.values
        assert 8.5 == np.mean(list(found.values.values()))
        assert {"c", "f", "g"} == found.missing

    def test_without_sentinels_minus_one_is_a_score(self):
        assert {"a": -1.0} == usable_scores({"a": -1}).values

    def test_truth_values_are_numbers(self):
        found = usable_scores({"a": True, "b": np.bool_(False), "c": np.float32(0.5), "d": 1})
        assert {"a": 1.0, "b": 0.0, "c": 0.5, "d": 1.0} == found.values
        assert {float} == {type(value) for value in found.values.values()}

    @pytest.mark.parametrize("score", ["1", b"1", [1.0], object()])
    def test_what_is_no_number_is_refused_with_its_case(self, score):
        with pytest.raises(ConfigurationError, match=r"of case 'q7' is not a number"):
            usable_scores({"q7": score})

    @pytest.mark.parametrize("score", [float("inf"), float("-inf")])
    def test_the_infinite_is_refused_with_its_case(self, score):
        with pytest.raises(ConfigurationError, match=r"case 'q7' is -?inf"):
            usable_scores({"q7": score})
