"""Keeping the weights of policies under other names, and removing these names."""

import asyncio
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from evaluation.errors import BenchwrightError
from evaluation.records.candidates import EndpointRecord
from evaluation.records.policies import Policy
from evaluation.servers.asked_server import connect_to
from evaluation.servers.kept_weights import keep_weights, release_weights
from evaluation.store.policies import list_changes, note_change
from evaluation.store.registry import find_endpoint
from evaluation.store.session import Store
from selection.policies.upgrade_decisions import KEPT
from selection.policies.upgrade_watch import Watched, watched_policy

T = TypeVar("T")


async def keep_for(store: Store, watched: Watched, *, by: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Have the servers of a policy keep its weights; return the names that were made, and why others were not.

    Both are noted among the changes of the policy.

    Args:
        store: Where the policy is.
        watched: The policy, with what it depends on.
        by: Who has it done.
    """
    made: list[str] = []
    problems: list[str] = []
    for model, digest in watched.digests.items():
        for server in watched.servers[model] if digest is not None else ():
            name, problem = await _kept(server, model, str(digest))
            details = {"endpoint": server.name, "model": model, "digest": digest}
            if name is not None:
                made.append(f"{name} on {server.name}")
                _note(store, watched.policy, {**details, "name": name}, by=by)
            if problem is not None:
                problems.append(problem)
                _note(store, watched.policy, {**details, "problem": problem}, by=by)
    return tuple(made), tuple(problems)


async def _kept(server: EndpointRecord, model: str, digest: str) -> tuple[str | None, str | None]:
    try:
        async with await connect_to(server) as provider:
            return await keep_weights(provider, model, digest)
    except BenchwrightError as error:
        return None, f"{model} is not kept: {server.name}: {error.message}"


def _note(store: Store, policy: Policy, details: dict[str, Any], *, by: str) -> None:
    earlier = [change.details for change in list_changes(store, policy.policy_id) if change.kind == KEPT]
    if details not in earlier:
        note_change(store, policy.policy_id, KEPT, by=by, details=details)


def keep_policy(store: Store, policy: Policy, *, by: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Do what `keep_for` does for a policy that watches upgrades; nothing for one that does not."""
    watched = watched_policy(store, policy) if policy.watches_upgrades else None
    return ((), ()) if watched is None else in_a_loop(keep_for(store, watched, by=by))


async def release(store: Store, names: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Remove names from their servers; return a sentence on each.

    Args:
        store: Where the servers are.
        names: Names that `keep_weights` made, each with the name of its server.
    """
    return tuple([await _released(store, name, server) for name, server in names])


async def _released(store: Store, name: str, server: str) -> str:
    endpoint = find_endpoint(store, server) or EndpointRecord(name=server, url=server)
    try:
        async with await connect_to(endpoint) as provider:
            was_there = await release_weights(provider, name)
    except BenchwrightError as error:
        return f"{name} stays on {server}: {error.message}"
    return f"removed {name} from {server}" if was_there else f"{server} no longer has {name}"


def in_a_loop(work: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine returns, run in a thread of its own: the caller's may run an event loop already."""
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(asyncio.run, work).result()
