"""Stored data of energy measurement: generations in flight, GPU power, and joules of each generation."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from evaluation.store.session import Store
from evaluation.store.tables import generation, gpu_sample, run, run_candidate, stage

_PAGE = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuUser:
    """An endpoint that used a GPU for an invocation."""

    gpu: str
    """Identifier of a card, equal in all invocations."""
    invocation_id: str
    endpoint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flights:
    """Times at which an invocation's generations were in flight on an endpoint: columns of equal length."""

    generation_ids: NDArray[np.int64]
    """Ids of generations; of the stages of pipelines, which are in flight in place of their answers, negative."""
    starts: NDArray[np.float64]
    """Start of the last attempt, in seconds since 1970."""
    ends: NDArray[np.float64]
    is_answer: NDArray[np.bool_]
    """False for a failure of the server."""


# A driver that names no card leaves its place in the machine.
_card = sa.func.coalesce(
    gpu_sample.c.gpu_uuid, gpu_sample.c.gpu_name + sa.literal(" ") + sa.cast(gpu_sample.c.gpu_index, sa.Text)
)


def gpu_users(store: Store, invocation_id: str) -> tuple[GpuUser, ...]:
    """Return the invocation's endpoints with their GPUs, and other invocations' that used these GPUs meanwhile."""
    span = sa.select(sa.func.min(gpu_sample.c.sampled_at), sa.func.max(gpu_sample.c.sampled_at)).where(
        gpu_sample.c.invocation_id == invocation_id
    )
    with store.read() as connection:
        own = _users(connection, gpu_sample.c.invocation_id == invocation_id)
        if not own:
            return ()
        first, last = connection.execute(span).one()
        others = (
            sa.select(run.c.invocation_id)
            .where(run.c.invocation_id != invocation_id, run.c.started_at <= last)
            .where(sa.or_(run.c.finished_at.is_(None), run.c.finished_at >= first))
        )
        gpus = {user.gpu for user in own}
        meanwhile = gpu_sample.c.sampled_at.between(first, last)
        beside = _users(connection, gpu_sample.c.invocation_id.in_(others), meanwhile)
    return (*own, *(user for user in beside if user.gpu in gpus))


def _users(connection: Connection, *conditions: sa.ColumnElement[bool]) -> list[GpuUser]:
    columns = (_card.label("gpu"), gpu_sample.c.invocation_id, gpu_sample.c.endpoint)
    query = sa.select(*columns).where(*conditions).distinct()
    return [GpuUser(**row) for row in connection.execute(query.order_by(*columns)).mappings()]


def load_power(store: Store, invocation_id: str, gpu: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the times (s since 1970) and the power (W) of one GPU, as sampled for the invocation."""
    at, power = array("d"), array("d")
    query = sa.select(gpu_sample.c.sampled_at, gpu_sample.c.power_w).where(
        gpu_sample.c.invocation_id == invocation_id, _card == gpu, gpu_sample.c.power_w.is_not(None)
    )
    with store.read(in_pages=True) as connection:
        for page in connection.execute(query.execution_options(yield_per=_PAGE)).partitions():
            at.extend(row.sampled_at.timestamp() for row in page)
            power.extend(row.power_w for row in page)
    return np.array(at), np.array(power)


def load_flights(store: Store, invocation_id: str, endpoint: str) -> Flights:
    """Return the start and end of every request that the invocation sent to the endpoint, as columns.

    Reused outcomes and those without a time are left out.
    """
    ids, starts, ends, is_answer = array("q"), array("d"), array("d"), array("b")
    for run_candidate_id, has_stages in _run_candidates(store, invocation_id):
        last = 0
        while page := (_stage_page if has_stages else _page)(store, run_candidate_id, endpoint, last):
            for row in page:
                if row.total_s is not None and not row.reused:
                    end = row.finished_at.timestamp()
                    ids.append(-row.id if has_stages else row.id)
                    starts.append(end - row.total_s)
                    ends.append(end)
                    is_answer.append(row.failure_kind is None)
            last = page[-1].id
    return Flights(
        generation_ids=np.array(ids, dtype=np.int64),
        starts=np.array(starts, dtype=np.float64),
        ends=np.array(ends, dtype=np.float64),
        is_answer=np.array(is_answer, dtype=np.bool_),
    )


def _run_candidates(store: Store, invocation_id: str) -> list[tuple[int, bool]]:
    """Return the invocation's candidates, and whether each has stages of a pipeline."""
    has_stages = sa.exists().where(stage.c.run_candidate_id == run_candidate.c.id)
    query = (
        sa.select(run_candidate.c.id, has_stages)
        .join(run, run.c.id == run_candidate.c.run_id)
        .where(run.c.invocation_id == invocation_id)
        .order_by(run_candidate.c.id)
    )
    with store.read() as connection:
        return [(row_id, bool(has)) for row_id, has in connection.execute(query)]


_FLIGHT = tuple(generation.c[name] for name in ("id", "total_s", "finished_at", "failure_kind", "reused"))


def _page(store: Store, run_candidate_id: int, endpoint: str, last: int) -> Sequence[sa.Row[tuple[object, ...]]]:
    query = (
        sa.select(*_FLIGHT)
        .where(generation.c.run_candidate_id == run_candidate_id, generation.c.id > last)
        .where(generation.c.endpoint == endpoint)
        .order_by(generation.c.id)
        .limit(_PAGE)
    )
    with store.read() as connection:
        return connection.execute(query).all()


def _stage_page(store: Store, run_candidate_id: int, endpoint: str, last: int) -> Sequence[sa.Row[tuple[object, ...]]]:
    columns = (stage.c.id, stage.c.total_s, stage.c.finished_at, stage.c.reused, sa.null().label("failure_kind"))
    query = (
        sa.select(*columns)
        .where(stage.c.run_candidate_id == run_candidate_id, stage.c.id > last)
        .where(stage.c.endpoint == endpoint)
        .order_by(stage.c.id)
        .limit(_PAGE)
    )
    with store.read() as connection:
        return connection.execute(query).all()


def save_energies(store: Store, generation_ids: Sequence[int], joules: Sequence[float]) -> None:
    """Set the energy of each generation, in transactions short enough for others to write between them.

    Negative ids are those of stages, as in `Flights`.
    """
    pairs = list(zip(generation_ids, joules, strict=True))
    for table in (generation, stage):
        statement = sa.update(table).where(table.c.id == sa.bindparam("which")).values(energy_j=sa.bindparam("joules"))
        of_table = [(abs(which), taken) for which, taken in pairs if (which < 0) == (table is stage)]
        for start in range(0, len(of_table), _PAGE):
            with store.write() as connection:
                some = of_table[start : start + _PAGE]
                connection.execute(statement, [{"which": which, "joules": taken} for which, taken in some])


def sum_stage_energies(store: Store, invocation_id: str) -> None:
    """Set the energy of each answer of a pipeline to the sum of its stages', where all that asked a server have one."""
    own = sa.and_(
        stage.c.run_candidate_id == generation.c.run_candidate_id,
        stage.c.case_id == generation.c.case_id,
        stage.c.repeat == generation.c.repeat,
        stage.c.endpoint.is_not(None),
    )
    total = sa.select(sa.func.sum(stage.c.energy_j)).where(own).scalar_subquery()
    with_stages = [row_id for row_id, has_stages in _run_candidates(store, invocation_id) if has_stages]
    for row_id in with_stages:
        with store.write() as connection:
            connection.execute(
                sa.update(generation)
                .where(generation.c.run_candidate_id == row_id, generation.c.failure_kind.is_(None))
                .where(sa.exists().where(own), ~sa.exists().where(own, stage.c.energy_j.is_(None)))
                .values(energy_j=total)
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyTotal:
    """Total energy of a candidate's measured answers."""

    n_measured: int
    energy_j: float


def energy_totals(store: Store, run_id: str) -> dict[int, EnergyTotal]:
    """Return the energy in J of each candidate of a run, by the candidate's row; empty where nothing was measured."""
    joules = generation.c.energy_j
    query = (
        sa.select(run_candidate.c.id, sa.func.count().label("n_measured"), sa.func.sum(joules).label("energy_j"))
        .join(generation, generation.c.run_candidate_id == run_candidate.c.id)
        .where(run_candidate.c.run_id == run_id, joules.is_not(None))
        .group_by(run_candidate.c.id)
    )
    with store.read() as connection:
        rows = connection.execute(query).all()
    return {row.id: EnergyTotal(n_measured=row.n_measured, energy_j=row.energy_j) for row in rows}
