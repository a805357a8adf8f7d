"""What the stages of a candidate's pipeline took before: requests of a case, and their speed, by model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from evaluation.store.past_speed import PastSpeed
from evaluation.store.session import Store
from evaluation.store.tables import generation, run, run_candidate, stage

_REQUESTS = ("chat", "embed")
"""Kinds of stages that ask a model."""
_SOURCES = 5
"""Run candidates that are searched, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRequests:
    """The requests of a pipeline to one of its models."""

    requests_of_a_case: float
    speeds: tuple[PastSpeed, ...]
    """One for each endpoint that answered them with their times."""


def past_requests(store: Store, *, fingerprint: str, benchmark_name: str) -> dict[str, PastRequests]:
    """Return the requests of the candidate's newest answered cases of that benchmark by the names of the models.

    Empty where none is stored. Only cases count that have an answer: those on their way have some stages, not all.
    """
    with store.read() as connection:
        for source in _sources(connection, fingerprint, benchmark_name):
            n_cases = connection.execute(_n_cases(source.id)).scalar_one()
            if n_cases:
                return _by_model(connection.execute(_stages(source.id)).all(), source.slots, n_cases)
    return {}


def _sources(connection: Connection, fingerprint: str, benchmark_name: str) -> Sequence[Row[Any]]:
    return connection.execute(
        sa.select(run_candidate.c.id, run_candidate.c.slots)
        .join(run, run.c.id == run_candidate.c.run_id)
        .where(run_candidate.c.candidate_fingerprint == fingerprint, run.c.benchmark_name == benchmark_name)
        .order_by(run.c.created_at.desc(), run_candidate.c.id.desc())
        .limit(_SOURCES)
    ).all()


def _n_cases(run_candidate_id: int) -> sa.Select[tuple[int]]:
    return sa.select(sa.func.count()).where(
        generation.c.run_candidate_id == run_candidate_id, generation.c.failure_kind.is_(None)
    )


def _stages(run_candidate_id: int) -> sa.Select[Any]:
    """Select the requests of answered cases by model and endpoint."""
    same = sa.and_(
        generation.c.run_candidate_id == stage.c.run_candidate_id,
        generation.c.case_id == stage.c.case_id,
        generation.c.repeat == stage.c.repeat,
    )
    return (
        sa.select(
            stage.c.model,
            stage.c.endpoint,
            sa.func.count().label("n"),
            sa.func.avg(stage.c.total_s).label("mean_s"),
            sa.func.avg(stage.c.prompt_tokens).label("prompt_tokens"),
            sa.func.avg(stage.c.output_tokens).label("output_tokens"),
            sa.func.max(stage.c.finished_at).label("newest_at"),
        )
        .join(generation, same)
        .where(stage.c.run_candidate_id == run_candidate_id, stage.c.kind.in_(_REQUESTS))
        .where(generation.c.failure_kind.is_(None))
        .group_by(stage.c.model, stage.c.endpoint)
        .order_by(stage.c.model, stage.c.endpoint)
    )


def _by_model(rows: Sequence[Row[Any]], slots: int, n_cases: int) -> dict[str, PastRequests]:
    return {
        model: PastRequests(
            requests_of_a_case=sum(row.n for row in rows if row.model == model) / n_cases,
            speeds=tuple(
                _speed(row, slots)
                for row in rows
                if row.model == model and row.endpoint is not None and row.mean_s is not None
            ),
        )
        for model in dict.fromkeys(row.model for row in rows)
    }


def _speed(row: Row[Any], slots: int) -> PastSpeed:
    return PastSpeed(
        endpoint_name=row.endpoint,
        model=row.model,
        n_generations=row.n,
        newest_at=row.newest_at,
        basis="candidate",
        same_benchmark=True,
        slots=slots,
        generation_s=float(row.mean_s),
        prompt_tokens=None if row.prompt_tokens is None else float(row.prompt_tokens),
        output_tokens=None if row.output_tokens is None else float(row.output_tokens),
    )
