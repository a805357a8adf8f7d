import pytest

from evaluation.stats.pair_comparison import verdict_of
from evaluation.stats.verdicts import A_BETTER, B_BETTER, EQUIVALENT, INCONCLUSIVE, INSUFFICIENT_DATA


@pytest.mark.parametrize(
    ("gain", "p_value", "n_pairs", "p_equivalence", "verdict"),
    [
        (0.1, 0.049, 6, None, A_BETTER),
        (-0.1, 0.049, 6, None, B_BETTER),
        # The limit itself does not decide.
        (0.1, 0.05, 6, None, INCONCLUSIVE),
        (0.1, 0.05, 6, 0.05, INCONCLUSIVE),
        (0.1, 0.05, 6, 0.049, EQUIVALENT),
        # A difference that was shown is named, be it within the margin.
        (0.1, 0.01, 6, 0.01, A_BETTER),
        # Not significant is never equal.
        (0.0, 1.0, 1000, None, INCONCLUSIVE),
        (0.0, 1.0, 1000, 0.01, EQUIVALENT),
        (0.0, 0.01, 1000, None, INCONCLUSIVE),
        (1.0, 0.0, 5, 0.0, INSUFFICIENT_DATA),
        (1.0, None, 100, None, INSUFFICIENT_DATA),
        (1.0, None, 100, 0.01, INSUFFICIENT_DATA),
    ],
)
def test_the_verdict_follows_the_test(gain, p_value, n_pairs, p_equivalence, verdict):
    found = verdict_of(gain=gain, p_value=p_value, n_pairs=n_pairs, alpha=0.05, p_equivalence=p_equivalence)
    assert verdict == found


def test_the_words_are_those_that_reports_and_the_store_know():
    expected = ("A better", "B better", "equivalent", "inconclusive", "insufficient data")
    assert expected == (A_BETTER, B_BETTER, EQUIVALENT, INCONCLUSIVE, INSUFFICIENT_DATA)
