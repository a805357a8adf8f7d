"""Runs in which a model was asked, and how fast it answered prompts of different lengths."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from evaluation.records.loaded_memory import LoadedMemory, measured_memory
from evaluation.store.bulk_rows import column_batches
from evaluation.store.session import Store
from evaluation.store.tables import generation, run, run_candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUse:
    """A candidate of a run that asked the model."""

    run_candidate_id: int
    run_id: str
    benchmark: str
    label: str
    digest: str | None
    endpoint: str
    server_version: str | None
    loaded: LoadedMemory | None
    """Memory of the loaded model, as far as its server said."""
    created_at: datetime


def uses_of_model(store: Store, names: Collection[str], *, limit: int) -> tuple[ModelUse, ...]:
    """Return the candidates that asked a model of one of these names, those of the newest runs first."""
    of = run_candidate.c
    query = (
        sa.select(
            *(of.id, of.run_id, run.c.benchmark_name, of.label, of.digest, of.endpoint_name, of.server_version),
            *(of.details, run.c.created_at),
        )
        .join(run, run.c.id == of.run_id)
        .where(of.model_name.in_(names))
        .order_by(run.c.created_at.desc(), of.id.desc())
        .limit(limit)
    )
    with store.read() as connection:
        return tuple(_use(row) for row in connection.execute(query))


def _use(row: sa.Row[Any]) -> ModelUse:
    row_id, run_id, benchmark, label, digest, endpoint, version, details, created_at = row
    return ModelUse(
        run_candidate_id=row_id,
        run_id=run_id,
        benchmark=benchmark,
        label=label,
        digest=digest,
        endpoint=endpoint,
        server_version=version,
        loaded=measured_memory(details),
        created_at=created_at,
    )


def iterate_speeds(
    store: Store, run_candidate_ids: Sequence[int]
) -> Iterator[tuple[int, int | None, float | None, float]]:
    """Yield tokens of the prompt and of the answer, seconds of generation and in total, of each own answer."""
    of = generation.c
    columns = (of.prompt_tokens, of.output_tokens, of.generate_s, of.total_s)
    is_own = sa.and_(
        of.run_candidate_id.in_(run_candidate_ids),
        of.prompt_tokens.is_not(None),
        of.total_s.is_not(None),
        sa.not_(of.reused),
        sa.not_(of.cold),
    )
    for batch in column_batches(store, columns, rows=generation, where=is_own):
        yield from zip(*batch, strict=True)
