"""How often does a live comparison err, and how many calls does it need? Simulated calls of two candidates.

    python tests/benchmarks/live_comparison.py                  # the figures as tables
    python tests/benchmarks/live_comparison.py --trials 200     # fewer trials, sooner

The verdict is looked at after every call. Populations: right and wrong answers, graded ones, graded ones that are
nearly all good, conversations of one to six calls that share what they are like, and means of both arms that fall
by half on the way. Needs numpy alone.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from selection.policies.live_verdict import (
    Evidence,
    Observation,
    Verdict,
    decide,
    differences_of,
)
from selection.policies.observations import CallOutcome, observed_arms

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, float, int], Floats]
"""Draws values of a mean, shape (n,)."""
N_NULL, N_POWER = 2000, 20_000
"""Conversations of a trial without and with a difference."""
TURNS = 6


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How one simulated trial ended."""

    verdict: Verdict
    n_conversations: int
    """Conversations of both arms until then."""
    n_challenger: int
    """Those that the challenger answered."""


def binary(rng: np.random.Generator, mean: float, n: int) -> Floats:
    """Right and wrong answers."""
    return (rng.random(n) < mean).astype(np.float64)


def graded(rng: np.random.Generator, mean: float, n: int) -> Floats:
    """Grades around the mean."""
    return rng.beta(4 * mean, 4 * (1 - mean), n)


def skewed(rng: np.random.Generator, mean: float, n: int) -> Floats:
    """Grades of which most are nearly 0 or 1."""
    return rng.beta(0.3 * mean, 0.3 * (1 - mean), n)


def drifting(rng: np.random.Generator, mean: float, n: int) -> Floats:
    """Right and wrong answers whose share is half as high in the second half."""
    means = np.where(np.arange(n) < n // 2, mean, mean / 2)
    return (rng.random(n) < means).astype(np.float64)


POPULATIONS: dict[str, tuple[Draw, float]] = {
    "right or wrong, 70 %": (binary, 0.70),
    "right or wrong, 97 %": (binary, 0.97),
    "right or wrong, 3 %": (binary, 0.03),
    "graded, mean .6": (graded, 0.60),
    "graded and skewed, mean .9": (skewed, 0.90),
    "both fall from 80 % to 40 %": (drifting, 0.80),
}


def one_trial(
    rng: np.random.Generator, draw: Draw, champion: float, challenger: float, *, share: float, n: int
) -> Ended:
    """Simulate a trial whose conversations have one call each; nobody fails."""
    is_challenger = rng.random(n) < share
    values = np.where(is_challenger, draw(rng, challenger, n), draw(rng, champion, n))
    observations = [
        Observation(is_challenger=bool(arm), value=float(value), at=float(at))
        for at, (arm, value) in enumerate(zip(is_challenger, values, strict=True), start=1)
    ]
    differences = differences_of(observations)
    decision = decide(Evidence(quality=differences, first_quality=differences, failures=differences_of([])))
    return _ended(decision.verdict, decision.at, is_challenger)


def _ended(verdict: Verdict, at: float | None, is_challenger: NDArray[np.bool_]) -> Ended:
    n = is_challenger.size if at is None else int(at)
    return Ended(verdict=verdict, n_conversations=n, n_challenger=int(is_challenger[:n].sum()))


def clustered_trial(rng: np.random.Generator, champion: float, challenger: float, *, share: float, n: int) -> Ended:
    """Simulate conversations of one to six calls that are nearly all right or nearly all wrong, one after another."""
    is_challenger = rng.random(n) < share
    outcomes: list[CallOutcome] = []
    for number, arm in enumerate(is_challenger):
        mean = challenger if arm else champion
        own = rng.beta(0.5 * mean, 0.5 * (1 - mean))
        for turn in range(int(rng.integers(1, TURNS + 1))):
            # A conversation begins each second, its calls come 2.5 s apart: others come between them.
            at = number + 2.5 * turn
            value = float(rng.random() < own)
            outcomes.append(
                CallOutcome(
                    conversation=str(number),
                    is_challenger=bool(arm),
                    failed=False,
                    ended_at=at,
                    value=value,
                    is_reported=True,
                    known_at=at,
                )
            )
    decision = decide(observed_arms(outcomes, np.inf, 3.0).evidence)
    return _ended(decision.verdict, None if decision.at is None else min(decision.at, n), is_challenger)


def failing_trial(rng: np.random.Generator, champion: float, challenger: float, *, share: float, n: int) -> Ended:
    """Simulate calls of which only failures are known, with these shares of failed calls."""
    is_challenger = rng.random(n) < share
    failed = rng.random(n) < np.where(is_challenger, challenger, champion)
    outcomes = [
        CallOutcome(
            conversation=str(number),
            is_challenger=bool(arm),
            failed=bool(each),
            ended_at=number + 1.0,
            value=0.0 if each else None,
            is_reported=False,
            known_at=number + 1.0,
        )
        for number, (arm, each) in enumerate(zip(is_challenger, failed, strict=True))
    ]
    decision = decide(observed_arms(outcomes, np.inf, 0.0).evidence)
    return _ended(decision.verdict, decision.at, is_challenger)


def trials(run: Callable[[np.random.Generator], Ended], n_trials: int, *, seed: int) -> list[Ended]:
    """Simulate trials, each with random numbers of its own."""
    return [run(np.random.default_rng([2026, seed, number])) for number in range(n_trials)]


def share_of(ended: Sequence[Ended], *verdicts: Verdict) -> float:
    """Return the share of the trials that ended so."""
    return sum(each.verdict in verdicts for each in ended) / len(ended)


def null_runs(share: float) -> dict[str, Callable[[np.random.Generator], Ended]]:
    """Return the simulations without a difference."""
    runs: dict[str, Callable[[np.random.Generator], Ended]] = {
        name: partial(one_trial, draw=draw, champion=mean, challenger=mean, share=share, n=N_NULL)
        for name, (draw, mean) in POPULATIONS.items()
    }
    runs["conversations of 1 to 6 calls, 70 %"] = partial(
        clustered_trial, champion=0.7, challenger=0.7, share=share, n=N_NULL // 2
    )
    runs["failures alone, 5 % of both"] = partial(failing_trial, champion=0.05, challenger=0.05, share=share, n=N_NULL)
    return runs


def print_errors(n_trials: int) -> None:
    """Print how often a difference is told where there is none."""
    print("no difference: share of the trials with a verdict")
    print("population | share | better or worse | of it better | harm")
    for share in (0.5, 0.1):
        for seed, (name, run) in enumerate(null_runs(share).items()):
            ended = trials(run, n_trials, seed=seed)
            wrong, better = share_of(ended, Verdict.BETTER, Verdict.WORSE), share_of(ended, Verdict.BETTER)
            print(
                f"{name} | {share:.0%} | {wrong:.1%} | {better:.1%} | {share_of(ended, Verdict.HARM):.1%}", flush=True
            )


def print_power(n_trials: int) -> None:
    """Print how many conversations a difference needs."""
    print("\na better challenger: conversations until it is told, median and 90th percentile")
    print("population | share | told as better | median | 90 %")
    cases = [
        ("right or wrong, 70 % and 75 %", binary, 0.70, 0.75),
        ("right or wrong, 70 % and 80 %", binary, 0.70, 0.80),
        ("right or wrong, 70 % and 90 %", binary, 0.70, 0.90),
        ("graded, means .60 and .65", graded, 0.60, 0.65),
        ("graded, means .60 and .70", graded, 0.60, 0.70),
    ]
    for share in (0.5, 0.1):
        for seed, (name, draw, champion, challenger) in enumerate(cases):
            run = partial(one_trial, draw=draw, champion=champion, challenger=challenger, share=share, n=N_POWER)
            ended = trials(run, n_trials, seed=100 + seed)
            counts = [each.n_conversations for each in ended]
            print(f"{name} | {share:.0%} | {share_of(ended, Verdict.BETTER):.1%} | {_two(counts)}", flush=True)


def print_harm(n_trials: int) -> None:
    """Print how soon a harmful challenger is stopped."""
    print("\na harmful challenger: how it ends, and how many conversations it answered until then")
    print("population | share | harm | worse | better | its conversations, median | 90 %")
    runs: list[tuple[str, Callable[..., Ended]]] = [
        ("right or wrong, 80 % and 60 %", partial(one_trial, draw=binary, champion=0.8, challenger=0.6)),
        ("right or wrong, 80 % and 40 %", partial(one_trial, draw=binary, champion=0.8, challenger=0.4)),
        ("graded, means .80 and .60", partial(one_trial, draw=graded, champion=0.8, challenger=0.6)),
        ("fails 1 % and 10 %", partial(failing_trial, champion=0.01, challenger=0.10)),
        ("fails 1 % and 30 %", partial(failing_trial, champion=0.01, challenger=0.30)),
        ("fails 1 % and always", partial(failing_trial, champion=0.01, challenger=1.0)),
    ]
    for share in (0.5, 0.1):
        for seed, (name, run) in enumerate(runs):
            ended = trials(partial(run, share=share, n=N_POWER // 2), n_trials, seed=200 + seed)
            shares = " | ".join(
                f"{share_of(ended, each):.1%}" for each in (Verdict.HARM, Verdict.WORSE, Verdict.BETTER)
            )
            print(f"{name} | {share:.0%} | {shares} | {_two([each.n_challenger for each in ended])}", flush=True)


def _two(counts: Sequence[int]) -> str:
    return f"{np.median(counts):,.0f} | {np.quantile(counts, 0.9):,.0f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=1000, help="simulated trials a line (default: 1000)")
    arguments = parser.parse_args()
    print(json.dumps({"trials": arguments.trials, "conversations": N_NULL}))
    print_errors(arguments.trials)
    print_power(max(1, arguments.trials // 5))
    print_harm(max(1, arguments.trials // 5))
