"""Base class of sacrebleu's corpus metrics: its counts are the evidence, so that cases are resampled without texts."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.metric import AnswerMetric, CorpusMetric, Need
from evaluation.scores import Measurement

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric


@dataclass(frozen=True, kw_only=True)
class SacrebleuMetric(AnswerMetric, CorpusMetric):
    """A metric over all cases, in percent, equal to sacrebleu's."""

    unit: ClassVar[str] = "percent"
    value_range: ClassVar[tuple[float, float]] = (0.0, 100.0)
    needs: ClassVar[frozenset[Need]] = frozenset({Need.REFERENCES})

    @property
    def signature(self) -> str:
        """The metric with its options, and sacrebleu's own signature with its version."""
        return f"{super().signature}|{_signature(self)}"

    @abstractmethod
    def scorer(self, *, alone: bool = False) -> "Metric":
        """Return sacrebleu's scorer with these options: for all cases, or for one case alone."""

    def measure_answer(self, case: Case, generation: Generation) -> Measurement:
        scorer = self.scorer(alone=True)
        reference_info = scorer._extract_reference_info([scorer._preprocess_segment(text) for text in case.references])
        counts = scorer._compute_segment_statistics(scorer._preprocess_segment(generation.answer), reference_info)
        value = score_of_counts(scorer, counts) if any(counts) else self.value_without_counts(case, generation)
        return Measurement(value=value, evidence=tuple(float(number) for number in counts))

    def value_without_counts(self, case: Case, generation: Generation) -> float:
        """Return the value of a case in which there is nothing to count: an empty answer to an empty reference."""
        return 100.0

    def aggregate(self, rows: Sequence[Measurement]) -> float:
        """Return the corpus score from the summed evidence; the mean value where no row has anything to count."""
        import numpy as np

        sums = np.array([row.evidence for row in rows], dtype=np.float64).sum(axis=0)
        counts = [int(number) for number in sums]
        return score_of_counts(self.scorer(), counts) if any(counts) else sum(row.value for row in rows) / len(rows)


def score_of_counts(scorer: "Metric", counts: Sequence[float]) -> float:
    """Return sacrebleu's score of these counts."""
    return float(scorer._compute_score_from_stats(list(counts)).score)


@lru_cache(maxsize=64)
def _signature(metric: SacrebleuMetric) -> str:
    scorer = metric.scorer()
    scorer.num_refs = -1
    return str(scorer.get_signature())
