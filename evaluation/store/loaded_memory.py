"""Stored memory use of each candidate's model once loaded."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evaluation.records.loaded_memory import LOADED_BYTES, LOADED_CONTEXT, LoadedMemory, measured_memory
from evaluation.store.session import Store
from evaluation.store.tables import run_candidate


def record_loaded_bytes(
    store: Store, run_candidate_ids: Sequence[int], *, size_bytes: int, context_length: int | None = None
) -> None:
    """Record with these candidates how much memory their model takes, as its server reports it; the maximum is kept.

    Args:
        store: The store.
        run_candidate_ids: Candidates of runs whose model it is.
        size_bytes: Memory of the loaded model.
        context_length: Tokens for which it was loaded; None: its server does not say.
    """
    of_candidates = run_candidate.c.id.in_(run_candidate_ids)
    query = sa.select(run_candidate.c.id, run_candidate.c.details).where(of_candidates).with_for_update()
    with store.write() as connection:
        for row in connection.execute(query).all():
            if row.details.get(LOADED_BYTES, 0) < size_bytes:
                noted = {name: value for name, value in row.details.items() if name != LOADED_CONTEXT}
                noted |= {LOADED_BYTES: size_bytes}
                noted |= {} if context_length is None else {LOADED_CONTEXT: context_length}
                connection.execute(sa.update(run_candidate).where(run_candidate.c.id == row.id).values(details=noted))


def loaded_memory(connection: Connection) -> dict[str, LoadedMemory]:
    """Return the maximum memory that each candidate's model was seen to take, by the candidate's key.

    Candidates whose model was never seen loaded are left out.
    """
    noted = [run_candidate.c.details[name] for name in (LOADED_BYTES, LOADED_CONTEXT)]
    most: dict[str, LoadedMemory] = {}
    for key, size, context in connection.execute(sa.select(run_candidate.c.candidate_fingerprint, *noted)):
        memory = measured_memory({LOADED_BYTES: size, LOADED_CONTEXT: context})
        if memory is not None and (key not in most or memory.size_bytes > most[key].size_bytes):
            most[key] = memory
    return most
