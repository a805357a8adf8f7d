"""Models, profiles, candidates and endpoints: each stored once, found by what it is."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from evaluation.candidate import Candidate, PipelineChoice, PromptProfile, WorkedExample
from evaluation.errors import UnknownNameError
from evaluation.records.candidates import EndpointRecord
from evaluation.store.record_rows import record_of
from evaluation.store.session import Store
from evaluation.store.statements import now, upsert
from evaluation.store.tables import candidate, endpoint, profile

_PROFILE = (profile.c.name, profile.c.system, profile.c.template, profile.c.examples)


def save_profile(store: Store, saved: PromptProfile) -> str:
    """Store a profile, to which its name refers from now on, and return its hash."""
    row = {**_profile_row(saved), "saved_at": now()}
    with store.write() as connection:
        upsert(connection, profile, [row], key=["hash", "name"], update=["saved_at"])
    return saved.hash


def list_profiles(store: Store) -> tuple[PromptProfile, ...]:
    """Return the newest profile of each name, by name."""
    query = sa.select(*_PROFILE).where(profile.c.saved_at.is_not(None)).order_by(profile.c.name, profile.c.saved_at)
    with store.read() as connection:
        newest = {row["name"]: _profile(row) for row in connection.execute(query).mappings()}
    return tuple(newest.values())


def find_profile(store: Store, name: str) -> PromptProfile | None:
    """Return the profile to which a name refers now."""
    query = (
        sa.select(*_PROFILE)
        .where(profile.c.name == name, profile.c.saved_at.is_not(None))
        .order_by(profile.c.saved_at.desc(), profile.c.id.desc())
        .limit(1)
    )
    with store.read() as connection:
        row = connection.execute(query).mappings().first()
    return None if row is None else _profile(row)


def save_candidate(store: Store, saved: Candidate) -> str:
    """Store a candidate once and return its fingerprint.

    Its profile is stored too, but its name does not come to refer to it.
    """
    row = {
        "fingerprint": saved.fingerprint,
        "model": saved.model,
        "digest": saved.digest,
        "options": dict(saved.options),
        "profile_hash": saved.profile.hash,
        "profile_name": saved.profile.name,
        "think": saved.think,
        "endpoint_identity": saved.endpoint_identity,
        "pipeline": None if saved.pipeline is None else asdict(saved.pipeline),
        "created_at": now(),
    }
    with store.write() as connection:
        upsert(connection, profile, [{**_profile_row(saved.profile), "saved_at": None}], key=["hash", "name"])
        upsert(connection, candidate, [row], key=["fingerprint"])
    return saved.fingerprint


def find_candidate(store: Store, fingerprint: str) -> Candidate | None:
    """Return the candidate of that fingerprint, with its profile."""
    with store.read() as connection:
        return select_candidates(connection, [fingerprint]).get(fingerprint)


def find_candidates(store: Store, fingerprints: Collection[str]) -> dict[str, Candidate]:
    """Return the candidates of these fingerprints, with their profiles; those that are not stored are left out."""
    with store.read() as connection:
        return select_candidates(connection, fingerprints)


def select_candidates(connection: Connection, fingerprints: Collection[str]) -> dict[str, Candidate]:
    """Return the stored candidates of these fingerprints, with their profiles, by fingerprint."""
    same_profile = sa.and_(profile.c.hash == candidate.c.profile_hash, profile.c.name == candidate.c.profile_name)
    query = (
        sa.select(candidate, profile.c.name, profile.c.system, profile.c.template, profile.c.examples)
        .join(profile, same_profile)
        .where(candidate.c.fingerprint.in_(sorted(fingerprints)))
    )
    return {row["fingerprint"]: _candidate(row) for row in connection.execute(query).mappings()}


def _candidate(row: RowMapping) -> Candidate:
    pipeline = None if row["pipeline"] is None else PipelineChoice(**row["pipeline"])
    return record_of(Candidate, row, profile=_profile(row), pipeline=pipeline)


def _profile_row(saved: PromptProfile) -> dict[str, Any]:
    return {
        "hash": saved.hash,
        "name": saved.name,
        "system": saved.system,
        "template": saved.template,
        "examples": [[example.prompt, example.answer] for example in saved.examples],
        "created_at": now(),
    }


def _profile(row: RowMapping) -> PromptProfile:
    examples = tuple(WorkedExample(prompt=prompt, answer=answer) for prompt, answer in row["examples"])
    return record_of(PromptProfile, row, examples=examples)


_COLUMNS = tuple(field.name for field in fields(EndpointRecord))


def save_endpoint(store: Store, record: EndpointRecord) -> None:
    """Add an endpoint, or replace the one of the same name."""
    row = {**asdict(record), "created_at": now(), "removed_at": None}
    with store.write() as connection:
        upsert(connection, endpoint, [row], key=["name"], update=[*_COLUMNS[1:], "removed_at"])


def set_limit_pending(store: Store, names: Sequence[str], *, pending: bool) -> None:
    """Record whether Prefect still has to be told of the endpoints' slots."""
    with store.write() as connection:
        connection.execute(sa.update(endpoint).where(endpoint.c.name.in_(names)).values(limit_pending=pending))


def list_endpoints(store: Store) -> tuple[EndpointRecord, ...]:
    """Return the endpoints that were not removed, by name."""
    columns = [endpoint.c[name] for name in _COLUMNS]
    with store.read() as connection:
        rows = connection.execute(
            sa.select(*columns).where(endpoint.c.removed_at.is_(None)).order_by(endpoint.c.name)
        ).mappings()
        return tuple(EndpointRecord(**row) for row in rows)


def find_endpoint(store: Store, name_or_url: str) -> EndpointRecord | None:
    """Return the endpoint of that name, else of that URL (a trailing slash makes no difference)."""
    records = list_endpoints(store)
    by_name = (record for record in records if record.name == name_or_url)
    by_url = (record for record in records if record.url.rstrip("/") == name_or_url.rstrip("/"))
    return next(by_name, None) or next(by_url, None)


def remove_endpoint(store: Store, name: str) -> None:
    """Remove an endpoint; runs made on it keep its name.

    Raises:
        UnknownNameError: no such endpoint.
    """
    with store.write() as connection:
        removed = connection.execute(
            sa.update(endpoint).where(endpoint.c.name == name, endpoint.c.removed_at.is_(None)).values(removed_at=now())
        )
    if not removed.rowcount:
        names = [record.name for record in list_endpoints(store)]
        raise UnknownNameError("endpoint", name, names, "See `benchwright endpoints list`")
