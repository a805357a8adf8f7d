"""A metric of a user's file that is gone, or was changed: what a resume puts in its place, so that the rest goes on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.metric import Answers, Metric
from evaluation.scores import Measurement, ScoreFailure

LOST = "metric_lost"


@dataclass(frozen=True, kw_only=True)
class MissingMetric(Metric):
    """Stands for a metric whose code is not to be had, under that metric's own name and signature."""

    name: ClassVar[str] = "lost_metric"
    unit: ClassVar[str] = ""
    scorer_version: ClassVar[str] = "lost"

    stands_for: str
    """As it was asked for: path, class and options."""
    stored_name: str
    stored_signature: str
    why: str

    @property
    def signature(self) -> str:
        """The lost metric's own: a failure must stand where its score would."""
        return self.stored_signature

    def measure(
        self, case: Case, generations: Sequence[Generation], answers: Answers
    ) -> Measurement | ScoreFailure | None:
        """Return why there is no score."""
        return ScoreFailure(kind=LOST, message=f"{self.stored_name}: {self.why}")
