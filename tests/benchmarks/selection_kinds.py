"""Random pools of several kinds whose truth is known: where the signal lies, what answers take, what is missing.

A pool is drawn whole from its seed: how many tasks, cases and candidates, how prices spread, what is known of memory
and latency. `Pool.chance` is the truth that choices are judged by.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from selection_pools import Matrix, Pool, with_label_noise

from evaluation.records.evidence import Choosable, Evidence, EvidenceCase

KINDS = ("task", "length", "topic", "difficulty", "none", "near", "dear is worse")
"""By what the candidates differ: the task, the prompt's length, its words, how hard it is (the cheap ones fail on hard
prompts); not at all by prompt; a cheap candidate nearly as good as the best; the dearest among the worst."""
KNOWN = ("prices", "memory", "both", "nothing")
TASKS = ("triage", "extraction", "rewriting", "planning")

_TOPICS = tuple(
    tuple(text.split())
    for text in (
        "router packet firewall gateway latency subnet switch cable antenna modem firmware bandwidth",
        "flour butter oven dough simmer garlic recipe saucepan whisk yeast pepper roast",
        "goal striker referee penalty league coach stadium defender transfer keeper season trophy",
        "molecule enzyme protein reaction solvent catalyst acid polymer crystal isotope titration vapour",
        "mortgage dividend broker bond equity hedge portfolio yield inflation credit audit ledger",
        "violin chord tempo orchestra melody rhythm opera conductor cello sonata choir harmony",
        "glacier ridge canyon plateau erosion sediment delta volcano magma fault basin strata",
        "kitten leash vaccine kennel feather aquarium hoof saddle grooming whisker litter paddock",
    )
)
_COMMON = tuple(
    word
    for line in (
        "the of a to in and for that with on as is at by from this which have been will more about into than over",
        "under when where people often later early several other such very each still made part given time place",
    )
    for word in line.split()
)
_OPENINGS = {
    "triage": ("Where does this belong?", "Sort this message.", "Decide who handles it:"),
    "extraction": ("List every name in it.", "Pull out the facts:", "Which values are stated?"),
    "rewriting": ("Say this more plainly.", "Rewrite for a reader in a hurry:", "Make it polite."),
    "planning": ("What should be done first?", "Draw up steps:", "Plan the week around this."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What a pool was drawn as."""

    kind: str
    known: str
    n_tasks: int
    n_cases: int
    """Of each task."""
    n_candidates: int
    missing: float
    """Share of the answers that were not asked for."""
    noise: float
    """Share of the labels that are turned."""


def draw_as(kind: str, known: str, rng: np.random.Generator, *, n_cases: int | None = None) -> Drawn:
    """A pool's outlines."""
    return Drawn(
        kind=kind,
        known=known,
        n_tasks=int(rng.integers(2, 4)) if kind == "task" else int(rng.integers(1, 4)),
        n_cases=int(rng.choice([60, 200, 500, 900])) if n_cases is None else n_cases,
        n_candidates=int(rng.choice([2, 3, 5, 8, 12])),
        missing=float(rng.choice([0.0, 0.0, 0.2])),
        noise=float(rng.choice([0.0, 0.0, 0.1])),
    )


def draw(outlines: Drawn, rng: np.random.Generator, *, permuted: bool = False) -> Pool:
    """The pool; permuted: answers are those to other prompts of the task, so that prompts tell nothing."""
    n = outlines.n_tasks * outlines.n_cases
    tasks = np.repeat(np.arange(outlines.n_tasks), outlines.n_cases)
    topics, lengths = rng.integers(len(_TOPICS), size=n), np.exp(rng.normal(3.4, 0.8, n)).clip(6, 250).astype(int)
    hardness = rng.random(n)
    prompts = tuple(
        _prompt(TASKS[task], topic, length, hard, rng)
        for task, topic, length, hard in zip(tasks, topics, lengths, hardness, strict=True)
    )
    price = 10 ** rng.uniform(-5, -2, outlines.n_candidates)
    chance = _chance(outlines, tasks, topics, lengths, hardness, price, rng)
    if permuted:
        order = np.concatenate([rng.permutation(np.flatnonzero(tasks == task)) for task in np.unique(tasks)])
        chance = chance[order]
    mean_cost = price * (0.4 + lengths / 60)[:, None]
    names = [TASKS[task] for task in tasks]
    evidence = _measured(names, chance, mean_cost, outlines, price, rng)
    return Pool(evidence=evidence, prompts=prompts, chance=chance, mean_cost=mean_cost)


def _prompt(task: str, topic: int, length: int, hard: float, rng: np.random.Generator) -> str:
    """Some words tell the topic; a hard prompt holds more numbers and conditions."""
    draws = rng.random(length)
    own, common = rng.integers(len(_TOPICS[topic]), size=length), rng.integers(len(_COMMON), size=length)
    words = [_TOPICS[topic][a] if u < 0.25 else _COMMON[b] for u, a, b in zip(draws, own, common, strict=True)]
    extra = round(6 * hard + rng.normal(0, 0.7))
    for _ in range(max(extra, 0)):
        words.insert(
            int(rng.integers(len(words))), str(int(rng.integers(10, 999))) if rng.random() < 0.6 else "unless,"
        )
    opening = _OPENINGS[task][int(rng.integers(3))]
    return f"{opening} {' '.join(words)}." if rng.random() < 0.7 else f"{' '.join(words).capitalize()}. {opening}"


def _chance(
    outlines: Drawn,
    tasks: NDArray[np.int64],
    topics: NDArray[np.int64],
    lengths: NDArray[np.int64],
    hardness: Matrix,
    price: Matrix,
    rng: np.random.Generator,
) -> Matrix:
    n, k = len(tasks), outlines.n_candidates
    level = rng.permutation(np.linspace(0.75, 0.75 - rng.uniform(0.05, 0.3), k))
    shared = rng.normal(0, 0.1, len(_TOPICS))[topics] - 0.15 * (hardness - 0.5)
    moved = np.zeros((n, k))
    if outlines.kind == "task":
        moved = rng.normal(0, 0.12, (outlines.n_tasks, k))[tasks]
    elif outlines.kind == "length":
        moved = np.where((lengths > np.quantile(lengths, 0.6))[:, None], rng.normal(0, 0.15, k), 0.0)
    elif outlines.kind == "topic":
        moved = rng.normal(0, 0.13, (len(_TOPICS), k))[topics]
    elif outlines.kind == "difficulty":
        level = np.sort(level)[np.argsort(np.argsort(price))]
        moved = (0.35 * (1 - hardness))[:, None] * (level.max() - level) / max(np.ptp(level), 1e-9)
    elif outlines.kind == "near":
        level[np.argmin(price)] = level.max() - rng.uniform(0, 0.02)
    elif outlines.kind == "dear is worse":
        level = -np.sort(-level)[np.argsort(np.argsort(price))]
    return np.clip(level + moved + shared[:, None], 0.02, 0.98)


def _measured(
    tasks: list[str], chance: Matrix, mean_cost: Matrix, outlines: Drawn, price: Matrix, rng: np.random.Generator
) -> Evidence:
    n, k = chance.shape
    case, candidate = np.divmod(np.arange(n * k), k)
    nothing = np.full(n * k, np.nan)
    has_prices, has_memory = outlines.known in ("prices", "both"), outlines.known in ("memory", "both")
    memory = 1e9 * 4 * (price / price.min()) ** 0.4
    evidence = Evidence(
        candidates=tuple(
            Choosable(
                key=f"key{at:02}",
                label=f"m{at}",
                model=f"m{at}",
                memory_bytes=float(memory[at]) if has_memory else None,
            )
            for at in range(k)
        ),
        cases=tuple(
            EvidenceCase(task=task, yardstick=f"{task}@1", case_id=str(at), family=str(at))
            for at, task in enumerate(tasks)
        ),
        candidate=candidate.astype(np.int32),
        case=case.astype(np.int32),
        quality=(rng.random(n * k) < chance.ravel()).astype(np.float64),
        latency_s=rng.lognormal(0, 0.4, n * k) * (1 + candidate / 4) if outlines.known == "both" else nothing,
        cost_usd=mean_cost.ravel() * rng.lognormal(-0.045, 0.3, n * k) if has_prices else nothing,
        energy_j=nothing,
        fingerprint=f"kind {int(rng.integers(2**62))}",
    )
    noisy = with_label_noise(evidence, outlines.noise, rng)
    kept = rng.random(n * k) >= outlines.missing
    return replace(
        noisy,
        candidate=noisy.candidate[kept],
        case=noisy.case[kept],
        quality=noisy.quality[kept],
        latency_s=noisy.latency_s[kept],
        cost_usd=noisy.cost_usd[kept],
        energy_j=noisy.energy_j[kept],
    )
