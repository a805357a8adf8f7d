"""Stored outcomes of identical requests, which can be reused.

An outcome can be reused if messages, effective options, candidate, provider, server version, seed and repeat are equal.
A server failure is never reused, nor an answer by weights that cannot be verified.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row, RowMapping

from evaluation.case import PromptTemplate
from evaluation.errors import StoreError
from evaluation.fingerprint import canonical_json, derived_seed
from evaluation.records.runs import SERVER_VERSIONS
from evaluation.store.session import Store
from evaluation.store.tables import benchmark, benchmark_case, candidate, generation, run, run_candidate

ASKED = ("prompt", "messages", "context", "choices")
"""Fields of a case that can reach a model. Equal fields in the same wording give equal messages."""

_SOURCES_AT_ONCE = 16

Item = tuple[str, int]
"""A case id and a repeat, from 0."""
Question = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Everything that an answer depends on, except its case."""

    run_id: str | None
    """The run that needs answers, which is not used as a source; None if it is not stored."""
    seed: int
    """Seed of the run."""
    benchmark_version: str
    prompt: PromptTemplate
    fingerprint: str
    digest: str | None
    """None for unverified weights, which never reuse answers."""
    provider: str
    server_versions: frozenset[str]
    """Versions of the endpoints that would answer; a server without a known version never reuses answers."""
    options: Mapping[str, Any]
    """Effective options without the seed."""


@dataclass(frozen=True, slots=True)
class Source:
    """A candidate of an earlier run with the same settings."""

    run_candidate_id: int
    benchmark_version: str
    server_versions: Mapping[str, str | None]

    def version_behind(self, row: Row[Any]) -> str | None:
        """Return the version of the server that gave this outcome; None where it is unknown."""
        if not row.reused:
            return self.server_versions.get(row.endpoint)
        versions = set(self.server_versions.values())
        return versions.pop() if len(versions) == 1 else None


def asking_of(store: Store, run_candidate_id: int) -> Asking:
    """Return how a stored candidate of a run asks.

    Raises:
        StoreError: no such candidate of a run.
    """
    query = (
        sa.select(
            run_candidate,
            run.c.seed,
            run.c.benchmark_version,
            benchmark.c.prompt_system,
            benchmark.c.prompt_template,
        )
        .join(run, run.c.id == run_candidate.c.run_id)
        .join(benchmark, _benchmark_of_run())
        .where(run_candidate.c.id == run_candidate_id)
    )
    with store.read() as connection:
        row = connection.execute(query).mappings().first()
    if row is None:
        raise StoreError(f"{store.shown_url} holds no candidate {run_candidate_id} of a run", "Was the run deleted?")
    return Asking(
        run_id=row["run_id"],
        seed=row["seed"],
        benchmark_version=row["benchmark_version"],
        prompt=PromptTemplate(system=row["prompt_system"], template=row["prompt_template"]),
        fingerprint=row["candidate_fingerprint"],
        digest=row["digest"],
        provider=row["provider"],
        server_versions=frozenset(version for version in _server_versions(row).values() if version is not None),
        options=row["options"],
    )


def _benchmark_of_run() -> sa.ColumnElement[bool]:
    return sa.and_(benchmark.c.version == run.c.benchmark_version, benchmark.c.name == run.c.benchmark_name)


def _server_versions(row: RowMapping) -> Mapping[str, str | None]:
    versions: Mapping[str, str | None] | None = row["details"].get(SERVER_VERSIONS)
    return versions or {row["endpoint_name"]: row["server_version"]}


def find_sources(store: Store, asking: Asking) -> tuple[Source, ...]:
    """Return the candidates of runs that were asked in the same way before, newest run first."""
    if asking.digest is None or not asking.server_versions:
        return ()
    columns = ("id", "options", "endpoint_name", "server_version", "details")
    query = (
        sa.select(*(run_candidate.c[name] for name in columns), run.c.benchmark_version)
        .join(run, run.c.id == run_candidate.c.run_id)
        .join(benchmark, _benchmark_of_run())
        .join(candidate, candidate.c.fingerprint == run_candidate.c.candidate_fingerprint)
        .where(
            run_candidate.c.candidate_fingerprint == asking.fingerprint,
            # A pipeline may read more of a benchmark than the case's question: other cases as examples.
            sa.or_(candidate.c.pipeline.is_(sa.null()), run.c.benchmark_version == asking.benchmark_version),
            run_candidate.c.digest == asking.digest,
            run_candidate.c.provider == asking.provider,
            # The seed of a generation is derived from the run's, its case and its repeat.
            run.c.seed == asking.seed,
            benchmark.c.prompt_system.is_not_distinct_from(asking.prompt.system),
            benchmark.c.prompt_template == asking.prompt.template,
        )
        .order_by(run.c.created_at.desc(), run_candidate.c.id.desc())
    )
    if asking.run_id is not None:
        query = query.where(run.c.id != asking.run_id)
    options = canonical_json(dict(asking.options))
    with store.read() as connection:
        rows = connection.execute(query).mappings().all()
    return tuple(
        Source(row["id"], row["benchmark_version"], _server_versions(row))
        for row in rows
        if canonical_json(row["options"]) == options
    )


def find_reusable(
    connection: Connection,
    asking: Asking,
    sources: Sequence[Source],
    items: Iterable[Item],
    questions: Mapping[str, Question] | None = None,
) -> dict[Item, int]:
    """Return the id of the newest reusable generation for each item that has one.

    Args:
        connection: In a read transaction.
        asking: What an answer must have been asked with.
        sources: Where to look, newest first.
        items: Items of a page of cases.
        questions: What their cases ask; None: as stored.
    """
    left = set(items)
    case_ids = sorted({case_id for case_id, _ in left})
    alike: dict[str, frozenset[str]] = {asking.benchmark_version: frozenset(case_ids)}
    generation_ids: dict[Item, int] = {}
    for start in range(0, len(sources), _SOURCES_AT_ONCE):
        if not left:
            break
        some = {source.run_candidate_id: source for source in sources[start : start + _SOURCES_AT_ONCE]}
        for version in {source.benchmark_version for source in some.values()} - set(alike):
            if questions is None:
                questions = _stored_questions(connection, asking.benchmark_version, case_ids)
            others = _stored_questions(connection, version, case_ids)
            alike[version] = frozenset(
                name for name, stored_question in others.items() if questions.get(name) == stored_question
            )
        for row in _newest_first(connection, list(some), sorted({case_id for case_id, _ in left})):
            item, source = (row.case_id, row.repeat), some[row.run_candidate_id]
            if item in left and row.case_id in alike[source.benchmark_version] and _serves(row, source, asking):
                generation_ids[item] = row.id
                left.remove(item)
    return generation_ids


def _newest_first(connection: Connection, run_candidate_ids: Sequence[int], case_ids: Sequence[str]) -> list[Row[Any]]:
    names = ("id", "run_candidate_id", "case_id", "repeat", "failure_kind", "seed", "endpoint", "reused", "finished_at")
    rows = connection.execute(
        sa.select(*(generation.c[name] for name in names)).where(
            generation.c.run_candidate_id.in_(run_candidate_ids), generation.c.case_id.in_(case_ids)
        )
    ).all()
    # Sorted here: asked of the database, it may leave the index of (candidate, case, repeat) for another.
    return sorted(rows, key=lambda row: (row.finished_at, not row.reused, row.id), reverse=True)


def _serves(row: Row[Any], source: Source, asking: Asking) -> bool:
    return (
        row.failure_kind is None
        and row.seed == derived_seed(asking.seed, row.case_id, row.repeat)
        and source.version_behind(row) in asking.server_versions
    )


def _stored_questions(connection: Connection, version: str, case_ids: Sequence[str]) -> dict[str, Question]:
    query = sa.select(benchmark_case.c.case_id, benchmark_case.c.content).where(
        benchmark_case.c.version == version, benchmark_case.c.case_id.in_(case_ids)
    )
    return {row.case_id: question(row.content) for row in connection.execute(query)}


def question(content: Mapping[str, Any]) -> Question:
    """Return what a case with that content asks, without the fields that only measure its answers."""
    return tuple(content[name] for name in ASKED)
