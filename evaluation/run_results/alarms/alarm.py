"""The facts about a run from which alarms are derived."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.metrics.titles import short_titles
from evaluation.records.candidates import MetricUse
from evaluation.records.runs import RunRecord
from evaluation.records.scores import EstimateRow
from evaluation.run_results.run_figures import CandidateFigures
from evaluation.store.alarm_counts import ScoreSpread

Spreads = Mapping[str, ScoreSpread]
"""Spread of a candidate's scores, by the metric's signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Data of a run in which alarms are looked for."""

    run: RunRecord
    words: Mapping[MetricUse, str]
    """Name of each metric measured on all answers, whether planned or added later."""
    labels: Mapping[int, str]
    """Label of each candidate, by its row id."""
    figures: Mapping[int, CandidateFigures]
    """What was counted over each candidate's answers, by its row id."""
    estimates: Mapping[int, Sequence[EstimateRow]]

    def estimate(self, row_id: int, use: MetricUse) -> EstimateRow | None:
        """Return a candidate's value on a metric; None where it has none."""
        rows = (row for row in self.estimates.get(row_id, ()) if row.metric == use and row.quantity == "mean")
        return next(rows, None)

    def title(self, use: MetricUse) -> str:
        """Return the name of a metric as used in a sentence."""
        return self.titles.get(self.words.get(use, use.signature), use.signature)

    @property
    def titles(self) -> Mapping[str, str]:
        """Name of each metric as used in a sentence, by its key."""
        return short_titles({word: use.signature for use, word in self.words.items()})

    @property
    def look(self) -> str:
        """How to look at one answer."""
        return f"benchwright show {self.run.plan.run_id} --case ID"
