"""Text embeddings by feature hashing of words, without any learned weights."""

import hashlib
import math
from collections import Counter
from dataclasses import asdict, dataclass
from typing import ClassVar

from evaluation.baselines.text_processing import STOP_WORDS, stem, words
from evaluation.fingerprint import fingerprint


@dataclass(frozen=True, kw_only=True)
class HashedWords:
    """A text as hashed word stems and letter trigrams with signs (Weinberger et al. 2009, arXiv:0902.2206)."""

    name: ClassVar[str] = "baseline-embed"
    summary: ClassVar[str] = "hashed words and letters as a vector"
    code_version: ClassVar[str] = "1"

    n_dimensions: int = 512
    trigram_weight: float = 0.3
    """Weight of a letter trigram relative to a word's 1, which brings spelling variants close together."""
    stop_word_weight: float = 0.1

    @property
    def digest(self) -> str:
        """Identity of the method with its options, 64 hex digits."""
        return fingerprint({"name": self.name, "options": asdict(self), "code_version": self.code_version})

    def embed(self, text: str) -> tuple[float, ...]:
        """Return the vector of `text`, of length 1, shape (n_dimensions,); all zero for a text without words."""
        vector = [0.0] * self.n_dimensions
        for feature, weight in self._features(text).items():
            place = int.from_bytes(hashlib.blake2b(feature.encode(), digest_size=8).digest(), "big")
            vector[(place >> 1) % self.n_dimensions] += weight if place & 1 else -weight
        length = math.sqrt(sum(value * value for value in vector))
        return tuple(value / length for value in vector) if length else tuple(vector)

    def _features(self, text: str) -> dict[str, float]:
        """Return hashed names with their weights: 1 + ln(count), so that a repeated word counts less each time."""
        weights: dict[str, float] = {}
        for word, count in Counter(words(text)).items():
            weight = (1 + math.log(count)) * (self.stop_word_weight if word in STOP_WORDS else 1.0)
            pieces = {f"w:{stem(word)}": weight}
            padded = f" {word} "
            for i in range(len(padded) - 2):
                pieces[f"t:{padded[i : i + 3]}"] = weight * self.trigram_weight
            for name, value in pieces.items():
                weights[name] = weights.get(name, 0.0) + value
        return weights
