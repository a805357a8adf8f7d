"""Past speed of a model on an endpoint, and its load time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean, median
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from evaluation.generation import PromptState
from evaluation.store.session import Store
from evaluation.store.tables import candidate, generation, run, run_candidate

Basis = Literal["weights", "candidate", "model name"]
"""What past and planned work share: the digest, else the candidate, else only the model's name."""

_NEWEST = 500
"""Generations used for an estimate, at most."""
_ENOUGH = 10
"""Generations of the same benchmark below which those of all benchmarks are used instead."""
_SOURCES = 50
"""Run candidates that are searched, at most."""
_LOOKED_AT = 2_000
"""Outcomes read of each run candidate, at most: an endpoint of a pool may have answered few."""
_READ = (
    *("id", "endpoint", "failure_kind", "reused", "cold", "prompt_state"),
    *("total_s", "load_s", "prompt_tokens", "output_tokens", "finished_at"),
)
_LOAD_S = "load_s"
"""Key in a run candidate's details: load seconds by endpoint name."""
_ASKED_DIRECTLY = run_candidate.c.candidate_fingerprint.not_in(
    sa.select(candidate.c.fingerprint).where(candidate.c.pipeline.is_not(None))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastSpeed:
    """Speed of generations on one endpoint, over the newest ones that were not reused."""

    endpoint_name: str
    model: str
    n_generations: int
    newest_at: datetime
    basis: Basis
    same_benchmark: bool
    """False if too few are from the planned benchmark, so that others are used."""
    slots: int
    """Concurrent requests in the newest of these runs."""
    generation_s: float
    """Mean seconds from sending to the last byte at that concurrency."""
    prompt_tokens: float | None
    """Mean; None if the server does not report them."""
    output_tokens: float | None


def past_speed(
    store: Store, *, endpoint_name: str, model: str, digest: str | None, fingerprint: str, benchmark_name: str
) -> PastSpeed | None:
    """Return the speed of the newest warm generations on that endpoint; None where the model was never asked there.

    Generations of the same digest come first, then of the same candidate, then of the same model name; within these,
    those of the same benchmark where there are enough. Answers to prompts that the server had cached count only where
    nothing else is known: whoever is asked next may have to wait for every prompt to be read. Cases of pipelines do
    not count: their seconds are sums over their stages.

    Args:
        store: The store.
        endpoint_name: Name of the endpoint.
        model: The model's name.
        digest: Its digest, if it has one.
        fingerprint: Fingerprint of the candidate.
        benchmark_name: Name of the benchmark to be asked.
    """
    with store.read() as connection:
        for basis, same in _identities(model, digest, fingerprint):
            sources = _sources(connection, sa.and_(same, _ASKED_DIRECTLY))
            alike = [source for source in sources if source.benchmark_name == benchmark_name]
            for with_cached in (False, True):
                narrow = _generations(connection, alike, endpoint_name, with_cached=with_cached)
                wide = narrow
                if len(narrow) < _ENOUGH:
                    wide = _generations(connection, sources, endpoint_name, with_cached=with_cached)
                if wide:
                    return _speed(wide, endpoint_name, model, basis, same_benchmark=len(narrow) == len(wide))
    return None


def past_load_s(store: Store, *, endpoint_name: str, model: str, digest: str | None, fingerprint: str) -> float | None:
    """Return the median time in seconds of the model's newest loads on that endpoint; None where it is not known."""
    with store.read() as connection:
        for _, same in _identities(model, digest, fingerprint):
            sources = _sources(connection, same)
            noted = [source.details.get(_LOAD_S, {}).get(endpoint_name) for source in sources]
            seconds = [load_s for load_s in noted if load_s is not None]
            seconds = seconds or [row.load_s for row in _cold(connection, sources, endpoint_name)]
            if seconds:
                return float(median(seconds))
    return None


def record_load_s(store: Store, run_candidate_ids: Sequence[int], *, endpoint_name: str, load_s: float) -> None:
    """Record with these candidates how long their model took to load on an endpoint; the last time counts."""
    of_candidates = run_candidate.c.id.in_(run_candidate_ids)
    query = sa.select(run_candidate.c.id, run_candidate.c.details).where(of_candidates).with_for_update()
    with store.write() as connection:
        for row in connection.execute(query).all():
            noted = {**row.details, _LOAD_S: {**row.details.get(_LOAD_S, {}), endpoint_name: load_s}}
            connection.execute(sa.update(run_candidate).where(run_candidate.c.id == row.id).values(details=noted))


def _identities(model: str, digest: str | None, fingerprint: str) -> Iterator[tuple[Basis, sa.ColumnElement[bool]]]:
    if digest is not None:
        yield "weights", run_candidate.c.digest == digest
    else:
        yield "candidate", run_candidate.c.candidate_fingerprint == fingerprint
    yield "model name", run_candidate.c.model_name == model


def _sources(connection: Connection, same: sa.ColumnElement[bool]) -> Sequence[Row[Any]]:
    """Return the newest candidates of runs that fulfil the condition `same`."""
    return connection.execute(
        sa.select(run_candidate.c.id, run_candidate.c.slots, run_candidate.c.details, run.c.benchmark_name)
        .join(run, run.c.id == run_candidate.c.run_id)
        .where(same)
        .order_by(run.c.created_at.desc(), run_candidate.c.id.desc())
        .limit(_SOURCES)
    ).all()


def _generations(
    connection: Connection, sources: Sequence[Row[Any]], endpoint_name: str, *, with_cached: bool
) -> list[tuple[Row[Any], Row[Any]]]:
    """Return the newest timed generations with their sources; the candidate's own failures cost time like any other."""
    generations: list[tuple[Row[Any], Row[Any]]] = []
    for source in sources:
        some = _newest_of(source.id)
        query = (
            sa.select(some)
            .where(some.c.endpoint == endpoint_name, some.c.failure_kind.is_(None), some.c.total_s.is_not(None))
            .where(sa.not_(some.c.reused), sa.not_(some.c.cold))
            .where(sa.true() if with_cached else sa.func.coalesce(some.c.prompt_state, "") != PromptState.CACHED.value)
            .order_by(some.c.id.desc())
            .limit(_NEWEST - len(generations))
        )
        generations += [(source, row) for row in connection.execute(query)]
        if len(generations) == _NEWEST:
            break
    return generations


def _cold(connection: Connection, sources: Sequence[Row[Any]], endpoint_name: str) -> list[Row[Any]]:
    """Select the generations of the newest run that waited for their model to load."""
    for source in sources:
        some = _newest_of(source.id)
        waited = sa.and_(some.c.cold, sa.not_(some.c.reused), some.c.load_s.is_not(None))
        rows = connection.execute(sa.select(some).where(some.c.endpoint == endpoint_name, waited)).all()
        if rows:
            return list(rows)
    return []


def _newest_of(run_candidate_id: int) -> sa.Subquery:
    """Return a candidate's newest rows as a range of the index on (candidate, id), before any row is filtered."""
    return (
        sa.select(*(generation.c[name] for name in _READ))
        .where(generation.c.run_candidate_id == run_candidate_id)
        .order_by(generation.c.id.desc())
        .limit(_LOOKED_AT)
        .subquery()
    )


def _speed(
    generations: Sequence[tuple[Row[Any], Row[Any]]],
    endpoint_name: str,
    model: str,
    basis: Basis,
    *,
    same_benchmark: bool,
) -> PastSpeed:
    rows = [row for _, row in generations]
    return PastSpeed(
        endpoint_name=endpoint_name,
        model=model,
        n_generations=len(rows),
        newest_at=max(row.finished_at for row in rows),
        basis=basis,
        same_benchmark=same_benchmark,
        slots=generations[0][0].slots,
        generation_s=fmean(row.total_s for row in rows),
        prompt_tokens=_mean([row.prompt_tokens for row in rows]),
        output_tokens=_mean([row.output_tokens for row in rows]),
    )


def _mean(counts: Sequence[int | None]) -> float | None:
    known_counts = [count for count in counts if count is not None]
    return fmean(known_counts) if known_counts else None
