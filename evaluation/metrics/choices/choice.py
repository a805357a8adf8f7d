"""The result of extracting a choice from an answer to a multiple-choice question."""

from dataclasses import dataclass

from evaluation.metrics.label_extraction import NOT_EXTRACTED

STRICT = "strict"
FLEXIBLE = "flexible"
AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Choice:
    """The choice read from an answer."""

    index: int | None
    """Index of the chosen option; None if no choice was found."""
    stage: str
    """`strict` or `flexible` for a choice; `ambiguous` for several options, `not_extracted` for none."""


NONE = Choice(None, NOT_EXTRACTED)
SEVERAL = Choice(None, AMBIGUOUS)
