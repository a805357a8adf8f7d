"""How often is "going on cannot change the verdict" wrong, and what becomes of false alarms if one stops there?

    .venv/bin/python tests/benchmarks/level_forecast.py [--simulations N] [--part right|scores]

Draws the scores of two or four candidates on all cases, compares the first 50 (level quick) and then all of them, as
the product does, and prints a row for each population: how often it was said that going on cannot change the verdict,
how often that was wrong, and how often the verdict changed where it was said that it can. Where the candidates are
equally good, a difference shown is a false alarm: of all cases, if one stops where going on cannot change the verdict,
and if one stops where 50 cases show a difference.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.stats.ranking import ManyComparison, compare_many
from evaluation.stats.verdict_forecast import UNLIKELY, chance_of_other_verdict
from evaluation.stats.verdicts import A_BETTER, B_BETTER

N_QUICK = 50
SEED = 2026
Matrix = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Matrix]
"""Scores of all candidates on so many cases, shape (n_cases, n_candidates)."""


def right_or_wrong(*shares: float) -> Draw:
    """Answers that are right with these probabilities, on cases of different difficulty."""

    def draw(rng: np.random.Generator, n: int) -> Matrix:
        luck = (rng.normal(size=(n, 1)) + rng.normal(size=(n, len(shares)))) / np.sqrt(2)
        from scipy.special import ndtri

        return (luck < ndtri(np.array(shares))).astype(float)

    return draw


def scores(*gains: float, skewed: bool = False) -> Draw:
    """Scores in [0, 1] on cases of different difficulty; skewed: many are exactly 0 or 1, as of token F1."""

    def draw(rng: np.random.Generator, n: int) -> Matrix:
        spread = 0.6 if skewed else 0.15
        own = rng.normal(size=(n, len(gains))) * spread
        return np.clip(0.5 + np.array(gains) + rng.normal(size=(n, 1)) * spread + own, 0.0, 1.0)

    return draw


def rare_losses(gain: float) -> Draw:
    """Scores of which the second candidate's are a little lower, and now and then nothing: heavy tails."""

    def draw(rng: np.random.Generator, n: int) -> Matrix:
        first = rng.beta(8, 2, n)
        second = np.where(rng.random(n) < 0.03, 0.0, np.clip(first + gain + rng.normal(size=n) * 0.02, 0, 1))
        return np.column_stack([first, second])

    return draw


@dataclass(frozen=True)
class Population:
    """Candidates whose true values are known, on a benchmark of so many cases."""

    name: str
    part: str
    draw: Draw
    n_cases: int
    is_equal: bool = False


def populations() -> Iterator[Population]:
    """Yield every population."""
    for n_cases in (80, 200, 1_319):
        for gap in (0.0, 0.05, 0.1, 0.2, 0.35):
            name = f"right or wrong, .50 and {0.5 + gap:.2f}".replace("0.", ".")
            yield Population(name, "right", right_or_wrong(0.5, 0.5 + gap), n_cases, not gap)
        yield Population("right or wrong, .90 and .90", "right", right_or_wrong(0.9, 0.9), n_cases, True)
        yield Population("right or wrong, .97 and .97", "right", right_or_wrong(0.97, 0.97), n_cases, True)
        yield Population("right or wrong, four of .50", "right", right_or_wrong(*[0.5] * 4), n_cases, True)
        yield Population("right or wrong, .30, .50, .50, .80", "right", right_or_wrong(0.3, 0.5, 0.5, 0.8), n_cases)
        for gap in (0.0, 0.05, 0.1):
            yield Population(f"scores, {gap:.2f} apart".replace("0.", "."), "scores", scores(0, gap), n_cases, not gap)
        yield Population("scores, many 0 or 1, equal", "scores", scores(0, 0, skewed=True), n_cases, True)
        yield Population("scores, many 0 or 1, .3 apart", "scores", scores(0, 0.3, skewed=True), n_cases)
        yield Population("scores, four equal", "scores", scores(0, 0, 0, 0), n_cases, True)
        yield Population("scores, rare losses", "scores", rare_losses(0.0), n_cases)
        yield Population("scores, a small gain and rare losses", "scores", rare_losses(0.02), n_cases)


@dataclass
class Tally:
    """What came of the simulations of one population."""

    n: int = 0
    n_cannot: int = 0
    n_wrong: int = 0
    n_can_changed: int = 0
    expected_wrong: float = 0.0
    false_of_all: int = 0
    false_if_stopped: int = 0
    false_if_shown: int = 0


def compared(matrix: Matrix) -> tuple[dict[str, dict[str, float]], ManyComparison]:
    """Return the scores by side and case, and their comparison."""
    sides = {
        f"side {side}": {f"case {row}": float(value) for row, value in enumerate(matrix[:, side])}
        for side in range(matrix.shape[1])
    }
    return sides, compare_many(sides, seed=SEED)


def against(best: str, comparison: ManyComparison) -> dict[frozenset[str], str]:
    """Return the side that each comparison with `best` shows to be better; empty text: neither."""
    return {
        frozenset((a, b)): {A_BETTER: a, B_BETTER: b}.get(pair.verdict, "")
        for a, b, pair in comparison.pairs
        if best in (a, b)
    }


def tally_of(population: Population, n_simulations: int) -> Tally:
    """Return the tally of so many simulations."""
    rng, tally = np.random.default_rng(SEED), Tally()
    for _ in range(n_simulations):
        matrix = population.draw(rng, population.n_cases)
        seen, quick = compared(matrix[:N_QUICK])
        _, full = compared(matrix)
        chance = chance_of_other_verdict(
            seen, quick, n_seen=N_QUICK, n_after=population.n_cases, seed=SEED, value_range=(0.0, 1.0)
        )
        best = quick.order[0]
        has_changed = against(best, quick) != against(best, full)
        cannot = chance is not None and chance < UNLIKELY
        tally.n += 1
        tally.n_cannot += cannot
        tally.n_wrong += cannot and has_changed
        tally.expected_wrong += chance or 0.0 if cannot else 0.0
        tally.n_can_changed += not cannot and has_changed
        shown_of_all = any(pair.verdict in (A_BETTER, B_BETTER) for _, _, pair in full.pairs)
        shown_quick = any(pair.verdict in (A_BETTER, B_BETTER) for _, _, pair in quick.pairs)
        tally.false_of_all += shown_of_all
        tally.false_if_stopped += shown_quick if cannot else shown_of_all
        tally.false_if_shown += shown_quick or shown_of_all
    return tally


def row(population: Population, tally: Tally) -> str:
    """Return the row of the table."""

    def percent(n: float, of: int) -> str:
        return f"{100 * n / of:.1f} %" if of else "–"

    cells = [
        population.name,
        f"{population.n_cases:,}",
        percent(tally.n_cannot, tally.n),
        f"{tally.n_wrong} of {tally.n_cannot:,}",
        percent(tally.n_can_changed, tally.n - tally.n_cannot),
    ]
    falses: list[Any] = [tally.false_of_all, tally.false_if_stopped, tally.false_if_shown]
    cells += [percent(n, tally.n) if population.is_equal else "" for n in falses]
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--simulations", type=int, default=1_000)
    parser.add_argument("--part", choices=("right", "scores"))
    parser.add_argument("--cases", type=int, help="only benchmarks of so many cases")
    options = parser.parse_args()
    began, total = time.monotonic(), Tally()
    print("| population | cases | cannot change | wrong | changed otherwise | false: all | stopped | shown first |")
    print("| --- |" + " --- |" * 7)
    for population in populations():
        if options.part in (None, population.part) and options.cases in (None, population.n_cases):
            tally = tally_of(population, options.simulations)
            total.n_cannot += tally.n_cannot
            total.n_wrong += tally.n_wrong
            total.expected_wrong += tally.expected_wrong
            print(row(population, tally), flush=True)
    said = f"{total.n_wrong} of {total.n_cannot:,} were wrong, {total.expected_wrong:.1f} by its own chances"
    print(f"{said}; {time.monotonic() - began:.0f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
