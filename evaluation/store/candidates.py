"""Which candidates and prompt profiles are known?"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from evaluation.candidate import Candidate, PromptProfile, WorkedExample
from evaluation.store.session import Store
from evaluation.store.statements import now, upsert
from evaluation.store.tables import candidate, profile

_PROFILE = (profile.c.name, profile.c.system, profile.c.template, profile.c.examples)


def save_profile(store: Store, saved: PromptProfile) -> str:
    """Return the hash of the profile, which from now on is what its name means."""
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
    """Return what a profile's name means now."""
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
    """Return the fingerprint of the candidate, stored once.

    Its profile is kept too, without becoming what its name means.
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
        "created_at": now(),
    }
    with store.write() as connection:
        upsert(connection, profile, [{**_profile_row(saved.profile), "saved_at": None}], key=["hash", "name"])
        upsert(connection, candidate, [row], key=["fingerprint"])
    return saved.fingerprint


def find_candidate(store: Store, fingerprint: str) -> Candidate | None:
    """Return the candidate of that fingerprint, with its profile."""
    same_profile = sa.and_(profile.c.hash == candidate.c.profile_hash, profile.c.name == candidate.c.profile_name)
    query = (
        sa.select(candidate, profile.c.name, profile.c.system, profile.c.template, profile.c.examples)
        .join(profile, same_profile)
        .where(candidate.c.fingerprint == fingerprint)
    )
    with store.read() as connection:
        row = connection.execute(query).mappings().first()
    if row is None:
        return None
    return Candidate(
        model=row["model"],
        digest=row["digest"],
        options=row["options"],
        profile=_profile(row),
        think=row["think"],
        endpoint_identity=row["endpoint_identity"],
    )


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
    return PromptProfile(
        name=row["name"],
        system=row["system"],
        template=row["template"],
        examples=tuple(WorkedExample(prompt=prompt, answer=answer) for prompt, answer in row["examples"]),
    )
