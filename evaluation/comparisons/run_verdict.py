"""The verdict below a run's table: which candidate is best on these cases, one sentence for each comparison.

The sentences are the first of `benchwright compare RUN`, from the same comparison. If there is no winner, and the run
has models and baselines, a further sentence compares the best model with the best baseline, at the same adjusted p.

The verdict on the run of a race is the race's own: it chose by these very cases who is asked more, and a test for a
number of cases that was fixed beforehand would find a winner too often.
"""

from evaluation.comparisons.comparison import Comparison, compare_runs
from evaluation.comparisons.comparison_result import comparison_result
from evaluation.comparisons.sentences import leading_sentences, n_tested, pair_sentence, sentences
from evaluation.errors import IncomparableError
from evaluation.formatting import counted
from evaluation.records.labels import is_baseline
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.results.comparisons import ComparisonResult
from evaluation.results.races import RaceOutcomeResult, UnfinishedRace
from evaluation.results.runs import RunResult
from evaluation.store.races import find_race
from evaluation.store.runs import find_run
from evaluation.store.session import Store

MOST_CANDIDATES = 20
"""Limit beyond which comparing all pairs takes too long for each view of a run."""


def headline_verdict(store: Store, run: RunResult) -> list[str]:
    """Return who is best in a run: of a race what it found, else the first sentences of `compare` on the candidates.

    It is empty for fewer than two candidates with common scores.
    """
    return _verdict(store, run.run_id, invocation_id=run.invocation_id, n=len(run.candidates))


def verdict_of_run(store: Store, run_id: str) -> list[str]:
    """Return the headline verdict of a stored run, by its id."""
    run = find_run(store, run_id)
    return _verdict(store, run_id, invocation_id=run.plan.invocation_id, n=len(run.candidates))


def race_outcome(store: Store, invocation_id: str) -> RaceOutcomeResult | UnfinishedRace | None:
    """Return what the race of an invocation found; None where the invocation is no race."""
    race = find_race(store, invocation_id)
    return None if race is None else race.outcome


def headline_comparison(store: Store, run_id: str) -> ComparisonResult | None:
    """Return the comparison behind a run's verdict; None without common scores.

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
    return comparison_result(store, comparison, request), comparison


def _verdict(store: Store, run_id: str, *, invocation_id: str, n: int) -> list[str]:
    race = race_outcome(store, invocation_id)
    if race is not None:
        return [race.sentence or "The race is not over: nobody is shown to be the best."]
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
