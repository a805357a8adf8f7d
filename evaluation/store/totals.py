"""Counts over the whole store, for a monitoring system."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evaluation.generation import PromptState
from evaluation.records.traffic_calls import NOBODY
from evaluation.store.session import Store
from evaluation.store.tables import alert, generation, run, traffic, traffic_grade

_NO_LABEL = "none"


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
    """Return the totals of the store; reads every answer once from an index."""
    figures = sa.select(
        generation.c.failure_kind,
        sa.func.count(),
        sa.func.coalesce(sa.func.sum(generation.c.prompt_tokens), 0),
        sa.func.coalesce(sa.func.sum(generation.c.output_tokens), 0),
        sa.func.coalesce(sa.func.sum(generation.c.energy_j), 0.0),
    ).group_by(generation.c.failure_kind)
    with store.read() as connection:
        outcomes = connection.execute(figures).all()
        runs = connection.execute(sa.select(run.c.status, sa.func.count()).group_by(run.c.status)).all()
        columns = (generation.c.reused, generation.c.prompt_state, sa.func.count())
        states = connection.execute(sa.select(*columns).group_by(generation.c.reused, generation.c.prompt_state)).all()
        is_open = alert.c.resolved_at.is_(None)
        alerts = connection.execute(
            sa.select(alert.c.rule, sa.func.count()).where(is_open).group_by(alert.c.rule)
        ).all()
        by_candidate = sa.select(traffic.c.candidate, traffic.c.ok, sa.func.count())
        calls = connection.execute(by_candidate.group_by(traffic.c.candidate, traffic.c.ok)).all()
        gradings = _gradings(connection)
    return StoreTotals(
        runs={status: n for status, n in runs},
        answers=sum(n for kind, n, *_ in outcomes if kind is None),
        failures={kind: n for kind, n, *_ in outcomes if kind is not None},
        prompt_tokens=sum(int(prompt) for _, _, prompt, _, _ in outcomes),
        output_tokens=sum(int(output) for _, _, _, output, _ in outcomes),
        energy_j=sum(float(energy) for *_, energy in outcomes),
        cache_hits={
            "answer": sum(n for reused, _, n in states if reused),
            "prompt": sum(n for reused, state, n in states if not reused and state == PromptState.CACHED),
        },
        open_alerts={rule: n for rule, n in alerts},
        calls={(candidate, bool(ok)): n for candidate, ok, n in calls if candidate != NOBODY},
        n_refused=sum(n for candidate, _, n in calls if candidate == NOBODY),
        gradings=gradings,
    )


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
