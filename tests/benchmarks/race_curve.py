"""How many generations does a race take, and how often is it right? Simulated right and wrong answers of known means.

    python tests/benchmarks/race_curve.py               # the acceptance figures as one line of JSON, then the curve
    python tests/benchmarks/race_curve.py --orders 60   # fewer orders, sooner

A pool is 1,000 cases of 20 candidates: the best right on .70 of them, its rival on .65 (or another gap), the others on
.40 to .62. Each case has a difficulty that all candidates share (72 % of the variance of a latent normal), so that two
candidates' right answers correlate by about .45 to .5. Means are exact. Needs numpy alone.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from evaluation.formatting import counted
from evaluation.races.blocks import after, next_block
from evaluation.races.elimination import decide
from evaluation.races.grid import Grid
from evaluation.races.outcome import RaceOutcome, Verdict, outcome
from evaluation.races.rules import Method, RaceRules, Spent
from evaluation.races.state import RaceState, Runner

N_CASES, N_CANDIDATES = 1000, 20
ORDERS_A_POOL = 10
SHARED = 0.72
GAPS = (0.01, 0.02, 0.03, 0.05, 0.10)

Pool = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Raced:
    """One race through a pool whose first candidate is the best."""

    found: RaceOutcome
    n_calls: int
    n_loads: int
    """Of one server that holds one model: who is in memory is asked first, and the last one asked stays there."""
    n_loads_anew: int
    """If every look loaded everybody who is in."""
    n_rounds: int
    best_dropped: bool


def pool(seed: int, *, gap: float = 0.05, equal: bool = False) -> Pool:
    """Right (1) and wrong (0) answers, shape (1000, 20); the first column is the best, the second its rival."""
    means = np.full(N_CANDIDATES, 0.55) if equal else np.r_[0.70, 0.70 - gap, np.linspace(0.40, 0.62, 18)]
    rng = np.random.default_rng([2026, seed])
    ease = np.sqrt(SHARED) * rng.normal(size=(N_CASES, 1))
    luck = np.sqrt(1 - SHARED) * rng.normal(size=(N_CASES, N_CANDIDATES))
    ranks = (-(ease + luck)).argsort(axis=0).argsort(axis=0)
    answers: Pool = (ranks < np.rint(means * N_CASES)).astype(np.float64)
    return answers


def race(answers: Pool, rules: RaceRules, *, seed: int) -> Raced:
    """The race through a pool in a random order of its cases."""
    n_cases, n_candidates = answers.shape
    ordered = answers[np.random.default_rng([seed, 7]).permutation(n_cases)]
    seen = np.full_like(ordered, np.nan)
    runners = tuple(Runner(key=str(place), label=f"c{place}") for place in range(n_candidates))
    state = RaceState(rules=rules, n_pool=n_cases, runners=runners)
    grid, n_calls, n_loads, n_loads_anew, loaded = Grid(values=seen[:0]), 0, 0, 0, -1
    while True:
        state, block = next_block(state, grid, Spent(calls=n_calls))
        if block is None:
            break
        places = list(block.places)
        n_calls += len(places) * (block.n_cases - state.n_asked)
        n_loads += len(places) - (loaded in places)
        n_loads_anew += len(places)
        loaded = [place for place in places if place != loaded][-1]
        seen[state.n_asked : block.n_cases, places] = ordered[state.n_asked : block.n_cases, places]
        grid = Grid(values=seen[: block.n_cases])
        state = after(state, block)
        if not block.is_confirmation:
            state, _ = decide(state, grid)
    found = outcome(state, grid, seed=seed)
    best_dropped = state.runners[0].left_at is not None
    return Raced(
        found=found,
        n_calls=n_calls,
        n_loads=n_loads,
        n_loads_anew=n_loads_anew,
        n_rounds=state.look,
        best_dropped=best_dropped,
    )


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Shares and means over many races."""

    orders: int
    best_first: float
    best_dropped: float
    winner_named: float
    wrong_winner: float
    grid_share: float
    """Generations as a share of all cases of all candidates, the confirmation's counted in."""
    grid_share_most: float
    loads: float
    loads_anew: float
    looks: float


def figures(
    rules: RaceRules, *, orders: int, make: Callable[[int], Pool], first_order: int = 0, progress: bool = False
) -> Figures:
    """What many seeded orders of many pools give, with a new pool every ten orders."""
    raced: list[Raced] = []
    answers = make(0)
    for order in range(first_order, first_order + orders):
        if order % ORDERS_A_POOL == 0 or not raced:
            answers = make(order // ORDERS_A_POOL)
        raced.append(race(answers, rules, seed=order))
        if progress and order % 50 == 49:
            print(f"{order + 1} orders", file=sys.stderr)
    shares = np.array([one.n_calls for one in raced]) / answers.size
    named = [one.found.verdict is Verdict.WINNER for one in raced]
    return Figures(
        orders=orders,
        best_first=float(np.mean([one.found.ranking[0].label == "c0" for one in raced])),
        best_dropped=float(np.mean([one.best_dropped for one in raced])),
        winner_named=float(np.mean(named)),
        wrong_winner=float(np.mean([one.found.winner not in (None, "c0") for one in raced])),
        grid_share=float(shares.mean()),
        grid_share_most=float(shares.max()),
        loads=float(np.mean([one.n_loads for one in raced])),
        loads_anew=float(np.mean([one.n_loads_anew for one in raced])),
        looks=float(np.mean([one.n_rounds for one in raced])),
    )


def acceptance(orders: int, make: Callable[..., Pool] = pool) -> dict[str, dict[str, float]]:
    """The figures of the standard pool, and of twenty equal candidates, by both methods."""
    found: dict[str, dict[str, float]] = {}
    for method in Method:
        rules = RaceRules(method=method)
        found[str(method)] = asdict(figures(rules, orders=orders, make=make))
        equal = figures(rules, orders=orders, make=partial(make, equal=True))
        found[f"{method}_all_equal"] = {
            "orders": orders,
            "winner_named": equal.winner_named,
            "best_dropped": equal.best_dropped,
            "grid_share": equal.grid_share,
            "loads": equal.loads,
        }
    return found


def curve(orders: int, make: Callable[..., Pool] = pool) -> list[str]:
    """A table of Markdown: how both methods do at several gaps between the best and its rival."""
    lines = ["| gap | method | best first | best dropped | winner named | wrong winner | share of the grid | loads |"]
    lines.append("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for gap in GAPS:
        for method in Method:
            found = figures(RaceRules(method=method), orders=orders, make=partial(make, gap=gap))
            name = counted(round(100 * gap), "point")
            lines.append(
                f"| {name} | {method} | {found.best_first:.1%} | {found.best_dropped:.1%} | "
                f"{found.winner_named:.1%} | {found.wrong_winner:.1%} | {found.grid_share:.1%} | {found.loads:.0f} |"
            )
    return lines


def _other_pool(path: str) -> Callable[..., Pool]:
    """`pool` of another generator of the same description: FILE.py, whose `pool(seed=, gap=, equal=)` is called."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("other_pool", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda seed, **words: np.asarray(module.pool(seed=seed, **words), dtype=np.float64)


def main() -> None:
    """Prints the acceptance figures as one line of JSON, then the curve."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--orders", type=int, default=300)
    parser.add_argument("--pool", metavar="FILE.py", help="another generator of the same description")
    parser.add_argument("--no-curve", action="store_true")
    asked = parser.parse_args()
    make = _other_pool(asked.pool) if asked.pool else pool
    print(json.dumps(acceptance(asked.orders, make)))
    if not asked.no_curve:
        print("\n".join(curve(asked.orders, make)))


if __name__ == "__main__":
    main()
