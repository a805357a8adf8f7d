"""Averages of recent runs by task: duration, tokens, success, and quality by the headline that their runs have."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.results.task_averages import TaskAverages
from evaluation.store.session import Store
from evaluation.store.task_averages import RunSums, sums_of_runs


def task_averages(store: Store, run_ids: Sequence[str]) -> tuple[TaskAverages, ...]:
    """Return the averages over these runs for each task and headline, the task with most answers first.

    Values of different headlines are not averaged together.
    """
    groups: dict[tuple[str, str], list[RunSums]] = {}
    for each in sums_of_runs(store, run_ids):
        groups.setdefault((each.task, each.headline), []).append(each)
    averages = [_averages(task, headline, runs) for (task, headline), runs in groups.items()]
    return tuple(sorted(averages, key=lambda each: (-each.n_answers, each.task, each.headline)))


@dataclass(frozen=True, slots=True)
class _Share:
    part: float
    whole: float

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None


def _averages(task: str, headline: str, runs: Sequence[RunSums]) -> TaskAverages:
    n, n_failed = sum(run.n for run in runs), sum(run.n_failed for run in runs)
    values = [value for run in runs for _, value in run.values]
    labels = {label for run in runs for label, _ in run.values}
    return TaskAverages(
        task=task,
        headline=headline,
        n_runs=len(runs),
        n_answers=n,
        seconds=_Share(sum(run.seconds for run in runs), sum(run.n_timed for run in runs)).value,
        tokens=_Share(sum(run.tokens for run in runs), sum(run.n_tokened for run in runs)).value,
        success=_Share(n - n_failed, n).value,
        n_candidates=len(labels),
        quality=_Share(sum(values), len(values)).value,
        least=min(values, default=None),
        greatest=max(values, default=None),
    )
