"""Deletion of what searches have left behind: passages, indexes and vectors that no run refers to any more."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evaluation.retrieval.passages import identity_of
from evaluation.store.embeddings import model_key
from evaluation.store.retention import IDS_AT_ONCE, find_held
from evaluation.store.session import Store
from evaluation.store.tables import (
    candidate,
    corpus_index,
    embedding,
    estimate,
    metric,
    passage,
    run_candidate,
    stage,
    trace,
)

_SEARCH = "search"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftovers:
    """How many rows were deleted."""

    n_passages: int = 0
    n_indexes: int = 0
    n_vectors: int = 0


def delete_leftovers(store: Store, before: datetime) -> Leftovers:
    """Delete what no run refers to any more, and return how much it was; nothing while a run is in progress.

    - Passages that no stage and no answer of a run names.
    - Indexes from before whose corpus no run's candidate has.
    - Vectors from before of models that embed no corpus of an index that is left, and for no metric of a run.

    All in one transaction, in which nobody may begin to refer to what goes.

    Args:
        store: The store.
        before: Indexes and vectors that were made later stay.
    """
    with store.read() as connection:
        if find_held(connection):
            return Leftovers()
    with store.write() as connection:
        if connection.dialect.name == "postgresql":  # SQLite lets a single one write
            connection.execute(sa.text("LOCK TABLE passage, stage, trace, corpus_index, embedding IN EXCLUSIVE MODE"))
        if find_held(connection):
            return Leftovers()
        n_passages = _delete_passages(connection)
        n_indexes = _delete_indexes(connection, before)
        n_vectors = _delete_vectors(connection, before)
    return Leftovers(n_passages=n_passages, n_indexes=n_indexes, n_vectors=n_vectors)


def _delete_passages(connection: Connection) -> int:
    unnamed = set(connection.execute(sa.select(passage.c.hash)).scalars())
    for listed in _listed(connection) if unnamed else ():
        unnamed.difference_update(key for key, _ in listed)
    return sum(
        connection.execute(sa.delete(passage).where(passage.c.hash.in_(page))).rowcount for page in _pages(unnamed)
    )


def _listed(connection: Connection) -> Iterator[Sequence[Sequence[str]]]:
    """Yield the passages, each with its relevance, that each search and each answer names."""
    searches = sa.select(stage.c.reply).where(stage.c.kind == _SEARCH, stage.c.reply.is_not(None))
    answers = sa.select(trace.c.sources).where(trace.c.sources.is_not(None))
    for query in (searches, answers):
        yield from connection.execute(query.execution_options(yield_per=IDS_AT_ONCE)).scalars()


def _delete_indexes(connection: Connection, before: datetime) -> int:
    pipelines = (
        sa.select(candidate.c.pipeline)
        .where(candidate.c.pipeline.is_not(None))
        .where(sa.exists().where(run_candidate.c.candidate_fingerprint == candidate.c.fingerprint))
    )
    choices = connection.execute(pipelines).scalars()
    corpora = {choice["corpus"] for choice in choices if choice.get("corpus") is not None}
    of = corpus_index.c
    old = connection.execute(
        sa.select(of.identity, of.chunker, of.embedder, of.embedder_digest).where(of.created_at < before)
    )
    unused = [
        row.identity
        for row in old
        if not any(
            row.identity
            == identity_of(corpus, row.chunker, embedder=row.embedder or "", digest=row.embedder_digest or "")
            for corpus in corpora
        )
    ]
    return sum(
        connection.execute(sa.delete(corpus_index).where(of.identity.in_(page))).rowcount for page in _pages(unused)
    )


def _delete_vectors(connection: Connection, before: datetime) -> int:
    of = corpus_index.c
    embedders = connection.execute(
        sa.select(of.embedder, of.embedder_digest).where(of.embedder.is_not(None)).distinct()
    )
    keys = [model_key(row.embedder, row.embedder_digest) for row in embedders]
    keys += [model_key(*model) for model in _models_of_metrics(connection)]
    unused = sa.and_(embedding.c.embedded_at < before, embedding.c.model_key.not_in(keys))
    return connection.execute(sa.delete(embedding).where(unused)).rowcount


def _models_of_metrics(connection: Connection) -> Iterator[tuple[str, str]]:
    """Yield the name and the digest of each model that a metric of a run names in its signature."""
    is_used = sa.exists().where(estimate.c.metric_key == metric.c.key)
    for signature in connection.execute(sa.select(metric.c.signature).where(is_used)).scalars():
        name, digest = (re.search(rf"\b{option}='([^']*)'", signature) for option in ("model", "digest"))
        if name and digest:
            yield name[1], digest[1]


def _pages(keys: set[str] | list[str]) -> Iterator[list[str]]:
    ordered = sorted(keys)
    return (ordered[start : start + IDS_AT_ONCE] for start in range(0, len(ordered), IDS_AT_ONCE))
