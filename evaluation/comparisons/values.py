"""One number a case for each side: repeats averaged, members averaged. Ids and numbers in memory, never a text."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from evaluation.case import Case
from evaluation.comparisons.like_with_like import States, Values
from evaluation.comparisons.members import Member
from evaluation.comparisons.metrics import FIGURES
from evaluation.comparisons.sides import Side
from evaluation.generation import PromptState
from evaluation.metrics import METRICS
from evaluation.metrics.cost import cost_metric
from evaluation.metrics.guarded_calls import BrokenMetricError, combining
from evaluation.metrics.metric import Metric
from evaluation.metrics.parsing import metric_of
from evaluation.records import MetricUse
from evaluation.requests.prices import PRICE
from evaluation.scoring.aggregation import case_values
from evaluation.scoring.usage_estimates import by_prompt_state
from evaluation.store.outcome_numbers import failed_cases, iterate_figures
from evaluation.store.session import Store

_ANY_CASE = Case(case_id="any")
"""A figure of speed does not look at the case."""


def scores_of(store: Store, side: Side, use: MetricUse) -> dict[str, float]:
    """Return the side's value of each case on a metric.

    Where it has several members, of the cases that all of them have.
    """
    metric = metric_of(use.name, use.signature)
    combine = combining(metric) if metric is not None else None
    of_members = []
    for member in side.members:
        try:
            values = case_values(store, member.row_id, use.signature, combine)
        except BrokenMetricError:  # it has no number then, which the run's own page says
            return {}
        of_members.append(dict(zip(values.case_ids, values.means, strict=True)))
    return _averaged(of_members)


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
    """Return the cases on which a server failed one of the side's members in every repeat."""
    return frozenset(case_id for member in side.members for case_id in failed_cases(store, member.row_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Speed, tokens, cost and energy of a candidate: columns over its cases, nothing where there was no figure."""

    case_ids: tuple[str, ...]
    columns: Mapping[str, Mapping[PromptState, Sequence[float]]]
    """By figure and by what the server had kept of the prompt, where that matters; NaN where a case has none."""

    def by_case(self, name: str) -> Mapping[str, Values]:
        """Return the figure of each case that has one, by the state of the prompt."""
        figures: dict[str, dict[States, float]] = {}
        for state, column in self.columns[name].items():
            for case_id, value in zip(self.case_ids, column, strict=True):
                if value == value:
                    figures.setdefault(case_id, {})[(state,)] = value
        return figures


def figures_of(store: Store, member: Member) -> Figures:
    """Return the candidate's figures from one reading of its answers; reused ones have no time."""
    metrics = _figure_metrics(member)
    case_ids: list[str] = []
    columns = {name: {state: array("d") for state in PromptState} for name in metrics}
    for case_id, of_case in groupby(iterate_figures(store, member.row_id), key=itemgetter(0)):
        generations = [generation for _, generation in of_case]
        case_ids.append(case_id)
        for name, metric in metrics.items():
            measured = [metric.measure(_ANY_CASE, (generation,), {}) for generation in generations]
            values = by_prompt_state(metric, generations, measured)
            for state, column in columns[name].items():
                of_state = values.get(state)
                column.append(sum(of_state) / len(of_state) if of_state else float("nan"))
    return Figures(case_ids=tuple(case_ids), columns=columns)


def _figure_metrics(member: Member) -> dict[str, Metric]:
    metrics: dict[str, Metric] = {name: METRICS[name]() for name in FIGURES if name != "cost_usd"}
    if (cost := cost_metric(member.details.get(PRICE))) is not None:
        metrics["cost_usd"] = cost
    return metrics


def figure_of_side(figures: Sequence[Figures], name: str) -> Mapping[str, Values]:
    """Return a side's figure of each case by the states of its members' prompts; of the cases that all members have."""
    if not all(name in member_figures.columns for member_figures in figures):
        return {}
    first, *others = [member_figures.by_case(name) for member_figures in figures]
    if not others:
        return first
    common = (case_id for case_id in first if all(case_id in other for other in others))
    return {case_id: _together([first[case_id], *(other[case_id] for other in others)]) for case_id in common}


def _together(members: Sequence[Values]) -> Values:
    """Return the mean over members for each state that all have.

    Else over what each has, under the states that these are.
    """
    alike = [state for state in members[0] if all(state in other for other in members)]
    chosen = [(state * len(members), [values[state] for values in members]) for state in alike]
    if not chosen:
        ends = [min(values.items(), key=lambda item: _ORDER.index(item[0][0])) for values in members]
        chosen = [(tuple(sorted(state for states, _ in ends for state in states)), [value for _, value in ends])]
    return {states: sum(values) / len(values) for states, values in chosen}


_ORDER = tuple(PromptState)
