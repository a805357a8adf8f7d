"""Figures of the answers of ended runs, kept with each run until an answer or a score of it changes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evaluation.monitoring.values import mean_of, median_of
from evaluation.records.candidates import MetricUse
from evaluation.results.as_json import as_json, from_json
from evaluation.store.kept_readings import kept_or_read_all
from evaluation.store.monitored import Calls, MonitoredRun, mean_scores, read_calls
from evaluation.store.session import Store

_RUNS_AT_ONCE = 200
_FEWEST = 100
"""Answers of a run from which on they are worth keeping: all runs are read together here, each time anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFigures:
    """Figures of the answers of a candidate of a run. None if unknown."""

    row_id: int
    n: int
    """Calls made."""
    n_ok: int
    failures: Mapping[str, int]
    duration_s: float | None
    n_timed: int
    n_cached: int
    tokens: float | None
    n_counted: int
    tokens_per_s: float | None
    energy_j: float | None
    prompts: str
    """Cache state of the prompts whose answers were timed."""
    qualities: tuple[tuple[MetricUse, float], ...]
    """Mean score by metric."""

    def only_counts(self) -> "RunFigures":
        """Return how many calls there were and how they failed, alone: those of a candidate that was given up."""
        return RunFigures(
            row_id=self.row_id,
            n=self.n,
            n_ok=self.n_ok,
            failures=self.failures,
            duration_s=None,
            n_timed=0,
            n_cached=0,
            tokens=None,
            n_counted=0,
            tokens_per_s=None,
            energy_j=None,
            prompts=self.prompts,
            qualities=self.qualities,
        )

    def quality(self, use: MetricUse) -> float | None:
        """Return the mean score on a metric."""
        return next((value for each, value in self.qualities if each == use), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidates:
    candidates: tuple[RunFigures, ...]


def figures_of_runs(store: Store, runs: Sequence[MonitoredRun]) -> dict[int, RunFigures]:
    """Return the figures of each of these candidates of ended runs, by its row; all candidates of a run are here."""
    row_ids: defaultdict[str, list[int]] = defaultdict(list)
    for run in runs:
        row_ids[run.run_id].append(run.row_id)

    def read(run_ids: Sequence[str]) -> Mapping[str, object]:
        by_run = _read(store, {run_id: row_ids[run_id] for run_id in run_ids})
        return {run_id: as_json(candidates) for run_id, candidates in by_run.items()}

    figures: dict[int, RunFigures] = {}
    run_ids = list(row_ids)
    for start in range(0, len(run_ids), _RUNS_AT_ONCE):
        some = run_ids[start : start + _RUNS_AT_ONCE]
        for kept in kept_or_read_all(store, some, "monitored", None, read, fewest=_FEWEST).values():
            figures.update({each.row_id: each for each in from_json(_Candidates, kept).candidates})
    return figures


def _read(store: Store, row_ids: Mapping[str, Sequence[int]]) -> dict[str, _Candidates]:
    every = [row_id for of_run in row_ids.values() for row_id in of_run]
    calls, qualities = read_calls(store, every), mean_scores(store, every)
    return {
        run_id: _Candidates(candidates=tuple(_figures(of_run, calls, qualities))) for run_id, of_run in row_ids.items()
    }


def _figures(
    row_ids: Sequence[int], calls: Mapping[int, Calls], qualities: Mapping[int, Mapping[MetricUse, float]]
) -> Iterator[RunFigures]:
    for row_id in row_ids:
        yield figures_of_calls(row_id, calls[row_id], qualities.get(row_id, {}))


def figures_of_calls(row_id: int, calls: Calls, qualities: Mapping[MetricUse, float]) -> RunFigures:
    """Return the figures of a candidate's answers: times of those to fresh prompts, or to cached ones, never both."""
    latency_s = calls.latencies[calls.prompts]
    return RunFigures(
        row_id=row_id,
        n=calls.n,
        n_ok=calls.n_ok,
        failures=dict(calls.failures),
        duration_s=median_of(latency_s),
        n_timed=len(latency_s),
        n_cached=calls.n_cached,
        tokens=mean_of(calls.tokens),
        n_counted=len(calls.tokens),
        tokens_per_s=median_of(calls.tokens_per_s),
        energy_j=mean_of(calls.energies[calls.prompts]),
        prompts=calls.prompts.value,
        qualities=tuple(qualities.items()),
    )
