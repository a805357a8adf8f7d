"""GPU utilisation of a server while it answered a candidate's requests."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from evaluation.store.session import Store
from evaluation.store.tables import generation, gpu_sample


@dataclass(frozen=True, slots=True, kw_only=True)
class BusyGpu:
    """Utilisation of a server's GPUs while a candidate's requests were in flight there."""

    endpoint: str
    n_samples: int
    utilisation: float
    """Mean, in [0, 1]."""


def busy_gpus(store: Store, *, invocation_id: str, run_candidate_id: int) -> tuple[BusyGpu, ...]:
    """Return the GPU utilisation of each server sampled while it answered this candidate, without model loading."""
    gpus = []
    for endpoint, stretches in sorted(_in_flight(store, run_candidate_id).items()):
        samples = _samples(store, invocation_id, endpoint, stretches[0][0], max(end for _, end in stretches))
        busy = [value for moment, value in samples if _is_within(moment, stretches)]
        if busy:
            gpus.append(BusyGpu(endpoint=endpoint, n_samples=len(busy), utilisation=sum(busy) / len(busy)))
    return tuple(gpus)


def _in_flight(store: Store, run_candidate_id: int) -> dict[str, list[tuple[datetime, datetime]]]:
    """Return the time spans in which each server had requests in flight, without overlap and in order of time."""
    of = generation.c
    query = (
        sa.select(of.endpoint, of.started_at, of.finished_at, of.load_s)
        .where(of.run_candidate_id == run_candidate_id, of.started_at.is_not(None), sa.not_(of.reused))
        .order_by(of.started_at)
    )
    stretches_by_endpoint: dict[str, list[tuple[datetime, datetime]]] = {}
    with store.read() as connection:
        rows = connection.execute(query).all()
    begun = sorted((row.started_at + timedelta(seconds=row.load_s or 0), row.finished_at, row.endpoint) for row in rows)
    for start, end, endpoint in begun:
        stretches = stretches_by_endpoint.setdefault(endpoint, [])
        if stretches and start <= stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], max(end, stretches[-1][1]))
        elif end > start:
            stretches.append((start, end))
    return {endpoint: stretches for endpoint, stretches in stretches_by_endpoint.items() if stretches}


def _samples(
    store: Store, invocation_id: str, endpoint: str, since: datetime, until: datetime
) -> list[tuple[datetime, float]]:
    of = gpu_sample.c
    query = (
        sa.select(of.sampled_at, of.utilisation)
        .where(of.invocation_id == invocation_id, of.endpoint == endpoint, of.utilisation.is_not(None))
        .where(of.sampled_at >= since, of.sampled_at <= until)
        .order_by(of.sampled_at)
    )
    with store.read() as connection:
        return [(moment, value) for moment, value in connection.execute(query)]


def _is_within(moment: datetime, stretches: list[tuple[datetime, datetime]]) -> bool:
    place = bisect_right(stretches, moment, key=lambda stretch: stretch[0]) - 1
    return place >= 0 and moment <= stretches[place][1]
