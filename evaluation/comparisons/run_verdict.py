"""The verdict under a run's table: who is best, as far as these cases can tell? A sentence for each comparison.

They are the first of `benchwright compare RUN`, of the same comparison. Where nobody has won, and the run has models
and baselines, another one says how the best model stands to the best baseline, at the same adjusted p.
"""

from evaluation.comparisons.compared import Comparison
from evaluation.comparisons.comparison import compare_runs
from evaluation.comparisons.comparison_result import comparison_result
from evaluation.comparisons.labels import with_labels
from evaluation.comparisons.sentences import leading_sentences, pair_sentence, sentences
from evaluation.comparisons.words import n_tested
from evaluation.errors import IncomparableError
from evaluation.formatting import counted
from evaluation.records.labels import is_baseline, unique_labels
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.results.comparisons import ComparisonResult
from evaluation.results.runs import RunResult
from evaluation.store.runs import find_run
from evaluation.store.session import Store

MOST_CANDIDATES = 20
"""Of more, all pairs take too long to be compared whenever a run is looked at."""


def headline_verdict(store: Store, run: RunResult) -> list[str]:
    """Return what `compare` says first of the run's candidates; empty for fewer than two that have scores in common."""
    return _verdict(store, run.run_id, n=len(run.candidates))


def verdict_of_run(store: Store, run_id: str) -> list[str]:
    """Return the same of a stored run, by its id."""
    return _verdict(store, run_id, n=len(find_run(store, run_id).candidates))


def _verdict(store: Store, run_id: str, *, n: int) -> list[str]:
    if n > MOST_CANDIDATES:
        return [f"Who is best? `benchwright compare {run_id}` compares all {counted(n * (n - 1) // 2, 'pair')}."]
    request = ComparisonRequest(runs=[run_id], n_flips=0)
    try:
        comparison = compare_runs(store, [run_id], request, headline_only=True)
    except IncomparableError:
        return []
    result = with_labels(comparison_result(store, comparison, request), _labels_of_run(store, run_id, comparison))
    if result.headline is None:
        return sentences(result)[:1]
    lead, *others = leading_sentences(result)
    more = [sentence for sentence in (_best_model_and_baseline(result), _of_common_cases(result)) if sentence]
    return [f"{result.headline}: {lead}", *others, *more, *comparison.changed_texts]


def _of_common_cases(result: ComparisonResult) -> str | None:
    """Return why the values of the table are not those that were compared; None where they are."""
    if not any(pair.n_only_a or pair.n_only_b for pair in result.headline_pairs):
        return None
    return "Compared on the cases that both have a value of; the table has each candidate's own cases."


def _labels_of_run(store: Store, run_id: str, comparison: Comparison) -> dict[str, str]:
    """Return what the run's own table calls each side: it tells twins of one name apart by their servers."""
    labels = unique_labels(find_run(store, run_id))
    return {side.label: labels[side.members[0].row_id] for side in comparison.sides}


def _best_model_and_baseline(result: ComparisonResult) -> str | None:
    """Return how the best model stands to the best baseline; None where there is no such pair, or all is said of it."""
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
