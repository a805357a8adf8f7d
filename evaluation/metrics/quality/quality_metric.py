"""The base class of reference-free quality metrics: an empty answer scores 0, and a short one is weak evidence."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NoReturn

from evaluation.case import Case
from evaluation.errors import ConfigurationError
from evaluation.formatting import quantity
from evaluation.generation import Generation
from evaluation.metrics.metric import AnswerMetric
from evaluation.metrics.quality.reading import reading_of
from evaluation.scores import Measurement, ScoreFailure

LOW_CONFIDENCE = 0.5


@dataclass(frozen=True, kw_only=True)
class QualityMetric(AnswerMetric):
    """A metric of the answer alone, in [0, 1]; 0 if the answer has no word."""

    unit: ClassVar[str] = "fraction"

    def measure_answer(self, case: Case, generation: Generation) -> Measurement | ScoreFailure | None:
        if not generation.answer.strip():
            return Measurement(value=0.0, label="empty", rationale="the answer is empty")
        if not reading_of(generation.answer).words:
            return Measurement(value=0.0, label="no_words", rationale="the answer holds no word")
        return self.judge(case, generation)

    def refuse(self, option: str, *, allowed: str, example: str) -> NoReturn:
        """Raise a ConfigurationError for an option with an invalid value."""
        raise ConfigurationError(
            f"{self.name}: {option}={getattr(self, option)!r} is not {allowed}",
            next_step=f"Leave it out, or write for example {option}={example}",
        )

    @abstractmethod
    def judge(self, case: Case, generation: Generation) -> Measurement | ScoreFailure:
        """Return the value of an answer that holds a word."""


def measurement(
    value: float, parts: Mapping[str, float], *, confidence: float, label: str | None = None
) -> Measurement:
    """Return a value with its parts, as rationale and as evidence: names and numbers in turn.

    Args:
        value: Clipped to [0, 1].
        parts: What it was computed from, by name; finite.
        confidence: How far the answer's length supports the value, in [0, 1]; under a half it becomes the label.
        label: Another label, which takes precedence.
    """
    shown = {**parts, "confidence": confidence}
    return Measurement(
        value=min(1.0, max(0.0, value)),
        label=label or ("low_confidence" if confidence < LOW_CONFIDENCE else None),
        rationale=", ".join(f"{name.replace('_', ' ')} {quantity(number)}" for name, number in shown.items()),
        evidence=tuple(entry for pair in shown.items() for entry in pair),
    )


def confidence_of(n: int, *, half_at: int) -> float:
    """Return the confidence that `n` words or sentences give, n / (n + half_at), in [0, 1)."""
    return n / (n + half_at)
