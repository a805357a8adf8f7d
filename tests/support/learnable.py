"""Evidence in which prompts tell the candidates apart, small enough to be learned from in a second."""

import numpy as np

from evaluation.records.evidence import Choosable, Evidence, EvidenceCase

SUBJECTS = {
    "python": ("function", "loop", "list", "index", "class", "exception", "return", "import", "tuple", "string"),
    "history": ("empire", "treaty", "king", "battle", "siege", "dynasty", "parliament", "crown", "revolt", "exile"),
    "cooking": ("flour", "butter", "oven", "simmer", "garlic", "onion", "recipe", "whisk", "bake", "salt"),
}
PLAIN = (
    "please",
    "tell",
    "which",
    "of",
    "these",
    "things",
    "was",
    "first",
    "and",
    "why",
    "people",
    "want",
    "more",
    "now",
)


def learnable(
    *,
    n_cases: int = 160,
    n_candidates: int = 3,
    tasks: tuple[str, ...] = ("reasoning",),
    signal: float = 0.4,
    seed: int = 0,
) -> tuple[Evidence, tuple[str, ...]]:
    """Evidence of `n_cases` for each task, and its prompts; candidate i is better by `signal` on subject i."""
    rng = np.random.default_rng(seed)
    named = [task for task in tasks for _ in range(n_cases)]
    subjects = rng.integers(len(SUBJECTS), size=len(named))
    prompts = tuple(_prompt(list(SUBJECTS.values())[subject], rng) for subject in subjects)
    chance = np.full((len(named), n_candidates), 0.4)
    chance[np.arange(len(named)), subjects % n_candidates] += signal
    size = chance.size
    case, candidate = np.divmod(np.arange(size), n_candidates)
    evidence = Evidence(
        candidates=tuple(
            Choosable(key=f"key{at}", label=f"model-{at}", model=f"model-{at}") for at in range(n_candidates)
        ),
        cases=tuple(
            EvidenceCase(task=task, yardstick=f"{task}@1", case_id=str(at), family=str(at))
            for at, task in enumerate(named)
        ),
        candidate=candidate.astype(np.int32),
        case=case.astype(np.int32),
        quality=(rng.random(size) < chance.ravel()).astype(np.float64),
        latency_s=np.full(size, 0.5),
        cost_usd=(0.001 * (1 + candidate)).astype(np.float64),
        energy_j=np.full(size, np.nan),
        fingerprint=f"learnable {seed}",
    )
    return evidence, prompts


def _prompt(vocabulary: tuple[str, ...], rng: np.random.Generator) -> str:
    telling = rng.choice(vocabulary, 6)
    other = rng.choice(PLAIN, 10)
    return " ".join(rng.permutation(np.concatenate([telling, other])).tolist()).capitalize() + "?"
