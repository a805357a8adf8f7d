"""Simulated live comparisons keep what they promise: a few trials here, 500 in the program itself."""

import importlib
from functools import partial
from typing import Any

import pytest
from scipy.stats import binom

from selection.policies.live_verdict import Verdict

N_TRIALS = 40


@pytest.fixture
def program() -> Any:
    """The program itself, which stands beside this test."""
    return importlib.import_module("live_comparison")


@pytest.mark.parametrize("share", [0.5, 0.1])
def test_a_difference_is_seldom_told_where_there_is_none(program: Any, share: float) -> None:
    most_wrong, most_harm = (int(binom.ppf(0.9999, N_TRIALS, rate)) for rate in (0.05, 0.10))
    for seed, run in enumerate(program.null_runs(share).values()):
        short = partial(run, n=400)
        ended = program.trials(short, N_TRIALS, seed=seed)
        assert program.share_of(ended, Verdict.BETTER, Verdict.WORSE) <= most_wrong / N_TRIALS
        assert program.share_of(ended, Verdict.HARM) <= most_harm / N_TRIALS


def test_the_better_one_is_told_and_harm_is_stopped(program: Any) -> None:
    better = partial(program.one_trial, draw=program.binary, champion=0.6, challenger=0.9, share=0.5, n=2000)
    harm = partial(program.failing_trial, champion=0.0, challenger=1.0, share=0.1, n=2000)

    assert 1.0 == program.share_of(program.trials(better, 10, seed=1), Verdict.BETTER)
    ended = program.trials(harm, 10, seed=2)
    assert 1.0 == program.share_of(ended, Verdict.HARM)
    assert 10 >= max(each.n_challenger for each in ended)
