"""Values of each side by case: scores, judges' verdicts, flips, and how many cases were dropped.

Repeats are averaged, and members of a side. Ids and numbers in memory; texts of the flips that are shown alone.
"""

import itertools
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter

import numpy as np

from evaluation.case import Case
from evaluation.comparisons.comparable_timings import States, Values
from evaluation.comparisons.metrics import FIGURES
from evaluation.comparisons.sides import Member, Side
from evaluation.generation import Failure, PromptState
from evaluation.metrics import METRICS
from evaluation.metrics.cost import CostUsd
from evaluation.metrics.guarded_calls import BrokenMetricError, combining
from evaluation.metrics.judges.pairwise import JudgePairwise
from evaluation.metrics.metric import Metric
from evaluation.metrics.parsing import metric_of
from evaluation.records.candidates import MetricUse
from evaluation.records.outcomes import OutcomeCounts
from evaluation.resolution.metric_models import is_opponent
from evaluation.results.comparisons import Flip, Flips, PreferenceResult
from evaluation.results.sides import SideCounts
from evaluation.scoring.aggregation import case_values
from evaluation.scoring.usage_estimates import by_prompt_state, candidate_cost
from evaluation.stats.bradley_terry import Vote
from evaluation.stats.preferences import rank_preferences
from evaluation.store.outcome_numbers import failed_cases, iterate_figures, iterate_values
from evaluation.store.outcomes import count_outcomes, load_outcomes
from evaluation.store.scores import count_score_failures
from evaluation.store.session import Store

_ANY_CASE = Case(case_id="any")
"""Placeholder for the case of a speed figure, which does not depend on it."""


def scores_of(store: Store, side: Side, use: MetricUse) -> dict[str, float]:
    """Return the side's score of each case on a metric.

    With several members, only the cases that all of them have.
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
    """Speed, tokens, cost and energy of a candidate: columns over its cases, empty where there was no figure."""

    case_ids: tuple[str, ...]
    columns: Mapping[str, Mapping[PromptState, Sequence[float]]]
    """Values by figure and, where it matters, by the prompt's cache state; NaN where a case has none."""

    def by_case(self, name: str) -> Mapping[str, Values]:
        """Return the figure of each case that has one, by the state of the prompt."""
        figures: dict[str, dict[States, float]] = {}
        for state, column in self.columns[name].items():
            for case_id, value in zip(self.case_ids, column, strict=True):
                if value == value:
                    figures.setdefault(case_id, {})[(state,)] = value
        return figures


def figures_of(store: Store, member: Member) -> Figures:
    """Return the candidate's figures from one pass over its answers; reused answers have no time."""
    metrics = _figure_metrics(member)
    case_ids: list[str] = []
    columns = {name: {state: array("d") for state in PromptState} for name in metrics}
    cost = metrics.get(CostUsd.name)
    figures = iterate_figures(store, member.row_id, cost if isinstance(cost, CostUsd) else None)
    for case_id, of_case in groupby(figures, key=itemgetter(0)):
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
    if (cost := candidate_cost(member.details)) is not None:
        metrics["cost_usd"] = cost
    return metrics


def figure_of_side(figures: Sequence[Figures], name: str) -> Mapping[str, Values]:
    """Return a side's figure of each case that all members have, by the states of the members' prompts."""
    if not all(name in member_figures.columns for member_figures in figures):
        return {}
    first, *others = [member_figures.by_case(name) for member_figures in figures]
    if not others:
        return first
    common = (case_id for case_id in first if all(case_id in other for other in others))
    return {case_id: _together([first[case_id], *(other[case_id] for other in others)]) for case_id in common}


def _together(members: Sequence[Values]) -> Values:
    """Return the mean over members for each prompt state that all of them have.

    If there is none, the mean of what each has, with the states of their prompts.
    """
    alike = [state for state in members[0] if all(state in other for other in members)]
    chosen = [(state * len(members), [values[state] for values in members]) for state in alike]
    if not chosen:
        ends = [min(values.items(), key=lambda item: _ORDER.index(item[0][0])) for values in members]
        chosen = [(tuple(sorted(state for states, _ in ends for state in states)), [value for _, value in ends])]
    return {states: sum(values) / len(values) for states, values in chosen}


_ORDER = tuple(PromptState)


def count_cases(store: Store, sides: Sequence[Side], headline: MetricUse | None) -> dict[str, SideCounts]:
    """Return the counts of each side, by its label."""
    run_ids = dict.fromkeys(member.run_id for side in sides for member in side.members)
    counts = {
        outcome_counts.run_candidate_id: outcome_counts
        for run_id in run_ids
        for outcome_counts in count_outcomes(store, run_id)
    }
    return {side.label: _counts(store, side, counts, headline) for side in sides}


def _counts(store: Store, side: Side, counts: Mapping[int, OutcomeCounts], headline: MetricUse | None) -> SideCounts:
    of_members = [counts[member.row_id] for member in side.members]
    failures: Counter[str] = Counter()
    own: Counter[str] = Counter()
    unscored: Counter[str] = Counter()
    for member, outcome_counts in zip(side.members, of_members, strict=True):
        failures.update({str(kind): n for kind, n in outcome_counts.failures.items()})
        own.update({str(kind): n for kind, n in outcome_counts.own_failures.items()})
        unscored.update(_unscored(store, member, headline))
    return SideCounts(
        n_asked=sum(member.run.plan.n_cases * member.run.plan.n_repeats for member in side.members),
        n_answered=sum(outcome_counts.n_ok + outcome_counts.n_own_failed for outcome_counts in of_members),
        failures=dict(failures),
        own_failures=dict(own),
        score_failures=dict(unscored),
        n_reused=sum(outcome_counts.n_reused for outcome_counts in of_members),
        n_cached=sum(outcome_counts.n_cached for outcome_counts in of_members),
    )


def _unscored(store: Store, member: Member, headline: MetricUse | None) -> Mapping[str, int]:
    counts = dict(count_score_failures(store, member.row_id))
    return counts.get(headline, {}) if headline is not None else {}


LONGEST_ANSWER = 240
"""Characters of an answer that are kept with the comparison; the run has the full answer."""


def flipped_pairs(order: Sequence[str], against: str | None) -> list[tuple[str, str]]:
    """Return the pairs whose flips are shown: each side with the baseline, else neighbours in the ranking."""
    if against is not None:
        return [(label, against) for label in order if label != against]
    return list(itertools.pairwise(order))


def find_flips(
    store: Store,
    sides: tuple[Side, Side],
    values: tuple[Mapping[str, float], Mapping[str, float]],
    *,
    n_shown: int,
    higher_is_better: bool,
) -> Flips:
    """Return the cases on which the first or the second side is better, the clearest first, then by id.

    Args:
        store: Where the answers are.
        sides: A and B.
        values: A's and B's, by case.
        n_shown: How many to show in each direction.
        higher_is_better: False where less is better.
    """
    a, b = values
    sign = 1 if higher_is_better else -1
    gains = {case_id: sign * (value - b[case_id]) for case_id, value in a.items() if case_id in b}
    better_a = _clearest({case_id: gain for case_id, gain in gains.items() if gain > 0})
    better_b = _clearest({case_id: -gain for case_id, gain in gains.items() if gain < 0})
    shown = [*better_a[:n_shown], *better_b[:n_shown]]
    answers = [_answers(store, side.members[0], shown) for side in sides]
    flips = {
        case_id: Flip(
            case_id=case_id,
            value_a=a[case_id],
            value_b=b[case_id],
            answer_a=answers[0].get(case_id),
            answer_b=answers[1].get(case_id),
        )
        for case_id in shown
    }
    return Flips(
        a=sides[0].label,
        b=sides[1].label,
        run_a=sides[0].members[0].run_id,
        run_b=sides[1].members[0].run_id,
        n_better_a=len(better_a),
        n_better_b=len(better_b),
        n_equal=len(gains) - len(better_a) - len(better_b),
        better_a=tuple(flips[case_id] for case_id in better_a[:n_shown]),
        better_b=tuple(flips[case_id] for case_id in better_b[:n_shown]),
    )


def _clearest(gains: Mapping[str, float]) -> list[str]:
    return sorted(gains, key=lambda case_id: (-round(gains[case_id], 12), len(case_id), case_id))


def _answers(store: Store, member: Member, case_ids: Sequence[str]) -> dict[str, str]:
    """Return the first answer to each case, truncated."""
    answers: dict[str, str] = {}
    for stored in load_outcomes(store, member.row_id, case_ids) if case_ids else ():
        outcome = stored.row.outcome
        if not isinstance(outcome, Failure):
            answers.setdefault(stored.row.case_id, _cut(outcome.answer))
    return answers


def _cut(text: str) -> str:
    """Return the beginning and end of the answer: what is measured is usually at the end."""
    half = LONGEST_ANSWER // 2
    return text if len(text) <= LONGEST_ANSWER else f"{text[: half - 1]} … {text[-half:]}"


def find_preferences(
    store: Store, sides: Sequence[Side], uses: Sequence[MetricUse], *, seed: int
) -> Iterator[PreferenceResult]:
    """Yield the ranking by each judge that compared answers of these sides.

    Args:
        store: Where verdicts are.
        sides: The sides to rank.
        uses: Of pairwise judges, as their verdicts are stored: each names the opponent of its run.
        seed: Of the resampling of prompts.
    """
    votes: dict[JudgePairwise, list[Vote]] = {}
    for use in uses:
        metric = metric_of(use.name, use.signature)
        if isinstance(metric, JudgePairwise):
            judge = replace(metric, against="")
            votes.setdefault(judge, []).extend(_votes(store, sides, use, metric.against))
    for judge, judge_votes in votes.items():
        if judge_votes:
            ranking = rank_preferences(judge_votes, rng=np.random.default_rng(seed))
            yield PreferenceResult(word=f"{judge.name} by {judge.model}", signature=judge.signature, ranking=ranking)


def _votes(store: Store, sides: Sequence[Side], use: MetricUse, against: str) -> Iterator[Vote]:
    """Yield the verdicts between two different sides, on answers of one run."""
    for side in sides:
        for member in side.members:
            opponent = _opponent(sides, member, against)
            if opponent is None or opponent == side.label:
                continue
            for case_id, value in iterate_values(store, member.row_id, use.signature):
                yield Vote(a=side.label, b=opponent, score=value, prompt=case_id)


def _opponent(sides: Sequence[Side], member: Member, against: str) -> str | None:
    """Return the side that holds that run's opponent."""
    for side in sides:
        if any(other.run_id == member.run_id and is_opponent(against, other.fingerprint) for other in side.members):
            return side.label
    return None
