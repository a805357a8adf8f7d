"""A race through known answers, without a model: what a test wants to follow step by step."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evaluation.races.blocks import Block, after, next_block
from evaluation.races.confirmation import confirmation
from evaluation.races.elimination import confirmed, decide
from evaluation.races.grid import Grid
from evaluation.races.outcome import RaceOutcome, outcome
from evaluation.races.rules import RaceRules, Spent
from evaluation.races.state import Decision, RaceState, Runner


@dataclass
class RaceCourse:
    """A race of candidates `a`, `b`, `c` … whose scores are known."""

    answers: NDArray[np.float64]
    """Shape (n_cases, n_candidates), in the order of the race."""
    rules: RaceRules = field(default_factory=RaceRules)
    blocks: list[Block] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    n_calls: int = 0

    def __post_init__(self) -> None:
        self.seen = np.full_like(self.answers, np.nan)
        self.state = self.beginning

    @property
    def beginning(self) -> RaceState:
        """The race before its first look."""
        n_cases, n_candidates = self.answers.shape
        runners = tuple(Runner(key=f"key {place}", label=chr(ord("a") + place)) for place in range(n_candidates))
        return RaceState(rules=self.rules, n_pool=n_cases, runners=runners)

    @property
    def grid(self) -> Grid:
        """The scores on the cases that were asked."""
        return Grid(values=self.seen[: self.state.n_asked + (self.state.n_confirmed or 0)])

    def step(self) -> Block | None:
        """Asks and decides once; None where the race was over."""
        self.state, block = next_block(self.state, self.grid, Spent(calls=self.n_calls))
        if block is None:
            return None
        places, cases = list(block.places), slice(self.state.n_asked, block.n_cases)
        self.n_calls += len(places) * (block.n_cases - self.state.n_asked)
        self.seen[cases, places] = self.answers[cases, places]
        self.state = after(self.state, block)
        if block.is_confirmation:
            self.decisions += confirmed(self.state, confirmation(self.state, self.grid, seed=0))
        else:
            self.state, decisions = decide(self.state, self.grid)
            self.decisions += decisions
        self.blocks.append(block)
        return block

    def run(self) -> RaceOutcome:
        """The outcome once the race is over."""
        while self.step() is not None:
            pass
        return outcome(self.state, self.grid, seed=0)


def right_with(*shares: float, n_cases: int = 200, seed: int = 0) -> NDArray[np.float64]:
    """Right (1) and wrong (0) answers to cases of shared difficulty; each candidate has its share right, exactly."""
    rng = np.random.default_rng(seed)
    ease = 0.85 * rng.normal(size=(n_cases, 1)) + 0.53 * rng.normal(size=(n_cases, len(shares)))
    ranks = (-ease).argsort(axis=0).argsort(axis=0)
    answers: NDArray[np.float64] = (ranks < np.rint(np.array(shares) * n_cases)).astype(np.float64)
    return answers
