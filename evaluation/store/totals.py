"""Counts over the whole store, for a monitoring system."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evaluation.generation import PromptState
from evaluation.store.kept_readings import kept_or_read_all
from evaluation.store.session import Store
from evaluation.store.tables import alert, generation, run, run_candidate, traffic, traffic_grade
from evaluation.store.traffic import says_nothing

_NO_LABEL = "none"
_RUNS_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class GradingTotals:
    """Numbers of what judges found of calls in production."""

    n_calls: int = 0
    """Calls with a grade."""
    verdicts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Grades by candidate and verdict: `1` to `5`, or `empty_answer`, of which no judge was asked."""
    failures: Mapping[str, int] = field(default_factory=dict)
    """Gradings without a grade, by kind."""
    last_at: datetime | None = None
    """When a judge was asked last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreTotals:
    """Numbers of everything that is stored."""

    runs: dict[str, int]
    """Runs by their stored status."""
    answers: int
    """Answers and the candidates' own failures."""
    failures: dict[str, int]
    """Failures of servers by kind."""
    prompt_tokens: int
    output_tokens: int
    energy_j: float
    cache_hits: dict[str, int]
    """Answers that cost less than they would have: `answer`, taken from an earlier run; `prompt`, whose prompt the
    server had in its cache."""
    open_alerts: dict[str, int]
    """Alerts that are not over, by rule."""
    calls: dict[tuple[str, bool], int]
    """Recorded calls by candidate and whether they came to an end."""
    n_refused: int
    """Calls of the gateway for which nobody was asked."""
    gradings: GradingTotals


def store_totals(store: Store) -> StoreTotals:
    """Return the totals of the store; of runs that have ended, answers are read once and their sums kept."""
    with store.read() as connection:
        run_ids = connection.execute(sa.select(run.c.id).order_by(run.c.id)).scalars().all()
        runs = connection.execute(sa.select(run.c.status, sa.func.count()).group_by(run.c.status)).all()
        is_open = alert.c.resolved_at.is_(None)
        alerts = connection.execute(
            sa.select(alert.c.rule, sa.func.count()).where(is_open).group_by(alert.c.rule)
        ).all()
        kinds = (traffic.c.candidate, traffic.c.ok, sa.case((says_nothing(), 1), else_=0))
        calls = connection.execute(sa.select(*kinds, sa.func.count()).group_by(*kinds)).all()
        gradings = _gradings(connection)
    kept = list(_sums(store, run_ids))
    sums = [_Sum(*each) for of_run in kept for each in of_run["alike"]]
    failures = Counter[str]()
    for of_run in kept:
        failures.update(of_run["failures"])
    return StoreTotals(
        runs={status: n for status, n in runs},
        answers=sum(each.n for each in sums) - failures.total(),
        failures=dict(failures),
        prompt_tokens=sum(each.prompt_tokens for each in sums),
        output_tokens=sum(each.output_tokens for each in sums),
        energy_j=sum(each.energy_j for each in sums),
        cache_hits={
            "answer": sum(each.n for each in sums if each.is_copy),
            "prompt": sum(each.n for each in sums if not each.is_copy and each.state == PromptState.CACHED),
        },
        open_alerts={rule: n for rule, n in alerts},
        calls={(candidate, bool(ok)): n for candidate, ok, is_refused, n in calls if not is_refused},
        n_refused=sum(n for *_, is_refused, n in calls if is_refused),
        gradings=gradings,
    )


class _Sum(NamedTuple):
    """Sums over the outcomes of a run that are alike."""

    is_copy: bool
    state: str | None
    n: int
    prompt_tokens: int
    output_tokens: int
    energy_j: float


def _sums(store: Store, run_ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    for start in range(0, len(run_ids), _RUNS_AT_ONCE):
        some = run_ids[start : start + _RUNS_AT_ONCE]
        yield from kept_or_read_all(store, some, "totals", None, partial(_sums_of_runs, store)).values()


def _sums_of_runs(store: Store, run_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the sums of each run's outcomes that are alike, and its failures by kind; both come from indexes."""
    of = generation.c
    summed = (
        sa.func.coalesce(sa.func.sum(of.prompt_tokens), 0),
        sa.func.coalesce(sa.func.sum(of.output_tokens), 0),
        sa.func.coalesce(sa.func.sum(of.energy_j), 0.0),
    )
    of_runs = run_candidate.c.run_id.in_(run_ids)
    outcomes = sa.select(
        run_candidate.c.run_id, generation.c.reused, generation.c.prompt_state, sa.func.count(), *summed
    )
    failed = sa.select(run_candidate.c.run_id, of.failure_kind, sa.func.count()).where(of.failure_kind.is_not(None))
    outcomes, failed = (
        query.join(generation, of.run_candidate_id == run_candidate.c.id).where(of_runs) for query in (outcomes, failed)
    )
    sums: dict[str, dict[str, Any]] = {run_id: {"alike": [], "failures": {}} for run_id in run_ids}
    with store.read() as connection:
        for run_id, *values in connection.execute(
            outcomes.group_by(run_candidate.c.run_id, generation.c.reused, generation.c.prompt_state)
        ):
            sums[run_id]["alike"].append(values)
        for run_id, kind, n in connection.execute(failed.group_by(run_candidate.c.run_id, of.failure_kind)):
            sums[run_id]["failures"][kind] = n
    return sums


def _gradings(connection: Connection) -> GradingTotals:
    of = traffic_grade.c
    is_graded = of.value.is_not(None)
    verdict = sa.func.coalesce(of.label, _NO_LABEL)
    graded = sa.select(traffic.c.candidate, verdict, sa.func.count()).join(traffic, traffic.c.id == of.traffic_id)
    verdicts = connection.execute(graded.where(is_graded).group_by(traffic.c.candidate, verdict)).all()
    failures = connection.execute(
        sa.select(of.failure_kind, sa.func.count()).where(~is_graded).group_by(of.failure_kind)
    ).all()
    n_calls = sa.select(sa.func.count(sa.distinct(of.traffic_id))).where(is_graded)
    return GradingTotals(
        n_calls=connection.execute(n_calls).scalar_one(),
        verdicts={(candidate, label): n for candidate, label, n in verdicts},
        failures={kind or _NO_LABEL: n for kind, n in failures},
        last_at=connection.execute(sa.select(sa.func.max(of.graded_at))).scalar_one(),
    )
