"""Where the answers of a run show the cases of a pair of a comparison: each number of cases leads there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deployments.api.pages.rendering import address
from deployments.api.pages.sections import Cell, Link
from evaluation.answer_matrix.figures import metrics_of
from evaluation.errors import UnknownNameError
from evaluation.formatting import count
from evaluation.results.comparisons import ComparisonResult
from evaluation.results.pairs import PairResult
from evaluation.store.runs import find_run
from evaluation.store.session import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class PairAnswers:
    """Addresses of the cases on which one side of a pair is better, on which both are equal, and the other is."""

    first: str
    equal: str
    second: str


class ComparedAnswers:
    """The answers behind a comparison, where both sides of a pair answered in one run."""

    def __init__(self, result: ComparisonResult, metrics: Mapping[str, str]) -> None:
        """Keep what addresses are made of.

        Args:
            result: The comparison.
            metrics: The name of the headline's metric in the answers of each run that has it, by the run's id.
        """
        self._metrics, self._headline = metrics, result.headline
        self._members = {side.label: side.members[0] for side in result.sides if len(side.members) == 1}

    def of(self, pair: PairResult) -> PairAnswers | None:
        """Return where the cases of a pair are; None where no page shows them."""
        first, second = self._members.get(pair.a), self._members.get(pair.b)
        if pair.metric != self._headline or first is None or second is None or first.run_id != second.run_id:
            return None
        metric = self._metrics.get(first.run_id)
        if metric is None:
            return None
        base, a, b = f"/runs/{first.run_id}/answers", first.candidate, second.candidate
        return PairAnswers(
            first=address(base, metric=metric, better=a, worse=b),
            equal=address(base, metric=metric, better=a, worse=b, equal="true"),
            second=address(base, metric=metric, better=b, worse=a),
        )

    def counts(self, pair: PairResult) -> tuple[Cell, Cell, Cell]:
        """Return on how many cases the first is better, both are equal, and the second is better, each as a link."""
        numbers: Sequence[int] = (pair.n_better_a, pair.n_equal, pair.n_better_b)
        where = self.of(pair)
        if where is None:
            first, equal, second = numbers
            return first, equal, second
        a, e, b = map(count, numbers)
        return (
            Link(text=a, address=where.first),
            Link(text=e, address=where.equal),
            Link(text=b, address=where.second),
        )


def compared_answers(store: Store, result: ComparisonResult) -> ComparedAnswers:
    """Return where the answers of a comparison are; runs that are gone are left out."""
    metrics: dict[str, str] = {}
    if result.headline is not None:
        signature = result.metric(result.headline).signature
        for run_id in result.run_ids:
            try:
                named = metrics_of(find_run(store, run_id))
            except UnknownNameError:
                continue
            name = next((name for name, each in named.items() if each == signature), None)
            if name is not None:
                metrics[run_id] = name
    return ComparedAnswers(result, metrics)
