"""Cosine similarity of embedding vectors."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evaluation.metrics.requests import Answer
from evaluation.scores import ScoreFailure

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

EMBEDDING_UNUSABLE = "embedding_unusable"


def cosines(firsts: Sequence[Answer], seconds: Sequence[Answer]) -> "npt.NDArray[np.float64] | ScoreFailure":
    """Return the cosine of each vector of `firsts` with each of `seconds`, in [-1, 1], shape (n_firsts, n_seconds).

    Vectors are normalised to length 1 first: some servers do so, others do not. Returns the first failure where a text
    could not be embedded, and `embedding_unusable` where a vector is all zero, holds no number, or differs in length.
    """
    vectors = _units([*firsts, *seconds])
    if isinstance(vectors, ScoreFailure):
        return vectors
    likeness: npt.NDArray[np.float64] = (vectors[: len(firsts)] @ vectors[len(firsts) :].T).clip(-1.0, 1.0)
    return likeness


def _units(answers: Sequence[Answer]) -> "npt.NDArray[np.float64] | ScoreFailure":
    import numpy as np

    failure = next((answer for answer in answers if isinstance(answer, ScoreFailure)), None)
    if failure is not None:
        return failure
    lengths = {len(answer) if isinstance(answer, tuple) else 0 for answer in answers}
    if len(lengths) != 1 or lengths == {0}:
        return _unusable(f"vectors of {_listed(lengths)} numbers: all must be equally long, and hold at least one")
    vectors = np.array(answers, dtype=np.float64)
    if not np.isfinite(vectors).all():
        return _unusable("a vector with infinite or undefined numbers")
    # Divided by the largest number first, so that squares neither overflow nor vanish.
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    if not largest.all():
        return _unusable("a vector of nothing but zeros, which points nowhere")
    vectors = vectors / largest
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)  # type: ignore[no-any-return]


def _listed(lengths: set[int]) -> str:
    return " and ".join(map(str, sorted(lengths)[:4])) or "no"


def _unusable(what: str) -> ScoreFailure:
    return ScoreFailure(kind=EMBEDDING_UNUSABLE, message=f"the embedding model returned {what}")
