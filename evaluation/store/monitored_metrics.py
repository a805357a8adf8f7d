"""The metric by which a run's quality is monitored: the headline if bounded, else the first bounded metric."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evaluation.records.candidates import MetricUse
from evaluation.store.scores import metric_key
from evaluation.store.tables import benchmark, generation, metric, run, run_candidate, score

IMPORT = "import "
"""Prefix of an import's id in the name of its yardstick."""
_PAIRWISE = "judge_pairwise"
"""Pairwise metrics, whose verdicts on two candidates do not rate either one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Yardstick:
    """A run's metric, and how its values map to qualities in [0, 1]."""

    run_id: str
    benchmark_version: str
    benchmark_name: str
    task: str
    metric_name: str
    metric_key: str
    worst: float
    """The value that maps to 0."""
    best: float
    """The value that maps to 1."""

    @property
    def name(self) -> str:
        """Equal for two runs whose qualities are comparable."""
        return f"{self.benchmark_version} {self.metric_name} {self.metric_key}"

    @property
    def shown(self) -> str:
        """Display name: the benchmark and the metric; where values were rescaled to [0, 1], also the original range."""
        moved = "" if (self.worst, self.best) == (0, 1) else f", {self.worst:g} to {self.best:g} as 0 to 1"
        return f"{self.benchmark_name} ({self.metric_name}{moved})"


def version_of(yardstick: str) -> str:
    """Return the benchmark version of a yardstick of runs, from its name."""
    return yardstick.partition(" ")[0]


def yardsticks(connection: Connection) -> tuple[Yardstick, ...]:
    """Return the yardstick of each run that is not archived and has one, in the order of the run ids."""
    columns = (run.c.id, run.c.headline, run.c.metrics, run.c.benchmark_version, run.c.benchmark_name)
    same = sa.and_(benchmark.c.version == run.c.benchmark_version, benchmark.c.name == run.c.benchmark_name)
    query = sa.select(*columns, benchmark.c.task_type).join(benchmark, same).where(run.c.archived_at.is_(None))
    bounds = _Bounds(connection)
    return tuple(
        yardstick for row in connection.execute(query.order_by(run.c.id)).all() for yardstick in _of(bounds, row)
    )


def _of(bounds: "_Bounds", row: sa.Row[Any]) -> Iterator[Yardstick]:
    planned = [MetricUse(name=name, signature=signature) for name, signature in row.metrics]
    bounded_use = bounds.first([use for use in planned if use.name == row.headline])
    bounded_use = bounded_use or bounds.first(planned) or bounds.first(bounds.scored_later(row.id))
    if bounded_use is not None:
        use, (worst, best) = bounded_use
        yield Yardstick(
            run_id=row.id,
            benchmark_version=row.benchmark_version,
            benchmark_name=row.benchmark_name,
            task=row.task_type,
            metric_name=use.name,
            metric_key=metric_key(use.signature),
            worst=worst,
            best=best,
        )


class _Bounds:
    """Determines the first metric with a bounded value range; each metric is looked up once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[MetricUse, tuple[float, float] | None] = {}

    def first(self, uses: Sequence[MetricUse]) -> tuple[MetricUse, tuple[float, float]] | None:
        """Return the first of these metrics that measures quality, with its worst and its best value."""
        for use in uses:
            if use not in self._known:
                self._known[use] = self._look_up(use)
            bounds = self._known[use]
            if bounds is not None:
                return use, bounds
        return None

    def _look_up(self, use: MetricUse) -> tuple[float, float] | None:
        from evaluation.metrics.metric_facts import higher_is_better, rates_search_alone, value_range

        if use.name.partition(" by ")[0] == _PAIRWISE or rates_search_alone(use.name):
            return None
        low, high = value_range(use.name)
        if not isfinite(low):  # of a user's file, or of a package that is gone: nothing says what its values can be
            low, high = self._seen(use)
        if not (isfinite(low) and isfinite(high) and low < high):
            return None
        return (low, high) if higher_is_better(use.name, use.signature) else (high, low)

    def _seen(self, use: MetricUse) -> tuple[float, float]:
        """Return [0, 1] where all stored values of a metric lie in it, else infinite bounds."""
        query = sa.select(sa.func.min(score.c.value), sa.func.max(score.c.value))
        key = metric_key(use.signature)
        low, high = self._connection.execute(query.where(score.c.metric_key == key)).one()
        return (0.0, 1.0) if low is not None and low >= 0 and high <= 1 else (float("-inf"), float("inf"))

    def scored_later(self, run_id: str) -> list[MetricUse]:
        """Return the metrics by which a run's answers were scored, planned or not."""
        of_run = (
            sa.select(score.c.metric_key)
            .select_from(run_candidate)
            .join(generation, generation.c.run_candidate_id == run_candidate.c.id)
            .join(score, score.c.generation_id == generation.c.id)
            .where(run_candidate.c.run_id == run_id)
        )
        query = sa.select(metric.c.name, metric.c.signature).where(metric.c.key.in_(of_run))
        rows = self._connection.execute(query.order_by(metric.c.name, metric.c.signature))
        return [MetricUse(name=row.name, signature=row.signature) for row in rows]
