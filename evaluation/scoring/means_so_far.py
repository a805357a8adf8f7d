"""Means of candidates that are still asked, from the answers that are stored: read once each, and nothing is stored.

Only built-in metrics that need nothing but the answer are measured: models, programs and code of users are asked when
all answers are there. Such a mean is over the cases answered so far, which are drawn at random; it is no result.
"""

import threading
import time
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.guarded_calls import measured
from evaluation.metrics.metric import CorpusMetric, Metric
from evaluation.metrics.metric_process import is_ours
from evaluation.metrics.parsing import metric_of
from evaluation.metrics.third_party import MissingMetric
from evaluation.records.outcomes import StoredOutcome
from evaluation.records.runs import RunPlan
from evaluation.scores import Estimate, Measurement
from evaluation.scoring.candidate_scoring import asks
from evaluation.stats.intervals import mean_estimate
from evaluation.store.benchmarks import load_cases
from evaluation.store.outcomes import iterate_outcomes
from evaluation.store.session import Store

LOOK_WITHIN_S = 0.15
"""Seconds for which answers are measured in one look, of all candidates; the rest waits for the next one."""
MOST_ANSWERS = 20_000
"""Answers of a candidate that are measured; further ones change little, and wait for the end."""
_BATCH = 50
_MOST_KEPT = 200


@dataclass
class _SoFar:
    last_id: int = 0
    values: dict[str, "array[float]"] = field(default_factory=dict)
    n_answers: int = 0
    estimate: Estimate | None = None


class MeansSoFar:
    """The means of candidates under way, for one store; kept from look to look."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._candidates: dict[int, _SoFar] = {}

    def mean(self, store: Store, plan: RunPlan, run_candidate_id: int, *, until: float) -> Estimate | None:
        """Return a candidate's mean of its run's headline over the answers so far; None where it cannot be told yet.

        Args:
            store: Where they are.
            plan: The plan of the run.
            run_candidate_id: The candidate.
            until: Time of the monotonic clock after which no further batch of answers is measured.
        """
        metric = _measurable(plan)
        if metric is None:
            return None
        with self._lock:
            so_far = self._candidates.pop(run_candidate_id, None) or _SoFar()
            self._candidates[run_candidate_id] = so_far
            while len(self._candidates) > _MOST_KEPT:
                del self._candidates[next(iter(self._candidates))]
            if _read_on(store, plan.benchmark_version, run_candidate_id, metric, so_far, until):
                means = [sum(values) / len(values) for values in so_far.values.values()]
                so_far.estimate = mean_estimate(means, value_range=metric.value_range) if means else None
            return so_far.estimate


def _measurable(plan: RunPlan) -> Metric | None:
    """Return the headline of a run if a built-in metric can measure it from an answer alone."""
    use = next((use for use in plan.metrics if use.name == plan.headline), None)
    if use is None:
        return None
    metric = metric_of(use.name, use.signature)
    if metric is None or isinstance(metric, MissingMetric | CorpusMetric):
        return None
    is_plain = is_ours(metric) and not asks(metric)
    return metric if is_plain and metric.n_repeats_needed == 1 else None


def _read_on(store: Store, version: str, run_candidate_id: int, metric: Metric, so_far: _SoFar, until: float) -> bool:
    """Measure the answers that came since the last look, and return whether there were any."""
    n_before = so_far.n_answers
    if n_before >= MOST_ANSWERS or time.monotonic() > until:
        return False
    for outcomes in iterate_outcomes(store, run_candidate_id, batch=_BATCH, after=so_far.last_id):
        cases = {case.case_id: case for case in load_cases(store, version, [each.row.case_id for each in outcomes])}
        for each in outcomes:
            value = _value(each, cases, metric)
            so_far.last_id, so_far.n_answers = each.generation_id, so_far.n_answers + 1
            if value is not None:
                so_far.values.setdefault(each.row.case_id, array("d")).append(value)
        if time.monotonic() > until or so_far.n_answers >= MOST_ANSWERS:
            break
    return so_far.n_answers > n_before


def _value(stored: StoredOutcome, cases: Mapping[str, Case], metric: Metric) -> float | None:
    outcome, case = stored.row.outcome, cases.get(stored.row.case_id)
    if not isinstance(outcome, Generation) or case is None:
        return None
    measurement = measured(metric, case, (outcome,), {})
    return measurement.value if isinstance(measurement, Measurement) else None
