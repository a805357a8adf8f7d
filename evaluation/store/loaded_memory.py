"""Stored memory use of each candidate's model once loaded."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evaluation.store.session import Store
from evaluation.store.tables import run_candidate

_LOADED_BYTES = "loaded_bytes"
"""Key in a run candidate's details: memory of the loaded model."""


def record_loaded_bytes(store: Store, run_candidate_ids: Sequence[int], *, size_bytes: int) -> None:
    """Record with these candidates how much memory their model takes, as its server reports it; the maximum is kept."""
    of_candidates = run_candidate.c.id.in_(run_candidate_ids)
    query = sa.select(run_candidate.c.id, run_candidate.c.details).where(of_candidates).with_for_update()
    with store.write() as connection:
        for row in connection.execute(query).all():
            if row.details.get(_LOADED_BYTES, 0) < size_bytes:
                noted = {**row.details, _LOADED_BYTES: size_bytes}
                connection.execute(sa.update(run_candidate).where(run_candidate.c.id == row.id).values(details=noted))


def loaded_bytes(connection: Connection) -> dict[str, float]:
    """Return the maximum memory that each candidate's model was seen to take, by the candidate's key.

    Candidates whose model was never seen loaded are left out.
    """
    noted = run_candidate.c.details[_LOADED_BYTES]
    sizes: dict[str, float] = {}
    for key, size in connection.execute(sa.select(run_candidate.c.candidate_fingerprint, noted)):
        if size:
            sizes[key] = max(float(size), sizes.get(key, 0.0))
    return sizes
