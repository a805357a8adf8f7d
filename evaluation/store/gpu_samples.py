"""Stored samples of local endpoints' GPUs during an invocation."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from evaluation.results.runs import GpuResult
from evaluation.store.session import Store
from evaluation.store.tables import gpu_sample


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuSample:
    """One GPU at one time. None if the card does not report a value."""

    endpoint: str
    """Endpoint that used this GPU."""
    gpu_index: int
    gpu_name: str
    gpu_uuid: str | None = None
    """The driver's identifier of this card, equal in every process."""
    sampled_at: datetime
    utilisation: float | None = None
    """Share of the last sampling period in which the card was busy, in [0, 1]."""
    memory_used_bytes: int | None = None
    """Memory used by all processes."""
    memory_total_bytes: int | None = None
    power_w: float | None = None
    """Power of the whole card."""


_COLUMNS = [column for column in gpu_sample.c if column.name not in ("id", "invocation_id")]


def save_gpu_samples(store: Store, invocation_id: str, samples: Sequence[GpuSample]) -> None:
    """Store GPU samples in one transaction."""
    if not samples:
        return
    rows = [{"invocation_id": invocation_id, **asdict(sample)} for sample in samples]
    with store.write() as connection:
        connection.execute(sa.insert(gpu_sample), rows)


def iterate_gpu_samples(
    store: Store, invocation_id: str, endpoint: str, *, batch: int = 1000
) -> Iterator[tuple[GpuSample, ...]]:
    """Yield the samples of an endpoint's GPUs in pages, by time; no transaction is open between pages."""
    place = sa.tuple_(gpu_sample.c.sampled_at, gpu_sample.c.id)
    query = (
        sa.select(gpu_sample.c.id, *_COLUMNS)
        .where(gpu_sample.c.invocation_id == invocation_id, gpu_sample.c.endpoint == endpoint)
        .order_by(gpu_sample.c.sampled_at, gpu_sample.c.id)
        .limit(batch)
    )
    page_after = query
    while True:
        with store.read() as connection:
            rows = connection.execute(page_after).mappings().all()
        if not rows:
            return
        yield tuple(GpuSample(**{name: value for name, value in row.items() if name != "id"}) for row in rows)
        last = sa.literal(rows[-1]["sampled_at"], gpu_sample.c.sampled_at.type), sa.literal(rows[-1]["id"])
        page_after = query.where(place > sa.tuple_(*last))


def gpu_summary(store: Store, invocation_id: str) -> tuple[GpuResult, ...]:
    """Return the means and peaks of each GPU over the invocation, by endpoint; empty where none was sampled."""
    columns = gpu_sample.c
    gpu = (columns.endpoint, columns.gpu_index, columns.gpu_name)
    query = (
        sa.select(
            *gpu,
            sa.func.count().label("n_samples"),
            sa.func.min(columns.sampled_at).label("first_at"),
            sa.func.max(columns.sampled_at).label("last_at"),
            sa.func.avg(columns.utilisation).label("utilisation_mean"),
            sa.func.max(columns.utilisation).label("utilisation_peak"),
            sa.func.max(columns.memory_used_bytes).label("memory_peak_bytes"),
            sa.func.max(columns.memory_total_bytes).label("memory_total_bytes"),
            sa.func.avg(columns.power_w).label("power_mean_w"),
            sa.func.max(columns.power_w).label("power_peak_w"),
        )
        .where(columns.invocation_id == invocation_id)
        .group_by(*gpu)
        .order_by(*gpu)
    )
    with store.read() as connection:
        return tuple(GpuResult(**row) for row in connection.execute(query).mappings())
