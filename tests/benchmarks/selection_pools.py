"""Pools of candidates whose true quality on every prompt is known: it draws the evidence, and judges the choices."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from selection_prompts import SUBJECTS, TASKS, draw_prompts

from evaluation.records.evidence import Choosable, Evidence, EvidenceCase

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pool:
    """What was measured, and what is true."""

    evidence: Evidence
    prompts: tuple[str, ...]
    chance: Matrix
    """Of a right answer, shape (n_cases, n_candidates)."""
    mean_cost: Matrix
    """Of an answer, before chance; the same shape."""

    @property
    def tasks(self) -> NDArray[np.str_]:
        """Of each case."""
        return np.array([case.task for case in self.evidence.cases])


Signal = Callable[[NDArray[np.int64], NDArray[np.int64], int, np.random.Generator], Matrix]
"""From tasks and subjects of the cases and the number of candidates: what is added to each chance."""


def by_task(tasks: NDArray[np.int64], subjects: NDArray[np.int64], n: int, rng: np.random.Generator) -> Matrix:
    """Every candidate is better on some tasks than on others, whatever the prompt."""
    return rng.normal(0, 0.12, (len(TASKS), n))[tasks]


def by_prompt(tasks: NDArray[np.int64], subjects: NDArray[np.int64], n: int, rng: np.random.Generator) -> Matrix:
    """Every candidate knows some subjects better than others."""
    return rng.normal(0, 0.12, (len(SUBJECTS), n))[subjects]


def nothing(tasks: NDArray[np.int64], subjects: NDArray[np.int64], n: int, rng: np.random.Generator) -> Matrix:
    """Candidates are as good as they are, everywhere."""
    return np.zeros((len(tasks), n))


SIGNALS: dict[str, Signal] = {"by task": by_task, "by prompt": by_prompt, "none": nothing}


def draw_pool(signal: Signal, *, n_cases: int, n_candidates: int, rng: np.random.Generator) -> Pool:
    """A pool of `n_cases` for each task; easy and hard prompts, cheap and dear candidates."""
    tasks = np.repeat(np.arange(len(TASKS)), n_cases)
    names = [TASKS[task] for task in tasks]
    prompts, subjects = draw_prompts(names, rng)
    base = rng.permutation(np.linspace(0.62, 0.41, n_candidates))
    hard = rng.normal(0, 0.12, len(SUBJECTS))[subjects] + rng.normal(0, 0.1, len(tasks))
    chance = np.clip(base + signal(tasks, subjects, n_candidates, rng) + hard[:, None], 0.02, 0.98)
    price = np.exp(rng.normal(-6, 0.8, n_candidates))
    mean_cost = price * np.array([0.5 + len(prompt) / 300 for prompt in prompts])[:, None]
    evidence = _measured(names, chance, mean_cost, rng)
    return Pool(evidence=evidence, prompts=prompts, chance=chance, mean_cost=mean_cost)


def _measured(tasks: list[str], chance: Matrix, mean_cost: Matrix, rng: np.random.Generator) -> Evidence:
    n_cases, n_candidates = chance.shape
    size = n_cases * n_candidates
    case, candidate = np.divmod(np.arange(size), n_candidates)
    return Evidence(
        candidates=tuple(
            Choosable(key=f"key{at}", label=f"model-{at}", model=f"model-{at}") for at in range(n_candidates)
        ),
        cases=tuple(
            EvidenceCase(task=task, yardstick=f"{task}@1", case_id=str(at), family=str(at))
            for at, task in enumerate(tasks)
        ),
        candidate=candidate.astype(np.int32),
        case=case.astype(np.int32),
        quality=(rng.random(size) < chance.ravel()).astype(np.float64),
        latency_s=rng.lognormal(0, 0.4, size) * (1 + candidate / 4),
        cost_usd=mean_cost.ravel() * rng.lognormal(-0.045, 0.3, size),
        energy_j=np.full(size, np.nan),
        fingerprint=f"pool {int(rng.integers(2**62))}",
    )


def kept(evidence: Evidence, rows: NDArray[np.bool_]) -> Evidence:
    """The evidence with some of its rows."""
    return replace(
        evidence,
        candidate=evidence.candidate[rows],
        case=evidence.case[rows],
        quality=evidence.quality[rows],
        latency_s=evidence.latency_s[rows],
        cost_usd=evidence.cost_usd[rows],
        energy_j=evidence.energy_j[rows],
    )


def with_label_noise(evidence: Evidence, share: float, rng: np.random.Generator) -> Evidence:
    """Right and wrong exchanged in this share of the rows."""
    turned = rng.random(len(evidence.quality)) < share
    return replace(evidence, quality=np.where(turned, 1 - evidence.quality, evidence.quality))


def with_gaps(evidence: Evidence, candidate: int, rng: np.random.Generator) -> Evidence:
    """One candidate was asked only half of the cases."""
    missed = rng.random(len(evidence.cases)) < 0.5
    return kept(evidence, ~((evidence.candidate == candidate) & missed[evidence.case]))
