"""The newest outcomes of a few candidates: how fast they come now, and what the last ones say."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from evaluation.store.answer_cells import beginning_of, end_of
from evaluation.store.session import Store
from evaluation.store.tables import generation, gpu_sample, run_flow


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestOutcome:
    """An outcome that was stored lately."""

    generation_id: int
    run_candidate_id: int
    case_id: str
    finished_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestText:
    """What an outcome of the newest says."""

    generation_id: int
    run_candidate_id: int
    case_id: str
    repeat: int
    finished_at: datetime
    seconds: float | None
    output_tokens: int | None
    text: str
    """Beginning of the answer, or why there is none."""
    end: str
    """Its last characters, as many."""
    is_failure: bool


def newest_outcomes(store: Store, run_candidate_ids: Collection[int], *, limit: int) -> tuple[NewestOutcome, ...]:
    """Return the newest outcomes of each of these candidates, at most so many of each, the newest first."""
    of = generation.c
    rows: list[NewestOutcome] = []
    with store.read() as connection:
        for row_id in run_candidate_ids:
            query = (
                sa.select(of.id, of.case_id, of.finished_at)
                .where(of.run_candidate_id == row_id)
                .order_by(of.id.desc())
                .limit(limit)
            )
            rows += [
                NewestOutcome(generation_id=key, run_candidate_id=row_id, case_id=case_id, finished_at=moment)
                for key, case_id, moment in connection.execute(query)
            ]
    return tuple(sorted(rows, key=lambda row: -row.generation_id))


def texts_of(store: Store, generation_ids: Sequence[int], *, most_characters: int) -> tuple[NewestText, ...]:
    """Return what these outcomes say, in the same order; of each text the beginning."""
    of = generation.c
    words = sa.func.coalesce(of.answer, of.message, "")
    query = sa.select(
        of.id.label("generation_id"),
        of.run_candidate_id,
        of.case_id,
        of.repeat,
        of.finished_at,
        of.total_s.label("seconds"),
        of.output_tokens,
        beginning_of(words, most_characters).label("text"),
        end_of(words, most_characters).label("end"),
        sa.or_(of.failure_kind.is_not(None), of.own_failure.is_not(None)).label("is_failure"),
    ).where(of.id.in_(generation_ids))
    with store.read() as connection:
        texts = {row["generation_id"]: NewestText(**row) for row in connection.execute(query).mappings()}
    return tuple(texts[key] for key in generation_ids if key in texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestGpuSample:
    """What a GPU did when it was looked at last."""

    endpoint: str
    gpu_name: str
    sampled_at: datetime
    utilisation: float | None
    memory_used_bytes: int | None
    memory_total_bytes: int | None


def newest_gpu_samples(store: Store, invocation_id: str, *, since: datetime) -> tuple[NewestGpuSample, ...]:
    """Return the newest sample of each GPU of an invocation, by endpoint; none that is older than a moment."""
    of = gpu_sample.c
    newest = (
        sa.select(of.endpoint, of.gpu_index, sa.func.max(of.id).label("id"))
        .where(of.invocation_id == invocation_id, of.sampled_at >= since)
        .group_by(of.endpoint, of.gpu_index)
        .subquery()
    )
    names = ("endpoint", "gpu_name", "sampled_at", "utilisation", "memory_used_bytes", "memory_total_bytes")
    query = (
        sa.select(*(of[name] for name in names)).join(newest, newest.c.id == of.id).order_by(of.endpoint, of.gpu_index)
    )
    with store.read() as connection:
        return tuple(NewestGpuSample(**row) for row in connection.execute(query).mappings())


def flow_runs_of(store: Store, run_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the flow runs that worked on these runs, by run, the first one first."""
    query = (
        sa.select(run_flow.c.run_id, run_flow.c.flow_run_id)
        .where(run_flow.c.run_id.in_(sorted(run_ids)))
        .order_by(run_flow.c.id)
    )
    flows: dict[str, list[str]] = {}
    with store.read() as connection:
        for run_id, flow_run_id in connection.execute(query):
            flows.setdefault(run_id, []).append(flow_run_id)
    return {run_id: tuple(of_run) for run_id, of_run in flows.items()}
