"""Verdicts on two arms: worked by hand, the same at every look, and seldom wrong."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selection.policies.live_verdict import (
    HARM_STAKES,
    STAKES,
    Evidence,
    Observation,
    TrialRules,
    Verdict,
    decide,
    difference_of,
    differences_of,
    mean_of,
    observations_left,
)

NOTHING = differences_of([])


def stream(*values: tuple[bool, float]) -> list[Observation]:
    """Observations one second apart."""
    return [Observation(is_challenger=arm, value=value, at=float(at)) for at, (arm, value) in enumerate(values)]


def pairs(difference: float, n: int) -> list[Observation]:
    """Champion and challenger in turn, always so far apart."""
    low, high = max(0.0, -difference), max(0.0, difference)
    return stream(*[(False, low), (True, high)] * n)


def test_a_block_ends_with_the_first_observation_by_which_both_arms_have_one() -> None:
    differences = differences_of(
        stream((False, 1.0), (False, 0.0), (True, 1.0), (True, 0.25), (True, 0.75), (False, 1.0), (True, 0.0))
    )

    np.testing.assert_allclose(differences.values, [0.5, -0.5])
    np.testing.assert_allclose(differences.at, [2.0, 5.0])
    assert 6 == differences.n_observations


def test_a_verdict_stands_since_the_wealth_reached_its_bound() -> None:
    n = next(n for n in range(1, 99) if sum((1 + 0.5 * stake) ** n for stake in STAKES) / len(STAKES) >= 40)
    differences = differences_of(pairs(0.5, n))

    decision = decide(Evidence(quality=differences, first_quality=NOTHING, failures=NOTHING))
    earlier = differences_of(pairs(0.5, n - 1))
    assert (Verdict.BETTER, differences.at[-1]) == (decision.verdict, decision.at)
    assert Verdict.UNDECIDED is decide(Evidence(quality=earlier, first_quality=NOTHING, failures=NOTHING)).verdict


@pytest.mark.parametrize("is_failure", [False, True])
def test_harm_is_stopped_by_first_outcomes_or_failures_long_before_the_conversations_count(is_failure: bool) -> None:
    n = next(n for n in range(1, 99) if sum((1 + stake) ** n for stake in HARM_STAKES) / len(HARM_STAKES) >= 20)
    bad = differences_of(pairs(1.0 if is_failure else -1.0, n))
    streams = {"failures": bad} if is_failure else {"first_quality": bad}

    decision = decide(Evidence(**{"quality": NOTHING, "first_quality": NOTHING, "failures": NOTHING} | streams))

    assert (Verdict.HARM, is_failure) == (decision.verdict, decision.by_failures)
    assert 7 >= n


def test_a_loss_within_the_margin_is_no_harm_however_sure_it_is() -> None:
    small = differences_of(pairs(-0.09, 2000))
    evidence = Evidence(quality=NOTHING, first_quality=small, failures=NOTHING)

    assert Verdict.UNDECIDED is decide(evidence).verdict
    assert Verdict.HARM is decide(evidence, TrialRules(harm_margin=0.08)).verdict


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), max_size=60), st.randoms())
def test_a_verdict_once_reached_stays_whatever_comes_and_in_whatever_order_it_is_read(
    values: list[tuple[bool, float]], random: "np.random.Generator"
) -> None:
    observations = stream(*values)

    def at(n: int) -> tuple[Verdict, float | None]:
        differences = differences_of(observations[:n])
        decision = decide(Evidence(quality=differences, first_quality=differences, failures=NOTHING))
        return decision.verdict, decision.at

    looks = [at(n) for n in range(len(observations) + 1)]
    decided = [look for look in looks if look[0] is not Verdict.UNDECIDED]
    assert 1 >= len(set(decided))
    assert decided == looks[len(looks) - len(decided) :]
    last = differences_of(observations)
    random.shuffle(observations)
    np.testing.assert_allclose(differences_of(observations).values, last.values)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_an_interval_holds_its_mean_and_mirrors_with_its_values(values: list[float]) -> None:
    interval, mirrored = mean_of(values), mean_of([1 - value for value in values])

    assert interval is not None
    assert mirrored is not None
    assert 0 <= interval.low <= interval.value + 1e-9
    assert interval.value - 1e-9 <= interval.high <= 1
    assert math.isclose(interval.low, 1 - mirrored.high, abs_tol=1e-6)


def test_the_interval_of_the_difference_leaves_zero_where_the_verdict_is_told() -> None:
    differences = differences_of(pairs(0.3, 60))
    interval = difference_of(differences)

    assert interval is not None
    is_decided = decide(Evidence(quality=differences, first_quality=NOTHING, failures=NOTHING)).verdict
    assert (Verdict.BETTER, True) == (is_decided, interval.low > 0)
    assert interval.low < 0.3 < interval.high
    assert difference_of(NOTHING) is None
    assert mean_of([]) is None


def test_intervals_hold_the_mean_at_every_look() -> None:
    rng = np.random.default_rng(5)
    missed = 0
    for _ in range(100):
        values = rng.beta(0.5, 0.5, 200)
        looks = [mean_of(values[:n]) for n in (1, 2, 5, 10, 20, 50, 100, 200)]
        missed += any(look is not None and not look.low <= 0.5 <= look.high for look in looks)

    assert missed <= 10  # 5 expected at most; 11 or more would come by chance in 1 of 100


def test_the_forecast_is_what_is_needed_if_all_goes_on_like_this() -> None:
    differences = differences_of(pairs(0.3, 20))
    left = observations_left(differences)

    assert left is not None
    whole = differences_of(pairs(0.3, 20 + left // 2))
    before = differences_of(pairs(0.3, 20 + left // 2 - 1))
    verdicts = [
        decide(Evidence(quality=each, first_quality=NOTHING, failures=NOTHING)).verdict for each in (before, whole)
    ]
    assert [Verdict.UNDECIDED, Verdict.BETTER] == verdicts
    assert observations_left(differences_of(pairs(0.3, 3))) is None
    assert observations_left(differences_of(stream(*[(False, 0.5), (True, 0.5)] * 30))) is None
