"""Random-choice baseline: the score of guessing, a lower bound for every other figure."""

from dataclasses import dataclass
from typing import ClassVar

from evaluation.baselines.baseline import Baseline, generator_for
from evaluation.baselines.prompt_parts import parts_of
from evaluation.baselines.text_processing import sentences


@dataclass(frozen=True, kw_only=True)
class RandomChoice(Baseline):
    """One of the labels or of the letters, else of the sentences, each with equal probability."""

    name: ClassVar[str] = "baseline-random"
    summary: ClassVar[str] = "a random label, letter or sentence"

    def _answer(self, prompt: str, *, seed: int, limit: int | None) -> str:
        parts = parts_of(prompt)
        pool = parts.options or tuple(sentences(parts.body)) or (prompt,)
        return pool[int(generator_for(seed, prompt).integers(len(pool)))]
