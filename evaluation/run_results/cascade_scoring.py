"""Scores of a cascade's answers on either side of the threshold, computed anew from their texts where that is possible.

A metric that asks a model, a server or the sandbox is not asked again: its stored score counts for the answer that the
run itself gave, and the score of another answer is unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from evaluation.errors import UnknownNameError
from evaluation.generation import Generation
from evaluation.metrics.metric import CorpusMetric, Metric
from evaluation.metrics.metric_process import MetricProcess, is_ours
from evaluation.metrics.parsing import metric_of
from evaluation.metrics.speed import SPEED_METRICS
from evaluation.metrics.third_party import MissingMetric
from evaluation.records.candidates import MetricUse
from evaluation.records.metric_keys import headline_key, metric_keys
from evaluation.records.runs import RunRecord
from evaluation.run_results.cascade_answers import CascadeAnswer
from evaluation.scores import Measurement
from evaluation.scoring.candidate_scoring import ASKED, asks
from evaluation.store.scores import iterate_scores
from evaluation.store.session import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class SideScore:
    """The score of an answer on one side."""

    measurement: Measurement | None = None
    """None: the metric has no value for it, or it is not known."""
    is_known: bool = True
    """False: the metric would have to be asked."""


@dataclass(frozen=True, kw_only=True)
class CurveMetric:
    """The metric of a curve's quality."""

    key: str
    """As the run's results name it."""
    use: MetricUse
    metric: Metric | None
    """None where it is not available in the form that scored the run."""
    apart: MetricProcess = field(compare=False)
    """The processes in which metrics that are not ours measure."""

    @property
    def can_be_computed(self) -> bool:
        """Check whether a new text can be scored without asking anybody."""
        return self.metric is not None and not isinstance(self.metric, MissingMetric) and not asks(self.metric)

    @property
    def reads_only_texts(self) -> bool:
        """Check whether it sees nothing of an answer but its text and how it ended: no times, tokens or energy."""
        return self.metric is not None and is_ours(self.metric) and self.metric.name not in SPEED_METRICS

    @property
    def is_over_all_cases(self) -> bool:
        """Check whether its value is no mean over cases."""
        return isinstance(self.metric, CorpusMetric)

    @property
    def reason(self) -> str:
        """Why a new text cannot be scored, in words to follow "`metric` "."""
        if self.metric is None or isinstance(self.metric, MissingMetric):
            return "is not available here as it was when the run was scored"
        return f"asks {' and '.join(sorted(need.value for need in self.metric.asks_for & ASKED))}"


def curve_metric(run: RunRecord, name: str | None, apart: MetricProcess) -> CurveMetric:
    """Return a metric of the run.

    Args:
        run: The run.
        name: The metric's name or key; None: the headline.
        apart: The processes in which metrics that are not ours measure.

    Raises:
        UnknownNameError: the run has no such metric.
    """
    keys = metric_keys(run.plan.metrics)
    chosen = headline_key(run, keys) if name is None else name
    for use in run.plan.metrics:
        if chosen in (keys[use.signature], use.name, use.signature):
            metric = metric_of(use.name, use.signature)
            return CurveMetric(key=keys[use.signature], use=use, metric=metric, apart=apart)
    raise UnknownNameError(f"metric of run {run.plan.run_id}", chosen, keys.values())


class SideScores:
    """Scores answers of one candidate."""

    def __init__(self, store: Store, run_candidate_id: int, metric: CurveMetric) -> None:
        """Read the stored scores where new texts cannot be scored."""
        self._metric = metric
        self._stored: Mapping[tuple[str, int], Measurement] = {}
        if not metric.can_be_computed:
            scores = iterate_scores(store, run_candidate_id, metric.use.signature)
            self._stored = {(score.case_id, score.repeat): score.measurement for score in scores}

    def of(self, answer: CascadeAnswer, side: Generation | None) -> SideScore:
        """Return the score of one side of an answer."""
        if side is None:
            return SideScore()
        metric = self._metric.metric
        if metric is not None and self._metric.can_be_computed:
            measured = self._metric.apart.measured(metric, answer.case, (side,), {})
            return SideScore(measurement=measured if isinstance(measured, Measurement) else None)
        if not _is_same(side, answer.scored):
            return SideScore(is_known=False)
        return SideScore(measurement=self._stored.get((answer.case.case_id, answer.repeat)))

    def of_both(self, answer: CascadeAnswer) -> tuple[SideScore, SideScore]:
        """Return the scores of both sides of an answer, the small one first; equal texts are scored once."""
        small = self.of(answer, answer.small)
        if self._metric.reads_only_texts and answer.small == answer.large:
            return small, small
        return small, self.of(answer, answer.large)


def _is_same(generation: Generation, scored: Generation | None) -> bool:
    """Check whether an answer is, to a metric, the one that the run scored."""
    return scored is not None and (generation.answer, generation.own_failure) == (scored.answer, scored.own_failure)
