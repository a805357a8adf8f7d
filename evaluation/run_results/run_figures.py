"""What is counted over all answers of a run, candidate by candidate, and kept from one reading to the next."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from evaluation.errors import FailureKind
from evaluation.metrics.choices.choice import AMBIGUOUS
from evaluation.metrics.label_extraction import NOT_EXTRACTED
from evaluation.metrics.numeric_match import NO_NUMBER
from evaluation.pipelines.cascade import NO_SIGNAL
from evaluation.pipelines.retrieval import LEFT_OUT, NOTHING_FOUND
from evaluation.records.candidates import MetricUse
from evaluation.records.outcomes import OutcomeCounts
from evaluation.records.runs import SERVER_VERSIONS, RunCandidateRecord, RunRecord
from evaluation.records.stages import StageSums
from evaluation.results.as_json import as_json, from_json
from evaluation.store.alarm_counts import (
    Queueing,
    ScoreSpread,
    count_cut,
    count_noted,
    count_same_search,
    count_waited,
    score_spreads,
)
from evaluation.store.energies import EnergyTotal, energy_totals
from evaluation.store.kept_readings import kept_or_read
from evaluation.store.outcomes import count_outcomes, outcomes_by_endpoint
from evaluation.store.scores import count_score_failures, scored_metrics
from evaluation.store.session import Store
from evaluation.store.stage_sums import stage_sums
from evaluation.truncation import CutBy, Limits

EXTRACTION_FAILED = (NOT_EXTRACTED, AMBIGUOUS, NO_NUMBER)
"""Labels by which metrics report that they found nothing to compare."""
WAITED = 0.5
"""Wait in the server's queue, relative to the service time, from which an answer counts as queued."""
NOTED = (NOTHING_FOUND, LEFT_OUT, NO_SIGNAL)
"""Notes of pipelines that are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateFigures:
    """What is counted over a candidate's answers, stages and scores."""

    row_id: int
    """Of the candidate in its run."""
    counts: OutcomeCounts
    score_failures: tuple[tuple[MetricUse, Mapping[str, int]], ...]
    """Number of score failures, by metric and kind."""
    n_scored: tuple[tuple[MetricUse, int], ...]
    """Number of scores, by metric."""
    spreads: tuple[ScoreSpread, ...]
    cut: Mapping[CutBy, int]
    """Answers that were cut off, without those that failed."""
    cut_thinking: Mapping[CutBy, int]
    """Answers whose thinking used up the budget, by what cut them off."""
    n_noted: Mapping[str, int]
    """Answers with a note of the pipeline, by its name."""
    n_same_search: tuple[int, int]
    """Largest number of cases that searched for the very same, and number of all that searched."""
    queueing: Queueing
    n_by_endpoint: Mapping[str, int] | None
    """Outcomes of each server of a pool; None where there was only one server."""
    energy: EnergyTotal | None
    """None where nothing was measured."""
    stages: tuple[StageSums, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _RunFigures:
    candidates: tuple[CandidateFigures, ...]


def run_figures(store: Store, run: RunRecord, *, has_energy: bool) -> Mapping[int, CandidateFigures]:
    """Return the figures of each candidate of a run, by its row id.

    Args:
        store: Where the run is.
        run: The run.
        has_energy: Whether energy may have been measured.
    """
    basis = [has_energy, [_basis(record) for record in run.candidates]]

    def read() -> object:
        return as_json(_RunFigures(candidates=tuple(_figures(store, run, has_energy=has_energy))))

    figures = from_json(_RunFigures, kept_or_read(store, run.plan.run_id, "figures", basis, read))
    return {each.row_id: each for each in figures.candidates}


def limits_of(record: RunCandidateRecord) -> Limits:
    """Return what can cut off the answers of a candidate."""
    return Limits.of(record.plan.options, trained_context=record.plan.details.get("context_length"))


def _has_pool(record: RunCandidateRecord) -> bool:
    return len(record.plan.details.get(SERVER_VERSIONS, {})) > 1


def _basis(record: RunCandidateRecord) -> Sequence[object]:
    """Return what a candidate's figures depend on beside its answers."""
    return [record.run_candidate_id, record.plan.label, asdict(limits_of(record)), _has_pool(record)]


def _figures(store: Store, run: RunRecord, *, has_energy: bool) -> Iterator[CandidateFigures]:
    counts = {counted.run_candidate_id: counted for counted in count_outcomes(store, run.plan.run_id)}
    energies = energy_totals(store, run.plan.run_id) if has_energy else {}
    stages = stage_sums(store, run.plan.run_id)
    for record in run.candidates:
        row_id, limits = record.run_candidate_id, limits_of(record)
        n_scored, thinking = scored_metrics(store, row_id), FailureKind.THINKING_USED_UP_THE_BUDGET
        has_thought = counts[row_id].own_failures.get(thinking)
        signatures = [use.signature for use, _ in n_scored]
        yield CandidateFigures(
            row_id=row_id,
            counts=counts[row_id],
            score_failures=count_score_failures(store, row_id),
            n_scored=n_scored,
            spreads=score_spreads(store, row_id, signatures, labels=EXTRACTION_FAILED),
            cut=count_cut(store, row_id, limits),
            cut_thinking=count_cut(store, row_id, limits, own_failure=thinking) if has_thought else {},
            n_noted={name: count_noted(store, row_id, name) for name in NOTED},
            n_same_search=count_same_search(store, row_id),
            queueing=count_waited(store, row_id, longer_than=WAITED),
            n_by_endpoint=outcomes_by_endpoint(store, row_id) if _has_pool(record) else None,
            energy=energies.get(row_id),
            stages=tuple(stages.get(row_id, ())),
        )
