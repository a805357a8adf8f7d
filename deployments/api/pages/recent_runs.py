"""Runs of a list, each with its best candidate."""

from collections.abc import Sequence
from dataclasses import dataclass

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


def listed_runs(store: Store, runs: Sequence[RunSummary]) -> list[ListedRun]:
    """Return runs with the best mean of each."""
    values = headline_values(store, [run.run_id for run in runs])
    return [ListedRun(run=run, best=_best(run.headline, values.get(run.run_id, ()))) for run in runs]


def _best(headline: str, values: Sequence[HeadlineValue]) -> HeadlineValue | None:
    if not values:
        return None
    sign = 1 if higher_is_better(headline, values[0].signature) else -1
    return max(values, key=lambda each: sign * each.value)
