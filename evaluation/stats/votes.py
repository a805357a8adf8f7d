"""Who beat whom on which prompt? Verdicts on two answers at a time, as arrays to compute with."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import ConfigurationError
from evaluation.stats.bradley_terry import Matrix, reaches
from evaluation.stats.vectors import Vector

Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One verdict on two answers to one prompt. Asked in both orders, a pair gives two votes."""

    a: str
    b: str
    score: float
    """1 where A won, 0 where B did, .5 for a tie."""
    prompt: str | None = None
    """Votes on one prompt are one piece of evidence; a vote without one stands by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteTable:
    """The votes as arrays, one number for each vote."""

    names: tuple[str, ...]
    """Sorted; other fields hold places in it."""
    a: Places
    b: Places
    score: Vector
    prompt: Places
    """Counted from 0."""
    n_prompts: int

    def wins(self, weights: Vector | None = None) -> Matrix:
        """Return how often each beat each, shape (k, k); weighted by vote."""
        k = len(self.names)
        weighted = np.ones(self.score.size) if weights is None else weights
        counted = np.bincount(self.a * k + self.b, weighted * self.score, minlength=k * k)
        counted = counted + np.bincount(self.b * k + self.a, weighted * (1 - self.score), minlength=k * k)
        return np.asarray(counted.reshape(k, k), dtype=np.float64)


def tabled(votes: Sequence[Vote]) -> VoteTable:
    """Return the votes as arrays.

    Raises:
        ConfigurationError: no votes, a candidate against itself, or a score outside [0, 1].
    """
    if not votes:
        raise ConfigurationError("there are no votes to rank by", "an empty review has no ranking")
    for vote in votes:
        if vote.a == vote.b or not 0 <= vote.score <= 1:
            raise ConfigurationError(
                f"{vote!r} cannot be counted", "two different names, and 1 where A won, 0 where B did, .5 for a tie"
            )
    names = sorted({name for vote in votes for name in (vote.a, vote.b)})
    place = {name: i for i, name in enumerate(names)}
    prompts: dict[object, int] = {}
    prompt = [
        prompts.setdefault(i if vote.prompt is None else vote.prompt, len(prompts)) for i, vote in enumerate(votes)
    ]
    return VoteTable(
        names=tuple(names),
        a=np.array([place[vote.a] for vote in votes]),
        b=np.array([place[vote.b] for vote in votes]),
        score=np.array([vote.score for vote in votes], dtype=np.float64),
        prompt=np.array(prompt),
        n_prompts=len(prompts),
    )


def components(table: VoteTable) -> tuple[tuple[str, ...], ...]:
    """Return the names that are connected by comparisons, set by set."""
    wins = table.wins()
    connected = reaches(wins + wins.T)
    return tuple(dict.fromkeys(tuple(np.array(table.names)[row].tolist()) for row in connected))
