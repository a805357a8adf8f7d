"""What a gateway keeps does not grow with its calls, whoever sends them and whatever they hold."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import httpx
import pytest
from gateways import OLLAMA, TASK, Behind, gateway_over

from deployments.api.figures import Figures
from deployments.api.rates import MOST_REMEMBERED, Rates
from deployments.gateway import directory
from deployments.gateway.budgets import Budgets, Owner
from deployments.gateway.directory import Directory
from deployments.gateway.gateway_settings import GatewaySettings
from evaluation.records.candidates import EndpointRecord
from evaluation.records.policies import Budget, Spending, TrialMode
from evaluation.store.registry import save_endpoint
from evaluation.store.session import Store
from evaluation.store.totals import store_totals
from selection.policies.definition import create_policy
from selection.policies.trials import start_trial, stop_trial
from selection.preferences import Question

MESSAGES = [{"role": "user", "content": "hello"}]


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def behind(store: Store) -> Iterator[Behind]:
    with gateway_over(store) as gateway:
        yield gateway


def test_a_model_has_one_name_in_figures_and_records_however_clients_spell_it(behind: Behind) -> None:
    spellings = ["".join(letters) for letters in product("sS", "mM", "aA")]
    for spelling in spellings:
        body = {"model": f"{spelling}ll:1b", "messages": MESSAGES, "stream": False}
        httpx.post(f"{behind.url}/api/chat", json=body)  # Whether the server takes it is the server's affair.

    calls = behind.recorded(len(spellings))

    figures = Figures(lambda: store_totals(behind.store))
    for call in behind.finished:
        figures.count_call(call)
    assert {"small:1b"} == {call.candidate for call in calls} == {call.candidate for call in behind.finished}
    samples = [sample for family in figures.gateway_calls.collect() for sample in family.samples]
    assert {"small:1b"} == {sample.labels["candidate"] for sample in samples}


def test_names_that_no_server_has_leave_nothing(behind: Behind) -> None:
    for number in range(20):
        body = {"model": f"no-{number}", "messages": MESSAGES, "stream": False}
        assert 404 == httpx.post(f"{behind.url}/api/chat", json=body).status_code

    behind.recorded(20)

    assert {""} == {call.candidate for call in behind.finished}


def test_tasks_that_were_not_measured_leave_nothing(behind: Behind) -> None:
    for number in range(20):
        body = {"model": f"auto:t{number}", "messages": MESSAGES, "stream": False}
        assert 400 == httpx.post(f"{behind.url}/api/chat", json=body).status_code

    planner = behind.gateway._planner
    assert {} == planner._candidates == planner._pipelines._measured


def test_accounts_of_earlier_days_are_dropped(store: Store) -> None:
    async def count() -> set[Owner]:
        now = datetime(2026, 1, 1, tzinfo=UTC)
        budgets, budget = Budgets(store, lambda: 0, now=lambda: now), Budget(tokens=100)
        owners = [Owner(key_id=f"k{number}") for number in range(10)]
        for owner in owners:
            await budgets.reached(owner, budget)
        budgets.start(owners[3])  # A call that goes on over midnight.
        now += timedelta(days=1)
        await budgets.reached(owners[0], budget)
        left = set(budgets._accounts)
        budgets.end(owners[3], Spending(n_calls=1, tokens=1))
        now += timedelta(days=1)
        await budgets.reached(owners[0], budget)
        assert {owners[0]} == set(budgets._accounts)
        return left

    assert {Owner(key_id="k0"), Owner(key_id="k3")} == asyncio.run(count())


def test_endpoints_that_change_are_replaced_and_their_connections_closed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "ENDPOINTS_AGE_S", 0.0)
    monkeypatch.setattr(directory, "RETIRED_S", 0.0)
    here, beside = (
        EndpointRecord(name=name, url=f"http://127.0.0.1:{port}", provider=OLLAMA, gpu_tag="one")
        for name, port in (("here", 1), ("beside", 2))
    )
    save_endpoint(store, beside)

    async def changed() -> None:
        servers = Directory(store, endpoints=(), embedded_url=None, settings=GatewaySettings())
        for slots in range(1, 20):
            save_endpoint(store, replace(here, slots=slots))
            known = await servers.upstreams()
            assert {"here", "beside"} == {each.name for each in known}
            assert 2 == len(servers.known)
        await servers.upstreams()
        assert [] == servers._retired
        assert [1, 1] == [len(each.on_one_gpu) for each in servers.known]
        await servers.close()

    asyncio.run(changed())


def test_a_server_that_was_removed_is_closed_once_its_calls_are_over(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "ENDPOINTS_AGE_S", 0.0)
    monkeypatch.setattr(directory, "RETIRED_S", 0.0)
    record = EndpointRecord(name="here", url="http://127.0.0.1:1", provider=OLLAMA, slots=1)

    async def removed() -> None:
        save_endpoint(store, record)
        servers = Directory(store, endpoints=(), embedded_url=None, settings=GatewaySettings())
        (before,) = await servers.upstreams()
        with before.asked("small:1b"):
            save_endpoint(store, replace(record, slots=2))
            await servers.upstreams()
            assert before in [each for each, _ in servers._retired]
        await servers.upstreams()
        assert [] == servers._retired
        await servers.close()

    asyncio.run(removed())


def test_trials_that_are_over_are_no_longer_watched(behind: Behind) -> None:
    create_policy(behind.store, "fast", Question(task=TASK), candidate="small:1b profile=brief", by="test")
    watch = behind.gateway._trials
    for _ in range(3):
        start_trial(
            behind.store, "fast", challenger="large:1b profile=brief", mode=TrialMode.EXPLORE, share=0.5, by="test"
        )
        watch._look()
        assert 1 == len(watch._seen)
        stop_trial(behind.store, "fast", by="test")
    watch._look()

    assert {} == watch._seen


def test_a_high_rate_is_counted_and_a_low_one_remembered() -> None:
    counted, remembered = Rates(), Rates()
    for _ in range(50):
        assert counted.wait_s("key", f"{MOST_REMEMBERED + 1}/day") is None
        assert remembered.wait_s("key", "50/day") is None

    assert counted.n_kept <= 2
    assert 50 == remembered.n_kept
    assert 0 < (remembered.wait_s("key", "50/day") or 0) <= 86_400
