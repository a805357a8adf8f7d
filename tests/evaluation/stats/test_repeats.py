import pytest

from evaluation.errors import ConfigurationError
from evaluation.stats.repeats import case_means


def test_repeats_are_averaged_within_their_case():
    scores = [("q2", 1.0), ("q1", 0.0), ("q2", 0.0), ("q2", 0.5)]
    assert {"q2": 0.5, "q1": 0.0} == case_means(scores)
    assert ["q2", "q1"] == list(case_means(scores))


def test_nothing_gives_nothing():
    assert {} == case_means([])


def test_a_score_that_is_no_number_names_its_case():
    with pytest.raises(ConfigurationError, match="'q1'"):
        case_means([("q1", float("nan"))])
