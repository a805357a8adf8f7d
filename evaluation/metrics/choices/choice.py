"""The result of extracting a choice from an answer to a multiple-choice question."""

from dataclasses import dataclass

from evaluation.metrics.extraction import NOT_EXTRACTED

STRICT = "strict"
FLEXIBLE = "flexible"
AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Choice:
    """What was read from an answer."""

    index: int | None
    """Of the chosen option; None where none was read."""
    stage: str
    """`strict` or `flexible` with a choice; `ambiguous` for several options, `not_extracted` for none."""


NONE = Choice(None, NOT_EXTRACTED)
SEVERAL = Choice(None, AMBIGUOUS)
