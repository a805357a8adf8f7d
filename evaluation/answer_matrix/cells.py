"""A cell of the answers side by side."""

from dataclasses import dataclass
from enum import StrEnum

from evaluation.answer_matrix.figures import Mark
from evaluation.answer_parts import AnswerParts


class Standing(StrEnum):
    """How a score stands to the best one that there is for the case, or can be."""

    BEST = "best"
    LOWER = "lower"
    NONE = "none"
    """There is no score, or nothing to compare it with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixCell:
    """A candidate's answer to a case."""

    text: str
    """Beginning of the first answer, or of the message of its failure."""
    is_whole: bool
    parts: AnswerParts
    """What of it is shown first, and what is folded."""
    read_as: str | None
    """What the metric read of the first answer, where it reads a part of it."""
    score: float | None
    """Mean over the repeats; None where there is none."""
    label: str | None
    """Word that the metric provides for the first answer."""
    seconds: float | None
    tokens: float | None
    marks: Mark
    standing: Standing
    fingerprint: str
    """Of the candidate."""
    given_tags: tuple[str, ...]
    """Tags that people gave the answer."""
    n_notes: int
    """Notes that people wrote on the answer."""
