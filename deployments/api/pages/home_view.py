"""What the first page shows: work under way, the machine, averages by task, recent runs and alerts."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deployments.api.machine_state import MachineState, MachineStates
from deployments.api.pages.home_advice import HomeAdvice, HomeAdvices
from deployments.api.pages.live_part import LiveParts
from deployments.api.pages.recent_runs import ListedRun, listed_runs
from deployments.api.pages.verdicts import RunVerdicts
from evaluation.records.alerts import AlertRecord
from evaluation.records.runs import RunSummary
from evaluation.results.running_work import RunningWork
from evaluation.results.task_averages import TaskAverages
from evaluation.run_results.running_work import AT_WORK, newest_ended_work, running_work
from evaluation.run_results.task_averages import task_averages
from evaluation.scoring.means_so_far import MeansSoFar
from evaluation.store.alerts import list_alerts
from evaluation.store.benchmarks import task_types
from evaluation.store.session import Store
from evaluation.store.summaries import list_runs

MOST_RECENT = 12
OF_AVERAGES = 60
"""Newest ended runs that averages are made of."""
AVERAGES_EVERY_S = 10.0
_MOST_AVERAGES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeView:
    """What is shown now."""

    running: tuple[RunningWork, ...]
    last: RunningWork | None
    """Where nothing runs, the newest that has ended: its place stays, so that nothing jumps when work begins."""
    machine: MachineState | None
    averages: tuple[TaskAverages, ...]
    recent: tuple[ListedRun, ...]
    winners: Mapping[str, str]
    """What is shown about the best candidate of each recent run, by its id."""
    alerts: tuple[AlertRecord, ...]
    tasks: tuple[str, ...]
    """Tasks of recent runs."""
    task: str
    """The only one that is shown; empty: all."""
    has_runs: bool
    advice: HomeAdvice


class HomeViews:
    """What is kept from one look at the first page to the next, for all who look at one application."""

    def __init__(self) -> None:
        self.parts, self.machine = LiveParts(), MachineStates()
        self.advices = HomeAdvices()
        self._means, self._verdicts = MeansSoFar(), RunVerdicts()
        self._averages: dict[tuple[str, ...], tuple[float, tuple[TaskAverages, ...]]] = {}

    def now(self, store: Store, task: str) -> HomeView:
        """Return what is shown now, of one task where it is named."""
        listed = list_runs(store, limit=OF_AVERAGES)
        tasks = task_types(store, [run.benchmark_version for run in listed])
        task_of = {run.run_id: tasks.get(run.benchmark_version) or "" for run in listed}
        shown = [run for run in listed if not task or task_of[run.run_id] == task]
        ended = [run for run in shown if run.status not in AT_WORK]
        recent = listed_runs(store, ended[:MOST_RECENT])
        running = running_work(store, shown, self._means)
        return HomeView(
            running=running,
            last=None if running else newest_ended_work(store, shown),
            machine=self.machine.now(),
            averages=self._averages_of(store, ended),
            recent=tuple(recent),
            winners=self._verdicts.of(store, [each.run for each in recent]),
            alerts=tuple(sorted(list_alerts(store), key=lambda alert: alert.known_since, reverse=True)),
            tasks=tuple(sorted({name for name in task_of.values() if name})),
            task=task,
            has_runs=bool(listed),
            advice=self._advice(store, listed, task, ended),
        )

    def _advice(self, store: Store, listed: Sequence[RunSummary], task: str, ended: Sequence[RunSummary]) -> HomeAdvice:
        of_all_tasks = [run for run in listed if run.status not in AT_WORK][:MOST_RECENT]
        return self.advices.now(store, of_all_tasks).of(task, ended)

    def _averages_of(self, store: Store, runs: Sequence[RunSummary]) -> tuple[TaskAverages, ...]:
        run_ids = tuple(run.run_id for run in runs)
        made_at, averages = self._averages.get(run_ids, (0.0, ()))
        if not averages or time.monotonic() - made_at > AVERAGES_EVERY_S:
            averages = task_averages(store, run_ids)
            while len(self._averages) >= _MOST_AVERAGES:
                self._averages.pop(next(iter(self._averages)), None)
            self._averages[run_ids] = time.monotonic(), averages
        return averages
