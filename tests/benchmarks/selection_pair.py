"""Two candidates that differ by 5 points on a task: is the better one named, and is a tie said where it must be?"""

import numpy as np
from numpy.typing import NDArray

from evaluation.records.evidence import Choosable, Evidence, EvidenceCase
from selection.choosing.choice import choose
from selection.preferences import Question
from selection.scoreboards.building import build_scoreboard

TASK = "classification"
BETTER_ALONE, WORSE_ALONE, BOTH = 0.15, 0.10, 0.50
"""Discordance .25, difference .05."""


def pair_shares(*, n_draws: int, n_cases: int, rng: np.random.Generator) -> dict[str, float]:
    """How often the better one is named, a tie is said, and the better one is named or among the tied."""
    named = tied = among = 0
    for _ in range(n_draws):
        board = build_scoreboard(_drawn(n_cases, rng))
        named += _label(choose(board, Question(task=TASK, on_tie="best")).chosen) == "better"
        choice = choose(board, Question(task=TASK))
        tied += bool(choice.tied)
        among += "better" in (choice.tied or (_label(choice.chosen),))
    return {"named": named / n_draws, "tie_said": tied / n_draws, "among_the_tied": among / n_draws}


def _label(chosen: Choosable | None) -> str:
    return "" if chosen is None else chosen.label


def _drawn(n_cases: int, rng: np.random.Generator) -> Evidence:
    """The worse one is cheaper, so that nothing but quality speaks for the better one."""
    kind = rng.choice(4, n_cases, p=[BETTER_ALONE, WORSE_ALONE, BOTH, 1 - BETTER_ALONE - WORSE_ALONE - BOTH])
    better, worse = np.isin(kind, (0, 2)), np.isin(kind, (1, 2))
    order = rng.permutation(2)
    names = np.array(["better", "worse"])[order]
    quality: NDArray[np.float64] = np.stack([better, worse])[order].astype(np.float64).ravel()
    price = np.array([0.002, 0.001])[order]
    return Evidence(
        candidates=tuple(Choosable(key=f"key {name}", label=str(name), model=str(name)) for name in names),
        cases=tuple(
            EvidenceCase(task=TASK, yardstick="pair", case_id=str(at), family=str(at)) for at in range(n_cases)
        ),
        candidate=np.repeat(np.arange(2), n_cases).astype(np.int32),
        case=np.tile(np.arange(n_cases), 2).astype(np.int32),
        quality=quality,
        latency_s=np.full(2 * n_cases, np.nan),
        cost_usd=np.repeat(price, n_cases),
        energy_j=np.full(2 * n_cases, np.nan),
        fingerprint="a pair",
    )
