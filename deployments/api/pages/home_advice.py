"""What the first page says first: whom to use now for each task, and which recent runs have cut or failed answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from deployments.api.refreshed import Refreshed
from evaluation.errors import BenchwrightError
from evaluation.records.runs import RunSummary
from evaluation.store.alarm_counts import count_cut_of_runs
from evaluation.store.session import Store
from selection.preferences import Question
from selection.recommender.answer import chosen
from selection.recommender.registry import recommender_of
from selection.recommender.view import View

EVERY_S = 5.0
WAIT_S = 2.0
"""Seconds that the first to look waits; what is worked out later comes with a refresh, and moves what is below."""
_MOST_KEPT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAdvice:
    """Who is recommended for a task now."""

    task: str
    candidate: str
    """Empty: nobody can be."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubledRun:
    """A run with answers that were cut or failed."""

    run: RunSummary
    n_cut: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeAdvice:
    """What the first page says first."""

    tasks: tuple[TaskAdvice, ...]
    runs: tuple[TroubledRun, ...]
    is_worked_out: bool = True

    def of(self, task: str, runs: Sequence[RunSummary]) -> "HomeAdvice":
        """Return the advice for one task, empty for all, and the troubles of these runs."""
        shown = {run.run_id for run in runs}
        return replace(
            self,
            tasks=tuple(each for each in self.tasks if not task or each.task == task),
            runs=tuple(each for each in self.runs if each.run.run_id in shown),
        )

    @property
    def named(self) -> tuple[TaskAdvice, ...]:
        """Return the tasks for which somebody is recommended."""
        return tuple(each for each in self.tasks if each.candidate)


NOT_YET = HomeAdvice(tasks=(), runs=(), is_worked_out=False)


class HomeAdvices:
    """The advice for all who look at one application, worked out beside their requests."""

    def __init__(self) -> None:
        self._last: Refreshed[HomeAdvice] = Refreshed(every_s=EVERY_S, wait_s=WAIT_S)
        self._n_cut: dict[tuple[str, int], int] = {}

    def now(self, store: Store, runs: Sequence[RunSummary]) -> HomeAdvice:
        """Return what is said now of these runs that have ended, as it was a few seconds ago."""
        return self._last.get(partial(self._read, store, tuple(runs))) or NOT_YET

    def _read(self, store: Store, runs: Sequence[RunSummary]) -> HomeAdvice:
        try:
            return HomeAdvice(tasks=_tasks(recommender_of(store.url).view()), runs=self._troubled(store, runs))
        except BenchwrightError:
            return HomeAdvice(tasks=(), runs=())

    def _troubled(self, store: Store, runs: Sequence[RunSummary]) -> tuple[TroubledRun, ...]:
        """Return the runs with troubles; the answers of a run are counted once for as long as none is added."""
        new = [run for run in runs if _key(run) not in self._n_cut]
        counts = count_cut_of_runs(store, [run.run_id for run in new]) if new else {}
        while len(self._n_cut) > _MOST_KEPT:
            del self._n_cut[next(iter(self._n_cut))]
        self._n_cut |= {_key(run): counts.get(run.run_id, 0) for run in new}
        looked_at = [TroubledRun(run=run, n_cut=self._n_cut[_key(run)]) for run in runs]
        return tuple(each for each in looked_at if each.n_cut or each.run.n_failed or each.run.n_own_failed)


def _key(run: RunSummary) -> tuple[str, int]:
    return run.run_id, run.n_ok + run.n_own_failed


def _tasks(view: View) -> tuple[TaskAdvice, ...]:
    measured = [each for each in view.scoreboard.standings.values() if (each.n_measured > 0).any()]
    return tuple(_advice(view, each.task) for each in measured)


def _advice(view: View, task: str) -> TaskAdvice:
    try:
        choice = chosen(view, Question(task=task))
    except BenchwrightError as error:
        return TaskAdvice(task=task, candidate="", reason=error.message)
    named = choice.choice.chosen
    return TaskAdvice(task=task, candidate="" if named is None else named.label, reason=choice.reason)
