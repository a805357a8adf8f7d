"""Stored samples of local endpoints' GPUs during an invocation."""

from collections.abc import Sequence
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


def save_gpu_samples(store: Store, invocation_id: str, samples: Sequence[GpuSample]) -> None:
    """Store GPU samples in one transaction."""
    if not samples:
        return
    rows = [{"invocation_id": invocation_id, **asdict(sample)} for sample in samples]
    with store.write() as connection:
        connection.execute(sa.insert(gpu_sample), rows)


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
