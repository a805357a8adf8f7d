"""One number a case for each side: repeats averaged, members averaged. Ids and numbers in memory, never a text."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from evaluation.aggregation import case_values
from evaluation.case import Case
from evaluation.comparing.members import Member
from evaluation.comparing.metrics import FIGURES
from evaluation.comparing.sides import Side
from evaluation.generation import Generation
from evaluation.metrics import METRICS
from evaluation.metrics.cost import cost_metric
from evaluation.metrics.measuring import BrokenMetricError, combining
from evaluation.metrics.metric import Metric
from evaluation.metrics.parsing import metric_of
from evaluation.prices import PRICE
from evaluation.score import Measurement
from evaluation.store.outcome_numbers import failed_cases, iterate_figures
from evaluation.store.records import MetricUse
from evaluation.store.session import Store

_ANY_CASE = Case(case_id="any")
"""A figure of speed does not look at the case."""


def scores_of(store: Store, side: Side, use: MetricUse) -> dict[str, float]:
    """The side's value of each case on a metric; where it has several members, of the cases that all of them have."""
    metric = metric_of(use.name, use.signature)
    combine = combining(metric) if metric is not None else None
    found = []
    for member in side.members:
        try:
            values = case_values(store, member.row_id, use.signature, combine)
        except BrokenMetricError:  # it has no number then, which the run's own page says
            return {}
        found.append(dict(zip(values.case_ids, values.means, strict=True)))
    return _averaged(found)


def _averaged(members: Sequence[Mapping[str, float]]) -> dict[str, float]:
    first, *others = members
    if not others:
        return dict(first)
    return {
        case_id: (value + sum(other[case_id] for other in others)) / len(members)
        for case_id, value in first.items()
        if all(case_id in other for other in others)
    }


def failed_of(store: Store, side: Side) -> frozenset[str]:
    """The cases on which a server failed one of the side's members in every repeat."""
    return frozenset(case_id for member in side.members for case_id in failed_cases(store, member.row_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Speed, tokens, cost and energy of a candidate: columns over its cases, nothing where there was no figure."""

    case_ids: tuple[str, ...]
    columns: Mapping[str, Sequence[float]]
    """By figure; NaN where a case has none."""

    def by_case(self, name: str) -> dict[str, float]:
        """The figure of each case that has one."""
        column = self.columns[name]
        return {case_id: value for case_id, value in zip(self.case_ids, column, strict=True) if value == value}


def figures_of(store: Store, member: Member) -> Figures:
    """The candidate's figures from one reading of its answers; reused ones have no time."""
    metrics = _figure_metrics(member)
    case_ids: list[str] = []
    columns = {name: array("d") for name in metrics}
    for case_id, of_case in groupby(iterate_figures(store, member.row_id), key=itemgetter(0)):
        generations = [generation for _, generation in of_case]
        case_ids.append(case_id)
        for name, metric in metrics.items():
            values = list(_values(metric, generations))
            columns[name].append(sum(values) / len(values) if values else float("nan"))
    return Figures(case_ids=tuple(case_ids), columns=columns)


def _figure_metrics(member: Member) -> dict[str, Metric]:
    found: dict[str, Metric] = {name: METRICS[name]() for name in FIGURES if name != "cost_usd"}
    if (cost := cost_metric(member.details.get(PRICE))) is not None:
        found["cost_usd"] = cost
    return found


def _values(metric: Metric, generations: Sequence[Generation]) -> Iterator[float]:
    for generation in generations:
        measured = metric.measure(_ANY_CASE, (generation,), {})
        if isinstance(measured, Measurement):
            yield measured.value


def figure_of_side(figures: Sequence[Figures], name: str) -> dict[str, float]:
    """A side's figure of each case; where it has several members, of the cases that all of them have."""
    if not all(name in found.columns for found in figures):
        return {}
    return _averaged([found.by_case(name) for found in figures])
