"""The facts about a run from which alarms are derived."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.metrics.titles import short_titles
from evaluation.records import EstimateRow, MetricUse, OutcomeCounts, RunRecord
from evaluation.store.alarm_counts import ScoreSpread

Spreads = Mapping[str, ScoreSpread]
"""How far a candidate's scores lie apart, by the metric's signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What is known of a run when it is looked through."""

    run: RunRecord
    words: Mapping[MetricUse, str]
    """What each metric is called that was measured on all answers: planned, or scored later."""
    labels: Mapping[int, str]
    """What each candidate is called, by its row."""
    counts: Mapping[int, OutcomeCounts]
    estimates: Mapping[int, Sequence[EstimateRow]]
    score_failures: Mapping[int, Sequence[tuple[MetricUse, Mapping[str, int]]]]
    """How many scores could not be had, by metric and kind."""

    def estimate(self, row_id: int, use: MetricUse) -> EstimateRow | None:
        """Return a candidate's value on a metric; None where it has none."""
        rows = (row for row in self.estimates.get(row_id, ()) if row.metric == use and row.quantity == "mean")
        return next(rows, None)

    def title(self, use: MetricUse) -> str:
        """Return what a metric is called in a sentence."""
        return self.titles.get(self.words.get(use, use.signature), use.signature)

    @property
    def titles(self) -> Mapping[str, str]:
        """What each metric is called in a sentence, by its word."""
        return short_titles({word: use.signature for use, word in self.words.items()})

    @property
    def look(self) -> str:
        """How to look at one answer."""
        return f"benchwright show {self.run.plan.run_id} --case ID"
