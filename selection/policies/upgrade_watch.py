"""What policies that watch upgrades use, and what has changed on the servers since it was measured."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from evaluation.candidate import Candidate
from evaluation.model_info import ModelInfo
from evaluation.providers.model_names import find_model
from evaluation.records.candidates import EndpointRecord
from evaluation.records.policies import Policy, Upgrade
from evaluation.records.runs import SERVER_VERSIONS, RunRecord
from evaluation.servers.asked_server import ServerState
from evaluation.store.deciding_runs import deciding_runs
from evaluation.store.models import list_models
from evaluation.store.policies import list_policies, load_policy
from evaluation.store.registry import find_candidate, find_endpoint
from evaluation.store.selectable_candidates import last_places
from evaluation.store.session import Store
from evaluation.store.upgrades import save_upgrade, set_upgrade, tested_runs

WEIGHTS, SERVER = "weights", "server"
TO_TEST = ("found", "testing", "failed")
"""States of upgrades that a look tests."""
Place = tuple[str, str]
"""A model and the name of a server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A policy with what its candidate depends on."""

    policy: Policy
    candidate: Candidate
    digests: Mapping[str, str | None]
    """Weights of its model, and of the others that its pipeline asks, by name."""
    servers: Mapping[str, tuple[EndpointRecord, ...]]
    """Servers of each model."""
    runs: tuple[RunRecord, ...]
    """The runs that decided for it: one of each benchmark of its task."""

    def version_on(self, endpoint: str) -> str | None:
        """Return the version of a server in the newest of these runs; None where it was not asked or did not say."""
        for run in sorted(self.runs, key=lambda each: each.created_at, reverse=True):
            for run_candidate in run.candidates:
                if run_candidate.plan.candidate_fingerprint != self.policy.candidate_key:
                    continue
                versions = run_candidate.plan.details.get(SERVER_VERSIONS) or {
                    run_candidate.plan.endpoint_name: run_candidate.plan.server_version
                }
                if versions.get(endpoint):
                    return str(versions[endpoint])
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A change on a server under what policies use."""

    kind: str
    """`weights` or `server`."""
    endpoint: str
    model: str
    asked_as: str | None
    """Name under which the server has the weights to test; None where it no longer has them."""
    before: str
    after: str
    policy_ids: tuple[str, ...]


def watched_policies(store: Store, names: Collection[str] = ()) -> tuple[Watched, ...]:
    """Return the policies in use that watch upgrades.

    Args:
        store: Where they are.
        names: Their names; empty: all of them.

    Raises:
        UnknownNameError: there is no policy of such a name.
    """
    policies = [load_policy(store, name) for name in names] or list_policies(store)
    watching = [policy for policy in policies if policy.watches_upgrades and policy.ended_at is None]
    watched = (watched_policy(store, policy) for policy in watching)
    return tuple(each for each in watched if each is not None)


def watched_policy(store: Store, policy: Policy) -> Watched | None:
    """Return a policy with what its candidate depends on; None for a candidate that is known from an import alone."""
    candidate = find_candidate(store, policy.candidate_key)
    if candidate is None:
        return None
    digests = {candidate.model: candidate.digest, **({} if candidate.pipeline is None else candidate.pipeline.models)}
    return Watched(
        policy=policy,
        candidate=candidate,
        digests=digests,
        servers=_servers(store, policy.candidate_key, candidate, digests),
        runs=deciding_runs(store, policy.candidate_key, task=policy.task, without=tested_runs(store)),
    )


def _servers(
    store: Store, key: str, candidate: Candidate, digests: Mapping[str, str | None]
) -> dict[str, tuple[EndpointRecord, ...]]:
    """Return the servers of each model: where the candidate was asked, and of the others where they were seen."""
    own = {
        place.name: find_endpoint(store, place.name)
        or EndpointRecord(name=place.name, url=place.url, provider=place.provider)
        for place in last_places(store, key)
        if place.url is not None
    }
    servers = {candidate.model: tuple(own.values())}
    seen = list_models(store, include_retired=True)
    for name in digests:
        if name in servers:
            continue
        names = dict.fromkeys(record.endpoint_name for record in seen if record.name == name and record.endpoint_name)
        stored = {each: own.get(each) or find_endpoint(store, each) for each in names}
        servers[name] = tuple(endpoint for endpoint in stored.values() if endpoint is not None)
    return servers


def changes(watched: Collection[Watched], states: Mapping[str, ServerState]) -> tuple[Changed, ...]:
    """Return what has changed on the servers that answered, each change once.

    Args:
        watched: The policies.
        states: What servers have now, by name.
    """
    merged: dict[tuple[str, str, str, str, str], Changed] = {}
    for each in watched:
        for change in _changes_of(each, states):
            place = (change.kind, change.endpoint, change.model, change.before, change.after)
            earlier = merged.get(place)
            ids = (*(earlier.policy_ids if earlier else ()), *change.policy_ids)
            merged[place] = Changed(
                kind=change.kind,
                endpoint=change.endpoint,
                model=change.model,
                before=change.before,
                after=change.after,
                policy_ids=tuple(sorted(set(ids))),
                asked_as=change.asked_as,
            )
    return tuple(merged.values())


def _changes_of(watched: Watched, states: Mapping[str, ServerState]) -> Iterator[Changed]:
    for model, endpoint in _places(watched):
        state = states.get(endpoint)
        if state is None:
            continue
        digest, here = watched.digests[model], find_model(state.models, model)
        ids = (watched.policy.policy_id,)
        if here is not None and here.digest and digest and here.digest != digest:
            yield Changed(
                kind=WEIGHTS,
                endpoint=endpoint,
                model=model,
                before=digest,
                after=here.digest,
                policy_ids=ids,
                asked_as=here.name if model == watched.candidate.model else watched.candidate.model,
            )
        before = watched.version_on(endpoint)
        if model == watched.candidate.model and before and state.version and before != state.version:
            yield Changed(
                kind=SERVER,
                endpoint=endpoint,
                model=model,
                before=before,
                after=state.version,
                policy_ids=ids,
                asked_as=_name_of(state.models, model, digest),
            )


def _places(watched: Watched) -> Iterator[Place]:
    for model, servers in watched.servers.items():
        for server in servers:
            yield model, server.name


def _name_of(models: tuple[ModelInfo, ...], model: str, digest: str | None) -> str | None:
    """Return the name under which a server has a model's weights: its own, or another."""
    here = find_model(models, model)
    if here is not None and (digest is None or here.digest in (None, digest)):
        return here.name
    return next((each.name for each in models if digest and each.digest == digest), None)


def gone(watched: Collection[Watched], states: Mapping[str, ServerState]) -> tuple[str, ...]:
    """Return a sentence for each model that a server no longer has."""
    sentences = (
        f"{endpoint} no longer has {model}, which the policy {each.policy.name!r} uses"
        for each in watched
        for model, endpoint in _places(each)
        if endpoint in states and find_model(states[endpoint].models, model) is None
    )
    return tuple(dict.fromkeys(sentences))


def store_changes(store: Store, changed: Collection[Changed]) -> tuple[Upgrade, ...]:
    """Store changes, each once, and return them as upgrades, earlier ones with what came of them."""
    upgrades = []
    for change in changed:
        upgrade, _ = save_upgrade(
            store,
            kind=change.kind,
            endpoint=change.endpoint,
            model=change.model,
            before=change.before,
            after=change.after,
            policy_ids=change.policy_ids,
        )
        if upgrade.state in TO_TEST and upgrade.details.get("asked_as") != change.asked_as:
            details = {**upgrade.details, "asked_as": change.asked_as}
            upgrade = set_upgrade(store, upgrade.upgrade_id, details=details)
        upgrades.append(upgrade)
    return tuple(upgrades)


def note_pull(store: Store, endpoint: str, models: tuple[ModelInfo, ...]) -> tuple[Upgrade, ...]:
    """Store that a pull changed weights which watched policies use; the next look tests them.

    Args:
        store: Where the policies are.
        endpoint: Name of the server.
        models: What was pulled.
    """
    state = ServerState(version=None, models=models)
    return store_changes(store, changes(watched_policies(store), {endpoint: state}))
