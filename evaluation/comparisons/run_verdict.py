"""The verdict below a run's table: which candidate is best on these cases, one sentence for each comparison.

The sentences are the first of `benchwright compare RUN`, from the same comparison. If there is no winner, and the run
has models and baselines, a further sentence compares the best model with the best baseline, at the same adjusted p.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from evaluation.comparisons.comparison import Comparison, compare_runs
from evaluation.comparisons.comparison_result import comparison_result
from evaluation.comparisons.sentences import leading_sentences, n_tested, pair_sentence, sentences
from evaluation.errors import IncomparableError
from evaluation.formatting import counted
from evaluation.records.labels import is_baseline, unique_labels
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.results.comparisons import ComparisonResult, MetricComparisonResult, PreferenceResult
from evaluation.results.runs import RunResult
from evaluation.stats.preference_ranking import PreferenceRanking
from evaluation.store.runs import find_run
from evaluation.store.session import Store

MOST_CANDIDATES = 20
"""Limit beyond which comparing all pairs takes too long for each view of a run."""


def headline_verdict(store: Store, run: RunResult) -> list[str]:
    """Return the first sentence of `compare` on the run's candidates; empty for fewer than two with common scores."""
    return _verdict(store, run.run_id, n=len(run.candidates))


def verdict_of_run(store: Store, run_id: str) -> list[str]:
    """Return the headline verdict of a stored run, by its id."""
    return _verdict(store, run_id, n=len(find_run(store, run_id).candidates))


def headline_comparison(store: Store, run_id: str) -> ComparisonResult | None:
    """Return the comparison behind a run's verdict, with the run's own labels; None without common scores.

    All pairs are compared, however many there are.
    """
    compared = _compared(store, run_id)
    return None if compared is None else compared[0]


def _compared(store: Store, run_id: str) -> tuple[ComparisonResult, Comparison] | None:
    request = ComparisonRequest(runs=[run_id], n_flips=0)
    try:
        comparison = compare_runs(store, [run_id], request, headline_only=True)
    except IncomparableError:
        return None
    labels = labels_of_run(store, run_id, comparison)
    return with_labels(comparison_result(store, comparison, request), labels), comparison


def _verdict(store: Store, run_id: str, *, n: int) -> list[str]:
    if n > MOST_CANDIDATES:
        return [f"Who is best? `benchwright compare {run_id}` compares all {counted(n * (n - 1) // 2, 'pair')}."]
    if (compared := _compared(store, run_id)) is None:
        return []
    result, comparison = compared
    if result.headline is None:
        return sentences(result)[:1]
    lead, *others = leading_sentences(result)
    more = [sentence for sentence in (_best_model_and_baseline(result), _of_common_cases(result)) if sentence]
    return [f"{result.headline}: {lead}", *others, *more, *comparison.changed_texts]


def _of_common_cases(result: ComparisonResult) -> str | None:
    """Return why the table's values are not the compared ones; None where they are."""
    if not any(pair.n_only_a or pair.n_only_b for pair in result.headline_pairs):
        return None
    return "Compared on the cases that both have a value of; the table has each candidate's own cases."


def labels_of_run(store: Store, run_id: str, comparison: Comparison) -> dict[str, str]:
    """Return each side's label in the run's own table, which tells candidates of one name apart by their servers."""
    labels = unique_labels(find_run(store, run_id))
    return {side.label: labels[side.members[0].row_id] for side in comparison.sides}


def _best_model_and_baseline(result: ComparisonResult) -> str | None:
    """Return how the best model compares with the best baseline; None without such a pair, or if already told."""
    pairs = result.headline_pairs
    if result.winner is not None or len(pairs) < 2:
        return None
    order = result.metric(result.headline).order
    names = {side.label: side.members[0].model for side in result.sides}
    model = next((side for side in order if not is_baseline(names[side])), None)
    baseline = next((side for side in order if is_baseline(names[side])), None)
    if {model, baseline} == set(order[:2]):
        return None
    pair = next((pair for pair in pairs if {pair.a, pair.b} == {model, baseline}), None)
    if pair is None:
        return None
    return f"The best model and the best baseline: {pair_sentence(pair, n_adjusted=n_tested(pairs))}."


Labels = Mapping[str, str]
"""New labels of sides, by their current labels."""
Groups = tuple[tuple[str, ...], ...]


def with_labels(result: ComparisonResult, labels: Labels) -> ComparisonResult:
    """Return the comparison with other labels for its sides, pairs and rankings; its sentences stay as they are.

    Args:
        result: The comparison to relabel.
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
