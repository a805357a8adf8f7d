"""Overall quality: all text qualities in one number, with adjustable weights."""

import math
from dataclasses import dataclass
from typing import ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.quality.coherence import Coherence
from evaluation.metrics.quality.completeness import Completeness
from evaluation.metrics.quality.creativity import Creativity
from evaluation.metrics.quality.length_fit import LengthFit
from evaluation.metrics.quality.quality_metric import QualityMetric, measurement
from evaluation.metrics.quality.readability import Readability
from evaluation.metrics.quality.specificity import Specificity
from evaluation.quality_metrics import QUALITIES
from evaluation.scores import Measurement, ScoreFailure

_LEAST = 0.05
"""Lower limit of a quality, so that one failure does not hide all other qualities."""


@dataclass(frozen=True, kw_only=True)
class OverallQuality(QualityMetric):
    """The weighted geometric mean of the six qualities with their default options, in [0, 1].

    Geometric, since a text that fails in one of them is not saved by the others. A quality that could not be measured
    (readability in another script) is left out, and the weights of the others count in its place.
    """

    name: ClassVar[str] = "overall_quality"
    scorer_version: ClassVar[str] = "2"
    formula: ClassVar[str] = "exp(sum of w·ln(max(0.05, quality)) / sum of w)"
    source: ClassVar[str] = "our own"
    blind_spots: ClassVar[str] = (
        "Whether anything said is true or useful: read it beside a metric that knows the right answer; the weights are"
        " a convention; the blind spots of its parts"
    )

    coherence: float = 0.25
    completeness: float = 0.25
    readability: float = 0.1
    length_fit: float = 0.15
    creativity: float = 0.15
    specificity: float = 0.1

    def __post_init__(self) -> None:
        """Refuse a negative weight, and weights that are all zero."""
        for name in QUALITIES:
            if not 0 <= getattr(self, name) < math.inf:
                self.refuse(name, allowed="a weight from 0", example="0.2")
        if not self._weights():
            self.refuse("coherence", allowed="above 0 while all other weights are 0", example="1.0")

    def judge(self, case: Case, generation: Generation) -> Measurement | ScoreFailure:
        """Return the value of an answer that holds a word."""
        weights = self._weights()
        results = {metric.name: metric.judge(case, generation) for metric in weights}
        parts = {name: each.value for name, each in results.items() if isinstance(each, Measurement)}
        weight = {metric.name: share for metric, share in weights.items() if metric.name in parts}
        total = sum(weight.values())
        logs = sum(weight[name] * math.log(max(_LEAST, value)) for name, value in parts.items())
        if not total:
            return ScoreFailure(
                kind="nothing_measured", message="none of the qualities with a weight could be measured"
            )
        confidence = sum(weight[name] * _confidence(results[name]) for name in parts) / total
        return measurement(math.exp(logs / total), parts, confidence=confidence)

    def _weights(self) -> dict[QualityMetric, float]:
        named: dict[QualityMetric, float] = {
            Coherence(): self.coherence,
            Completeness(): self.completeness,
            Readability(): self.readability,
            LengthFit(): self.length_fit,
            Creativity(): self.creativity,
            Specificity(): self.specificity,
        }
        return {metric: weight for metric, weight in named.items() if weight > 0}


def _confidence(result: object) -> float:
    """Return the confidence, which is the last number of the evidence."""
    return float(result.evidence[-1]) if isinstance(result, Measurement) else 0.0
