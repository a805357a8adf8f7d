"""The program that measures whether the claims and intervals of several pairs hold together, in small."""

import importlib
from math import sqrt

import pytest

N = 800


@pytest.mark.no_cover
@pytest.mark.parametrize("name", ["3 groups, scores, 0.4, 0.6, 1 apart", "3 groups, right .4, .5, .7"])
def test_no_interval_contradicts_its_verdict_and_the_intervals_hold_together(name: str) -> None:
    program = importlib.import_module("joint_intervals")

    tally = program.tally_of(*program.POPULATIONS[name], N)

    slack = 2 * sqrt(0.05 * 0.95 / N)
    assert (N, 0) == (tally.n, tally.contradictions)
    assert max(tally.claims, tally.limits, tally.decided) / N < 0.05 + slack
    assert any(0 < n < 3 for n in tally.shown)
