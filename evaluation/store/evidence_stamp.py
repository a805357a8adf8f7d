"""A stamp that tells whether the evidence has changed, cheap enough to read before every recommendation."""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evaluation.store.session import Store
from evaluation.store.tables import METADATA

_NOT_EVIDENCE = frozenset(
    {
        "recommendation",
        "holder",
        "holder_run",
        "recovery",
        "stage",
        "trace",
        "passage",
        "corpus_index",
        "gpu_sample",
        "embedding",
        "estimate",
        "evidence_change",
        "kept_scoreboard",
        "kept_reading",
        "run_state",
    }
)
"""Tables whose changes do not affect evidence. Promotions do not either, but have to be noticed.

Stages and traces change together with the answers that they belong to.
"""
_GROWING = ("generation", "promotion", "run_candidate", "score", "scoreboard_import")


class ServerStamp:
    """A stamp of PostgreSQL that changes when anyone has written evidence.

    The server's counts of changes become visible with a delay of up to ten seconds; additions are visible at once.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def value(self) -> Hashable:
        """Return a value equal to the last one as long as nothing changed; another one means that something may have.

        Raises:
            StoreUnreachableError: the store is unreachable.
            StoreError: it cannot be read.
        """
        with self._store.read() as connection:
            changes = connection.execute(_CHANGES).scalar()
            newest = connection.execute(_NEWEST).one()
        return changes, tuple(newest)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection in a transaction, as `Store.write` gives it."""
        with self._store.write() as connection:
            yield connection

    def close(self) -> None:
        """Do nothing: no connection is kept open."""


_CHANGES = sa.text(
    "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables "
    "WHERE schemaname = current_schema() AND relname = ANY(:names)"
).bindparams(names=sorted(set(METADATA.tables) - _NOT_EVIDENCE))
_NEWEST = sa.select(
    *(
        sa.select(sa.func.max(METADATA.tables[name].c["imported_at" if name == "scoreboard_import" else "id"]))
        .scalar_subquery()
        .label(name)
        for name in _GROWING
    )
)
