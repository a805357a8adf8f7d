"""Stored indexes of corpora: what each was built of."""

from dataclasses import asdict, fields

import sqlalchemy as sa

from evaluation.records.indexes import IndexRecord
from evaluation.store.record_rows import record_of
from evaluation.store.session import Store
from evaluation.store.statements import upsert
from evaluation.store.tables import corpus_index


def save_index(store: Store, record: IndexRecord) -> None:
    """Store what an index was built of; one that is stored already stays."""
    with store.write() as connection:
        upsert(connection, corpus_index, [asdict(record)], key=["identity"])


def find_index(store: Store, identity: str) -> IndexRecord | None:
    """Return the stored index with this identity; None if there is none."""
    columns = [corpus_index.c[field.name] for field in fields(IndexRecord)]
    with store.read() as connection:
        row = connection.execute(sa.select(*columns).where(corpus_index.c.identity == identity)).mappings().first()
    return None if row is None else record_of(IndexRecord, row)


def count_embedded(store: Store, identity: str, *, n_texts: int, n_tokens: int | None, dimension: int) -> None:
    """Add to what was embedded for a stored index; a sum that is not known stays so.

    Args:
        store: The store.
        identity: The index.
        n_texts: Texts that were embedded.
        n_tokens: Their tokens; None where the server does not report them.
        dimension: Numbers of each embedding.
    """
    of = corpus_index.c
    counted = sa.update(corpus_index).where(of.identity == identity)
    with store.write() as connection:
        connection.execute(
            counted.values(
                n_embedded=of.n_embedded + n_texts,
                embedded_tokens=None if n_tokens is None else of.embedded_tokens + n_tokens,
                dimension=sa.func.coalesce(of.dimension, dimension),
            )
        )
