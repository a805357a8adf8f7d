"""Candidates that were evaluated, the facts known about them, and which can be called now."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from evaluation.candidate import Candidate, PipelineChoice, PromptProfile
from evaluation.records.evidence import Choosable, Place
from evaluation.records.loaded_memory import LoadedMemory
from evaluation.store.loaded_memory import loaded_memory
from evaluation.store.session import Store
from evaluation.store.tables import candidate, endpoint, model, profile, run_candidate

IMPORTED = "imported:"
"""Prefix of the key of an imported candidate, followed by its name."""
_N_DIGITS = 7
_EMBEDDED = "embedded"
"""Name of the server that is started on demand; no other has this name."""


def choosables(connection: Connection) -> dict[str, Choosable]:
    """Return every candidate that a run asked, by its key; labels are not unique yet."""
    versions = _versions(connection)
    servers = {row.name: row for row in connection.execute(sa.select(endpoint)).all()}
    last_places, loaded = _last_asked(connection), loaded_memory(connection)
    columns = (profile.c.system, profile.c.template, profile.c.examples)
    own = sa.and_(profile.c.hash == candidate.c.profile_hash, profile.c.name == candidate.c.profile_name)
    query = sa.select(candidate, *columns).join(profile, own)
    rows = connection.execute(query).mappings()
    candidates = {
        row["fingerprint"]: _choosable(row, versions, servers, last_places[row["fingerprint"]])
        for row in rows
        if row["fingerprint"] in last_places
    }
    return {key: _with_memory(choosable, loaded.get(key), versions) for key, choosable in candidates.items()}


def _with_memory(
    choosable: Choosable, seen: LoadedMemory | None, versions: Mapping[str, Sequence[RowMapping]]
) -> Choosable:
    """Return the candidate with the memory of its model, and of all others that its pipeline asks.

    Latencies are without loading, so that whoever relies on them has all of its models in memory.
    """
    own = choosable.memory_bytes if seen is None else seen.size_bytes
    models = {} if choosable.pipeline is None else choosable.pipeline.models
    sizes = [own, *(_bytes(_same(versions.get(name, ()), digest)) for name, digest in models.items())]
    complete = [size for size in sizes if size is not None]
    return replace(
        choosable,
        memory_bytes=sum(complete) if len(complete) == len(sizes) else None,
        memory_is_measured=seen is not None and not models,
        memory_context=None if seen is None else seen.context_length or _asked_context(choosable.options),
    )


def _asked_context(options: Mapping[str, Any]) -> int | None:
    """Return the context length that was asked for, where the server did not say for which it loaded the model."""
    num_ctx = options.get("num_ctx")
    return num_ctx if isinstance(num_ctx, int) else None


def find_choosable(store: Store, key: str) -> Choosable | None:
    """Return an evaluated candidate with everything that it takes to call it; None if no run asked it."""
    with store.read() as connection:
        return choosables(connection).get(key)


def unique_label(store: Store, key: str) -> str | None:
    """Return an evaluated candidate's label, told apart from those of all others; None if no run asked it."""
    with store.read() as connection:
        everyone = labelled_apart(tuple(choosables(connection).values()))
    return next((each.label for each in everyone if each.key == key), None)


def last_places(store: Store, key: str) -> tuple[Place, ...]:
    """Return the servers on which a candidate was asked, whatever the name of its model means there by now.

    Empty where no run asked it, or its model is retired.
    """
    with store.read() as connection:
        places = _last_asked(connection).get(key, {})
        servers = {row.name: row for row in connection.execute(sa.select(endpoint)).all()}
        of_candidate = sa.and_(candidate.c.fingerprint == key, model.c.name == candidate.c.model)
        retired = sa.select(model.c.id).join(candidate, of_candidate).where(model.c.retired_at.is_not(None))
        is_retired = connection.execute(retired.limit(1)).first() is not None
    return () if is_retired else tuple(place for name in places for place in _place(name, servers, places))


def last_provider(store: Store, key: str) -> str | None:
    """Return the protocol by which a candidate was asked last; None if no run asked it.

    Servers that are probed each time have none of their own.
    """
    query = (
        sa.select(run_candidate.c.provider)
        .where(run_candidate.c.candidate_fingerprint == key)
        .order_by(run_candidate.c.id.desc())
        .limit(1)
    )
    with store.read() as connection:
        provider: str | None = connection.execute(query).scalar()
    return provider


def imported(name: str, memory_bytes: float | None = None) -> Choosable:
    """Return a candidate that is known from imports alone, whatever its name looks like."""
    return Choosable(key=f"{IMPORTED}{name}", label=name, model=name, memory_bytes=memory_bytes)


def labelled_apart(candidates: Sequence[Choosable]) -> tuple[Choosable, ...]:
    """Return the candidates with unique labels: told apart by weights, else by what is imported, else by key."""
    labels = [choosable.label for choosable in candidates]
    for name in (_with_weights, _with_key):
        n_alike = Counter(labels)
        labels = [
            name(choosable, label) if n_alike[label] > 1 else label
            for choosable, label in zip(candidates, labels, strict=True)
        ]
    return tuple(replace(choosable, label=label) for choosable, label in zip(candidates, labels, strict=True))


def _with_weights(choosable: Choosable, label: str) -> str:
    if choosable.key.startswith(IMPORTED):
        return f"{label} (imported)"
    return f"{label}@{_short(choosable.digest)}" if choosable.digest else label


def _with_key(choosable: Choosable, label: str) -> str:
    return f"{label} #{choosable.key.removeprefix(IMPORTED)[:_N_DIGITS]}"


def _short(digest: str | None) -> str:
    return "unknown weights" if digest is None else digest.removeprefix("sha256:")[:_N_DIGITS]


_MODEL = ("name", "digest", "endpoint_name", "n_parameters", "size_bytes", "capabilities", "is_current", "retired_at")


def _versions(connection: Connection) -> dict[str, list[RowMapping]]:
    """Return what is known of each model, by name; current versions first, then those seen last."""
    order = (model.c.is_current.desc(), model.c.last_seen.desc(), model.c.id.desc())
    versions: defaultdict[str, list[RowMapping]] = defaultdict(list)
    for row in connection.execute(sa.select(*(model.c[name] for name in _MODEL)).order_by(*order)).mappings():
        versions[row["name"]].append(row)
    return versions


def _last_asked(connection: Connection) -> dict[str, dict[str, Place]]:
    """Return the servers on which each candidate was asked, with last address, by candidate key and server name."""
    columns = [run_candidate.c[name] for name in ("candidate_fingerprint", "endpoint_name", "endpoint_url", "provider")]
    newest = sa.func.max(run_candidate.c.id)
    query = sa.select(*columns, newest).group_by(*columns).order_by(newest)
    places: defaultdict[str, dict[str, Place]] = defaultdict(dict)
    for key, name, url, provider, _ in connection.execute(query):
        places[key][name] = Place(name=name, url=None if name == _EMBEDDED else url, provider=provider)
    return places


def _choosable(
    row: RowMapping,
    versions: Mapping[str, Sequence[RowMapping]],
    servers: Mapping[str, Any],
    last_places: Mapping[str, Place],
) -> Choosable:
    examples = tuple((prompt, answer) for prompt, answer in row["examples"])
    same = _same(versions.get(row["model"], ()), row["digest"])
    newest = next(iter(same), None)
    pipeline = _pipeline(row)
    places, not_ready = _places(row["model"], row["digest"], versions, servers, last_places)
    for name, digest in ({} if pipeline is None else pipeline.models).items():
        not_ready = not_ready or _places(name, digest, versions, servers, last_places)[1]
    return Choosable(
        key=row["fingerprint"],
        label=_label(row),
        model=row["model"],
        digest=row["digest"],
        options=row["options"],
        system=row["system"],
        template=row["template"],
        examples=examples,
        profile=row["profile_name"],
        think=row["think"],
        pipeline=pipeline,
        places=places if not_ready is None else (),
        capabilities=frozenset(newest["capabilities"]) if newest else frozenset(),
        n_parameters=newest["n_parameters"] if newest else None,
        memory_bytes=_bytes(same),
        not_ready=not_ready,
    )


def _label(row: RowMapping) -> str:
    named = PromptProfile(name=row["profile_name"])
    return Candidate(
        model=row["model"],
        digest=row["digest"],
        options=row["options"],
        profile=named,
        think=row["think"],
        pipeline=_pipeline(row),
    ).label


def _pipeline(row: RowMapping) -> PipelineChoice | None:
    return None if row["pipeline"] is None else PipelineChoice(**row["pipeline"])


def _same(versions: Sequence[RowMapping], digest: str | None) -> list[RowMapping]:
    return [version for version in versions if version["digest"] == digest]


def _bytes(versions: Sequence[RowMapping]) -> float | None:
    sizes = [version["size_bytes"] for version in versions if version["size_bytes"]]
    return float(sizes[0]) if sizes else None


def _places(
    name: str,
    digest: str | None,
    all_versions: Mapping[str, Sequence[RowMapping]],
    servers: Mapping[str, Any],
    last_places: Mapping[str, Place],
) -> tuple[tuple[Place, ...], str | None]:
    """Return where a candidate's model can be called now, and the reason where it cannot."""
    versions = all_versions.get(name, ())
    if any(version["retired_at"] is not None for version in versions):
        return (), f"{name} is retired; `benchwright models register {name}` brings it back"
    current = [version for version in versions if version["is_current"] and version["endpoint_name"] is not None]
    here = [version["endpoint_name"] for version in current if version["digest"] == digest]
    if current and not here:
        others = ", ".join(sorted({_short(version["digest"]) for version in current}))
        return (), f"{name} holds other weights now ({others}, not {_short(digest)}): evaluate it again"
    names = list(dict.fromkeys([*here, *([] if current else last_places)]))
    if digest is None:  # one's weights are not known by name alone, so only its own server has them
        names = [endpoint_name for endpoint_name in names if endpoint_name in last_places]
    places = tuple(place for endpoint_name in names for place in _place(endpoint_name, servers, last_places))
    if names and not places:
        return (), f"no server is known any more that has {name}: `benchwright endpoints add` its server"
    return places, None


def _place(name: str, servers: Mapping[str, Any], last_places: Mapping[str, Place]) -> Iterator[Place]:
    if name in servers:
        server = servers[name]
        if server.removed_at is None:
            yield Place(name=name, url=server.url, provider=server.provider)
    elif name in last_places:
        yield last_places[name]
