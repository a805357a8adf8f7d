"""The embeddings of an index's passages as one matrix, filled in text by text."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from evaluation.formatting import counted
from evaluation.indexing.embedding_checks import other_dimension
from evaluation.passage import Passage
from evaluation.retrieval.search import of_length_1

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROWS_AT_ONCE = 4_096
"""Rows that are divided by their lengths at once: more would need another matrix of that size."""


class PassageVectors:
    """One row for each passage; equal texts share a vector."""

    def __init__(self, passages: Sequence[Passage], *, dimension: int | None, embedder: str) -> None:
        """Create a matrix without any vector.

        Args:
            passages: In the order of the rows.
            dimension: Numbers of each vector where it is known; else the first vector decides.
            embedder: Name of the model, for messages.
        """
        self._rows: defaultdict[str, list[int]] = defaultdict(list)
        for row, passage in enumerate(passages):
            self._rows[passage.text].append(row)
        self._missing = dict.fromkeys(self._rows)
        self._n_rows = len(passages)
        self._embedder = embedder
        self._values: NDArray[np.float32] | None = None
        self.dimension = dimension

    @property
    def missing(self) -> list[str]:
        """Texts without a vector, each once, in the order of the passages."""
        return list(self._missing)

    def fill(self, text: str, vector: "NDArray[np.float32]") -> None:
        """Set the rows of a text.

        Raises:
            ProviderError: the vector has another dimension than the others.
        """
        import numpy as np

        if self.dimension is not None and len(vector) != self.dimension:
            raise other_dimension(self._embedder, len(vector), self.dimension)
        if self._values is None:
            self.dimension = len(vector)
            self._values = np.empty((self._n_rows, self.dimension), dtype=np.float32)
        self._values[self._rows[text]] = vector
        self._missing.pop(text, None)

    def of_length_1(self) -> "NDArray[np.float32]":
        """Return the filled matrix with each row divided by its length, in place."""
        if self._values is None or self._missing:
            raise ValueError(f"no vector for {counted(len(self._missing), 'text')}")
        for start in range(0, self._n_rows, ROWS_AT_ONCE):
            self._values[start : start + ROWS_AT_ONCE] = of_length_1(self._values[start : start + ROWS_AT_ONCE])
        return self._values
