"""Estimates of a candidate's speed, tokens, cost and energy in a run, each with its interval.

They are computed from its answers' figures. Figures that are smaller if the server had read the prompt before are
estimated separately for fresh and cached prompts.
"""

import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from evaluation.case import Case
from evaluation.generation import Generation, PromptState
from evaluation.metrics import METRICS
from evaluation.metrics.cost import CostUsd, cost_metric, cost_of_models
from evaluation.metrics.metric import Metric
from evaluation.metrics.speed import TIMED_METRICS, USAGE_METRICS, reads_the_prompt
from evaluation.records.candidates import MetricUse
from evaluation.records.scores import EstimateRow
from evaluation.requests.prices import PRICE, PRICES
from evaluation.scores import Estimate, Measurement
from evaluation.stats.intervals import mean_estimate, quantile_estimate
from evaluation.store.outcome_numbers import iterate_figures
from evaluation.store.session import Store

LATENCY_QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95}
_ANY_CASE = Case(case_id="any")
"""Placeholder for the case of a speed figure, which does not depend on it."""


def candidate_cost(details: Mapping[str, Any]) -> CostUsd | None:
    """Return the metric of cost by the prices in a candidate's details in a run; None without prices."""
    return cost_of_models(details.get(PRICES)) or cost_metric(details.get(PRICE))


def figure_estimates(store: Store, run_candidate_id: int, cost: CostUsd | None) -> Iterator[EstimateRow]:
    """Yield the estimates of speed, tokens and cost, from a single pass over the answers' figures."""
    metrics: list[Metric] = [METRICS[name]() for name in (*TIMED_METRICS, *USAGE_METRICS)]
    metrics += [cost] if cost is not None else []
    means = {metric.name: {state: array("d") for state in PromptState} for metric in metrics}
    paid = array("d")
    for _, of_case in groupby(iterate_figures(store, run_candidate_id, cost), key=itemgetter(0)):
        generations = [generation for _, generation in of_case]
        for metric in metrics:
            measured = [metric.measure(_ANY_CASE, (generation,), {}) for generation in generations]
            for state, values in by_prompt_state(metric, generations, measured).items():
                means[metric.name][state].append(math.fsum(values) / len(values))
            if metric is cost:
                own = zip(generations, measured, strict=True)
                paid.extend(
                    measurement.value
                    for generation, measurement in own
                    if isinstance(measurement, Measurement) and not generation.reused
                )
    for metric in metrics:
        yield from _figure_rows(run_candidate_id, metric, means[metric.name])
    if cost is not None and paid:
        yield _total(run_candidate_id, cost, paid)


def by_prompt_state(
    metric: Metric, generations: Sequence[Generation], measured: Sequence[object]
) -> dict[PromptState, list[float]]:
    """Return the values of a case's repeats by the state of their prompts, where the metric depends on it.

    The values of other metrics are all returned as those of fresh prompts.
    """
    by_state: dict[PromptState, list[float]] = {}
    for generation, measurement in zip(generations, measured, strict=True):
        if isinstance(measurement, Measurement):
            state = generation.prompt_state if reads_the_prompt(metric) else None
            by_state.setdefault(state or PromptState.FRESH, []).append(measurement.value)
    return by_state


def _figure_rows(
    run_candidate_id: int, metric: Metric, means: Mapping[PromptState, Sequence[float]]
) -> Iterator[EstimateRow]:
    """Yield the estimate for fresh prompts, or for unknown ones where there are none, and those of other states."""
    first = PromptState.FRESH if means[PromptState.FRESH] else PromptState.UNKNOWN
    yield from _speed_rows(run_candidate_id, metric, means[first])
    for state in PromptState:
        if state is not first and means[state]:
            use = MetricUse(name=metric.name, signature=metric.signature)
            estimate = mean_estimate(means[state], value_range=metric.value_range)
            yield EstimateRow(
                run_candidate_id=run_candidate_id, metric=use, quantity=f"{state}_prompts", estimate=estimate
            )


def _total(run_candidate_id: int, metric: Metric, values: Sequence[float]) -> EstimateRow:
    """Return the total over all answers that the run itself asked for: a sum, which has no interval."""
    total = Estimate(value=math.fsum(values), low=None, high=None, n_cases=len(values), method="sum")
    use = MetricUse(name=metric.name, signature=metric.signature)
    return EstimateRow(run_candidate_id=run_candidate_id, metric=use, quantity="total", estimate=total)


def _speed_rows(run_candidate_id: int, metric: Metric, means: Sequence[float]) -> Iterator[EstimateRow]:
    if not means:
        return
    use = MetricUse(name=metric.name, signature=metric.signature)
    yield EstimateRow(
        run_candidate_id=run_candidate_id,
        metric=use,
        estimate=mean_estimate(means, value_range=metric.value_range),
    )
    if metric.name == "latency_s":
        for quantity, q in LATENCY_QUANTILES.items():
            yield EstimateRow(
                run_candidate_id=run_candidate_id, metric=use, quantity=quantity, estimate=quantile_estimate(means, q)
            )
