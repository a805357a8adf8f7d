"""The base class of classical baselines: frozen dataclasses that answer a prompt without any learned weights."""

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np

from evaluation.fingerprint import fingerprint


@dataclass(frozen=True, kw_only=True)
class Baseline(ABC):
    """A method without a language model, to be beaten by the models. Its fields are its options."""

    name: ClassVar[str]
    summary: ClassVar[str]
    """What the method does, in one line."""
    code_version: ClassVar[str] = "1"
    """Raised whenever the answer to a prompt could change."""

    @property
    def digest(self) -> str:
        """Identity of the method with its options, 64 hex digits: the equivalent of a model's weights digest."""
        return fingerprint({"name": self.name, "options": asdict(self), "code_version": self.code_version})

    def answer(self, prompt: str, *, seed: int = 0, limit: int | None = None) -> str:
        """Return the answer to `prompt`; empty only for a blank prompt.

        Args:
            prompt: The text that a model would get as the last user message.
            seed: The same seed gives the same answer; methods that draw nothing ignore it.
            limit: Words after which the answer is cut off.
        """
        if not prompt.strip():
            return ""
        text = self._answer(prompt.strip(), seed=seed, limit=limit) or prompt.strip()
        return text if limit is None else _first_words(text, limit)

    @abstractmethod
    def _answer(self, prompt: str, *, seed: int, limit: int | None) -> str:
        """Return the uncut answer to a prompt that is not blank."""


def generator_for(seed: int, prompt: str) -> "np.random.Generator":
    """Return a random generator determined by seed and prompt, on every machine."""
    return np.random.default_rng(int(fingerprint([seed, prompt])[:16], 16))


def _first_words(text: str, limit: int) -> str:
    words = text.split()
    return text if len(words) <= limit else " ".join(words[: max(limit, 1)])
