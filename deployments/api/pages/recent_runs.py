"""Runs of a list, each with its best candidate."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.formatting import counted
from evaluation.metrics.metric_facts import higher_is_better
from evaluation.records.runs import RunSummary
from evaluation.store.headlines import HeadlineValue, headline_values
from evaluation.store.session import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRun:
    """A run of a list."""

    run: RunSummary
    best: HeadlineValue | None
    """The best mean of the headline; its difference to the others is not tested. None: nothing is scored yet."""
    n_equal: int = 0
    """Number of other candidates with the same mean."""

    @property
    def best_names(self) -> str:
        """Return whose the best mean is; empty where nothing is scored yet."""
        if self.best is None:
            return ""
        return f"{self.best.candidate} and {counted(self.n_equal, 'other')}" if self.n_equal else self.best.candidate


def listed_runs(store: Store, runs: Sequence[RunSummary]) -> list[ListedRun]:
    """Return runs with the best mean of each."""
    values = headline_values(store, [run.run_id for run in runs])
    return [_listed(run, values.get(run.run_id, ())) for run in runs]


def _listed(run: RunSummary, values: Sequence[HeadlineValue]) -> ListedRun:
    if not values:
        return ListedRun(run=run, best=None)
    sign = 1 if higher_is_better(run.headline, values[0].signature) else -1
    best = max(values, key=lambda each: sign * each.value)
    return ListedRun(run=run, best=best, n_equal=sum(each.value == best.value for each in values) - 1)
