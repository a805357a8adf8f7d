"""A comparison whose sides are called otherwise: a run's own table tells twins of one name apart by their servers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from evaluation.results.comparisons import ComparisonResult, MetricComparisonResult, PreferenceResult
from evaluation.stats.preference_ranking import PreferenceRanking

Labels = Mapping[str, str]
"""The new label of a side, by the one that it has."""
Groups = tuple[tuple[str, ...], ...]


def with_labels(result: ComparisonResult, labels: Labels) -> ComparisonResult:
    """Return the comparison with its sides, pairs and rankings under other labels; its sentences stay as they are.

    Args:
        result: Whose.
        labels: Of every side, and distinct.
    """
    return replace(
        result,
        against=_renamed(result.against, labels),
        winner=_renamed(result.winner, labels),
        sides=tuple(replace(side, label=labels[side.label]) for side in result.sides),
        metrics=tuple(_metric(metric, labels) for metric in result.metrics),
        preferences=tuple(_preference(preference, labels) for preference in result.preferences),
        flips=tuple(replace(flips, a=labels[flips.a], b=labels[flips.b]) for flips in result.flips),
        pairs=tuple(replace(pair, a=labels[pair.a], b=labels[pair.b]) for pair in result.pairs),
    )


def _renamed(label: str | None, labels: Labels) -> str | None:
    return None if label is None else labels[label]


def _metric(metric: MetricComparisonResult, labels: Labels) -> MetricComparisonResult:
    gate = metric.gate
    return replace(
        metric,
        values={labels[label]: value for label, value in metric.values.items()},
        winner=_renamed(metric.winner, labels),
        order=tuple(labels[label] for label in metric.order),
        groups=_groups(metric.groups, labels),
        ranks={labels[label]: ranks for label, ranks in metric.ranks.items()},
        gate=gate and replace(gate, mean_ranks={labels[label]: rank for label, rank in gate.mean_ranks.items()}),
    )


def _preference(preference: PreferenceResult, labels: Labels) -> PreferenceResult:
    return replace(preference, ranking=_ranking(preference.ranking, labels))


def _ranking(ranking: PreferenceRanking, labels: Labels) -> PreferenceRanking:
    return replace(
        ranking,
        ratings=tuple(replace(rating, name=labels[rating.name]) for rating in ranking.ratings),
        contrasts=tuple(replace(each, a=labels[each.a], b=labels[each.b]) for each in ranking.contrasts),
        components=_groups(ranking.components, labels),
        parts=tuple(_ranking(part, labels) for part in ranking.parts),
        groups=_groups(ranking.groups, labels),
        winner=_renamed(ranking.winner, labels),
    )


def _groups(groups: Sequence[Sequence[str]], labels: Labels) -> Groups:
    return tuple(tuple(labels[label] for label in group) for group in groups)
