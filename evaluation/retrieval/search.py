"""The search for passages: by embeddings, by words, or by both."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from evaluation.errors import ConfigurationError
from evaluation.passage import Passage
from evaluation.words import has_unspaced, unspaced_bigrams

if TYPE_CHECKING:
    import bm25s
    import numpy as np
    from numpy.typing import NDArray

METHODS = ("dense", "bm25", "hybrid")
FUSED = 4
"""Times `top_k` of each ranking that a hybrid search joins."""
BATCH = 64
"""Queries compared with all passages at once: one at a time, memory is read anew for each."""
ROUNDING = 1e-5
"""Difference between two cosines that rounding may explain."""
ROWS_AT_ONCE = 4_096
"""Rows that are compared by themselves at once."""
SMALLEST = 1e-12
"""Least score of a passage that shares a word with the question."""
Place: TypeAlias = tuple[int, float]
"""Index of a passage, and its relevance."""
RANK_CONSTANT = 60
"""k of reciprocal rank fusion, as in its paper (Cormack, Clarke and Büttcher 2009)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question to an index."""

    text: str
    vector: tuple[float, ...] = ()
    """Its embedding; empty for a search by words alone."""
    method: str = "hybrid"
    top_k: int = 10
    min_similarity: float = -1.0
    """Least cosine of a passage found by its embedding."""


@dataclass(frozen=True, kw_only=True)
class Index:
    """The passages of a corpus, ready to be searched."""

    passages: tuple[Passage, ...]
    vectors: "NDArray[np.float32] | None" = field(default=None, repr=False)
    """Embeddings of the passages, one a row, each of length 1; None for a search by words alone."""

    @cached_property
    def _words(self) -> "bm25s.BM25":
        import bm25s

        retriever = bm25s.BM25()
        retriever.index(_tokens([passage.text for passage in self.passages]), show_progress=False)
        return retriever

    def prepare(self, method: str) -> None:
        """Build what a first search by that method would build."""
        if method != "dense":
            _ = self._words

    def search(self, queries: Sequence[Query]) -> list[tuple[Passage, ...]]:
        """Return the passages that fit each query, best first, with their relevance. Equal ones keep their order.

        Raises:
            ConfigurationError: a query's vector has another dimension than the index.
        """
        dense = self._dense([query for query in queries if query.method != "bm25"])
        by_words = self._by_words([query for query in queries if query.method != "dense"])
        results: list[tuple[Passage, ...]] = []
        for query in queries:
            if query.method == "dense":
                ranking = next(dense)[: query.top_k]
            elif query.method == "bm25":
                ranking = next(by_words)[: query.top_k]
            else:
                ranking = fused([_places(next(dense)), _places(next(by_words))])[: query.top_k]
            results.append(tuple(replace(self.passages[place], relevance=value) for place, value in ranking))
        return results

    def _dense(self, queries: Sequence[Query]) -> Iterator[list[Place]]:
        """Yield a ranking by cosine for each query."""
        import numpy as np

        if not queries:
            return
        if self.vectors is None:
            raise ConfigurationError("the index has no embeddings", "Search it with method=bm25.")
        vectors = np.array([query.vector for query in queries], dtype=np.float32)
        if vectors.shape[1] != self.vectors.shape[1]:
            raise ConfigurationError(
                f"the question's embedding has {vectors.shape[1]} numbers, the index's have {self.vectors.shape[1]}",
                "Embed both with the same model.",
            )
        for start in range(0, len(queries), BATCH):
            batch = of_length_1(vectors[start : start + BATCH])
            for query, vector, row in zip(queries[start : start + BATCH], batch, batch @ self.vectors.T, strict=True):
                yield nearest(self.vectors, vector, row, self._depth(query), least=query.min_similarity)

    def _by_words(self, queries: Sequence[Query]) -> Iterator[list[Place]]:
        """Yield a ranking by BM25 for each query; passages that share no word with it are in none."""
        for query, tokens in zip(queries, _tokens([query.text for query in queries]), strict=True):
            shared = [token for token in tokens if token in self._words.vocab_dict]
            scores = self._words.get_scores(shared) if shared else None
            yield [] if scores is None else best(scores, self._depth(query), least=SMALLEST)

    def _depth(self, query: Query) -> int:
        return query.top_k * (FUSED if query.method == "hybrid" else 1)


def import_libraries(*, words: bool) -> None:
    """Import what a first search would import.

    Args:
        words: True for searches by words.
    """
    import numpy  # noqa: F401

    if words:
        import bm25s  # noqa: F401


def of_length_1(vectors: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """Return the vectors divided by their lengths; one of length 0 stays as it is."""
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)


def nearest(
    vectors: "NDArray[np.float32]",
    vector: "NDArray[np.float32]",
    cosines: "NDArray[np.float32]",
    k: int,
    *,
    least: float,
) -> list[Place]:
    """Return the `k` rows with the largest cosine of at least `least`, largest first, equal ones by place.

    Args:
        vectors: Rows of length 1.
        vector: Of length 1.
        cosines: Those of the rows with the vector, whose last digits depend on what was computed beside them: rows
            that they leave within `ROUNDING` are compared by a product of their own, so that a question finds the same
            by itself and among others.
        k: Number of rows.
        least: Least cosine.
    """
    import numpy as np

    if k < len(cosines):
        least_of_k = float(np.partition(cosines, len(cosines) - k)[len(cosines) - k])
        places = np.flatnonzero(cosines >= max(least, least_of_k) - ROUNDING)
    else:
        places = np.flatnonzero(cosines >= least - ROUNDING)
    exact = np.empty(len(places), dtype=np.float32)
    for start in range(0, len(places), ROWS_AT_ONCE):
        rows = vectors[places[start : start + ROWS_AT_ONCE]]
        exact[start : start + ROWS_AT_ONCE] = np.einsum("ij,j->i", rows, vector, dtype=np.float64)
    return [(int(places[at]), value) for at, value in best(exact, k, least=least)]


def best(values: "NDArray[np.float32]", k: int, *, least: float) -> list[Place]:
    """Return the `k` largest values of at least `least` with their places, largest first, equal ones by place."""
    import numpy as np

    if k < len(values):
        least = max(least, float(np.partition(values, len(values) - k)[len(values) - k]))
    places = np.flatnonzero(values >= least)
    order = places[np.argsort(-values[places], kind="stable")][:k]
    return [(int(place), float(values[place])) for place in order]


def fused(rankings: Sequence[Sequence[int]]) -> list[Place]:
    """Return the places of all rankings with the sum of 1 / (60 + rank), largest first, equal ones by first appearance.

    Source: Cormack, Clarke and Büttcher 2009.
    """
    sums: dict[int, float] = {}
    for ranking in rankings:
        for rank, place in enumerate(ranking, 1):
            sums[place] = sums.get(place, 0.0) + 1 / (RANK_CONSTANT + rank)
    return sorted(sums.items(), key=lambda entry: -entry[1])


def _places(ranking: Sequence[Place]) -> list[int]:
    return [place for place, _ in ranking]


def _tokens(texts: Sequence[str]) -> list[list[str]]:
    """Return the words of each text, in lower case, without a list of words to leave out: texts have many languages.

    Of scripts without blanks between words, such as Japanese and Thai, each two neighbouring letters are one.
    """
    import bm25s

    split = [unspaced_bigrams(text) if has_unspaced(text) else (text, []) for text in texts]
    tokens = bm25s.tokenize([text for text, _ in split], stopwords=None, return_ids=False, show_progress=False)
    return [[*words, *bigrams] for words, (_, bigrams) in zip(tokens, split, strict=True)]
