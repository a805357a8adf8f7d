"""Alarms of a run: signs of a fault in the measurement instead of bad candidates.

A score near chance for every candidate usually means broken extraction; a metric with the same value for every answer
distinguishes no candidates; answers that were truncated, empty or not parsed score low for reasons unrelated to
knowledge.
"""

from dataclasses import replace

from evaluation.records.labels import is_baseline
from evaluation.results.runs import Alarm
from evaluation.run_results.alarms.alarm import Findings
from evaluation.run_results.alarms.answer_alarms import of_candidate
from evaluation.run_results.alarms.metric_alarms import near_chance, without_variance
from evaluation.run_results.alarms.server_alarms import too_many_slots
from evaluation.store.session import Store

__all__ = ["Alarm", "Findings", "find_alarms"]


def find_alarms(store: Store, findings: Findings) -> tuple[Alarm, ...]:
    """Return every alarm of a run: those about all candidates first, then those of each candidate."""
    spreads = {
        row_id: {spread.signature: spread for spread in findings.figures[row_id].spreads} for row_id in findings.labels
    }
    guessed = list(near_chance(store, findings))
    alarmed = {alarm.metric for alarm in guessed}
    alarms = guessed + list(without_variance(findings, spreads, alarmed))
    for row_id in findings.labels:
        alarms += of_candidate(findings, row_id, spreads[row_id])
        alarms += too_many_slots(findings, row_id)
    baselines = _baselines(findings)
    return tuple(replace(alarm, about_baseline=alarm.candidate in baselines) for alarm in alarms)


def _baselines(findings: Findings) -> frozenset[str]:
    """Return the labels of the candidates that are baselines."""
    return frozenset(
        findings.labels[candidate.run_candidate_id]
        for candidate in findings.run.candidates
        if is_baseline(candidate.plan.model_name)
    )
