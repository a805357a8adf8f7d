"""The task that asks the servers of watched policies what they have now, and stores what has changed."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.errors import BenchwrightError
from evaluation.records.candidates import EndpointRecord
from evaluation.records.policies import Upgrade
from evaluation.requests.upgrade_request import UpgradeWatch
from evaluation.servers.asked_server import ServerState, ask_server
from evaluation.settings import Settings
from evaluation.store.session import Store, open_store
from evaluation.store.upgrades import decide_upgrade, list_upgrades, set_upgrade
from selection.policies.upgrade_watch import (
    TO_TEST,
    Watched,
    changes,
    gone,
    store_changes,
    watched_policies,
)
from tasks.store_calls import call_store
from tasks.upgrades.keeping import keep_for

WATCH = "upgrade watch"
"""Name of this work in the history of policies and upgrades."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a look found before anything is tested."""

    n_policies: int
    n_servers: int
    """Servers that answered."""
    away: tuple[str, ...]
    kept: tuple[str, ...]
    notes: tuple[str, ...]
    to_test: tuple[Upgrade, ...]


@task(name="look at servers", task_run_name="look at servers", cache_policy=NO_CACHE, persist_result=False)
async def look_at_servers(request: UpgradeWatch) -> Looked:
    """Store what has changed under policies, and return what is to be tested.

    Args:
        request: Which policies are looked at.
    """
    with await call_store(open_store, Settings().database) as store:
        watched = await call_store(watched_policies, store, request.policies)
        servers = {server.name: server for each in watched for some in each.servers.values() for server in some}
        states, away = await _ask(tuple(servers.values()))
        kept, problems = await _keep(store, [each for each in watched if _answer(each, states)])
        upgrades = await call_store(store_changes, store, changes(watched, states))
        if not request.policies:
            await call_store(_end_those_that_are_over, store, upgrades, states, watched)
        return Looked(
            n_policies=len(watched),
            n_servers=len(states),
            away=away,
            kept=kept,
            notes=tuple(dict.fromkeys((*gone(watched, states), *problems))),
            to_test=tuple(upgrade for upgrade in upgrades if upgrade.state in TO_TEST),
        )


async def _ask(servers: Sequence[EndpointRecord]) -> tuple[dict[str, ServerState], tuple[str, ...]]:
    """Return what each server that answers has, by its name, and a sentence on each of the others."""
    answers = await asyncio.gather(*(ask_server(server) for server in servers), return_exceptions=True)
    states: dict[str, ServerState] = {}
    away: list[str] = []
    for server, answer in zip(servers, answers, strict=True):
        if isinstance(answer, ServerState):
            states[server.name] = answer
        elif isinstance(answer, BenchwrightError):
            away.append(f"{server.name} does not answer, and nothing is concluded of it: {answer.message}")
        else:
            raise answer
    return states, tuple(away)


def _answer(watched: Watched, states: Mapping[str, ServerState]) -> bool:
    return all(server.name in states for some in watched.servers.values() for server in some)


async def _keep(store: Store, watched: Collection[Watched]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    made: list[str] = []
    problems: list[str] = []
    for each in watched:
        of_policy = await keep_for(store, each, by=WATCH)
        made += of_policy[0]
        problems += of_policy[1]
    return tuple(dict.fromkeys(made)), tuple(dict.fromkeys(problems))


def _end_those_that_are_over(
    store: Store, upgrades: Collection[Upgrade], states: Mapping[str, ServerState], watched: Collection[Watched]
) -> None:
    """Decline what nobody has decided on and is no longer so: the server has something else, or no policy uses it."""
    seen = {upgrade.upgrade_id for upgrade in upgrades}
    servers = {server.name for each in watched for some in each.servers.values() for server in some}
    for upgrade in list_upgrades(store, is_open=True):
        # Of a server that does not answer nothing is known.
        is_judged = upgrade.endpoint in states or upgrade.endpoint not in servers
        if upgrade.upgrade_id not in seen and is_judged:
            details = {**upgrade.details, "reason": "it is over: the server has something else, or no policy uses it"}
            set_upgrade(store, upgrade.upgrade_id, details=details)
            decide_upgrade(store, upgrade.upgrade_id, accepted=False, by=WATCH)
