"""TextRank baseline: the sentences most similar to all others, by a random walk over similarities."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from evaluation.baselines.baseline import Baseline
from evaluation.baselines.prompt_parts import parts_of
from evaluation.baselines.text_processing import cosine, sentences, tfidf


@dataclass(frozen=True, kw_only=True)
class TextRank(Baseline):
    """The most central sentences in document order (Mihalcea and Tarau 2004; with TF-IDF cosine as the similarity)."""

    name: ClassVar[str] = "baseline-textrank"
    summary: ClassVar[str] = "the document's most central sentences"

    n_sentences: int = 2
    damping: float = 0.85
    max_sentences: int = 300
    """Sentences read at most: the number of similarities grows with the square."""

    def _answer(self, prompt: str, *, seed: int, limit: int | None) -> str:
        body_sentences = sentences(parts_of(prompt).body)[: self.max_sentences]
        best = np.argsort(-centrality(body_sentences, damping=self.damping), kind="stable")[: self.n_sentences]
        return " ".join(body_sentences[index] for index in sorted(best))


def centrality(texts: list[str], *, damping: float = 0.85) -> npt.NDArray[np.float64]:
    """Return the PageRank of each text in the graph of their similarities, summing to 1, shape (n_texts,)."""
    n = len(texts)
    if n == 0:
        return np.empty(0)
    vectors = tfidf(texts)
    likeness = np.array(
        [[0.0 if i == j else cosine(a, b) for j, b in enumerate(vectors)] for i, a in enumerate(vectors)]
    )
    totals = likeness.sum(axis=1, keepdims=True)
    # A text like no other passes its weight to all, as a page without links does.
    steps = np.where(totals > 0, likeness / np.where(totals > 0, totals, 1.0), 1.0 / n)
    rank = np.full(n, 1.0 / n)
    for _ in range(100):
        following = (1 - damping) / n + damping * (rank @ steps)
        if np.abs(following - rank).sum() < 1e-9:
            break
        rank = following
    # Rounded, so that equals stay equal on every machine and the earlier one wins.
    return np.round(rank, 9)
