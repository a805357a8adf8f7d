"""A flow run that finds its database and its servers in blocks, and lets no secret of theirs out."""

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from looking_back import only_run, outcomes
from patient_client import patient_client
from prefect.client.orchestration import get_client
from pydantic import SecretStr
from scripted_ollama import ScriptedOllama

from evaluation.errors import ConfigurationError
from evaluation.requests.prices import PRICE
from evaluation.store.plans import find_invocation
from evaluation.store.registry import find_endpoint, save_endpoint
from evaluation.store.session import Store
from evaluation.store.tables import METADATA
from tasks.block_names import USUAL
from tasks.blocks import EndpointPool, ModelPrice, PoolServer, Prices, ResultsDatabase, key_variable

Evaluate = Callable[..., Any]
PASSWORD, KEY = "pass-s3cret-word", "sk-s3cret-key"


@pytest.fixture
def save(prefect_api: str) -> Iterator[Callable[..., None]]:
    """Saves a block on the test's server, for as long as the test takes."""
    ids: list[Any] = []

    def one(block: Any, name: str) -> None:
        ids.append(block.save(name, overwrite=True))

    yield one
    with get_client(sync_client=True) as client:
        for block_id in ids:
            client.request("DELETE", "/block_documents/{id}", path_params={"id": block_id})


@pytest.fixture
def nothing_is_set(evaluate: Evaluate, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable names the database or holds the pool's key, now and after the test."""
    for name in ("BENCHWRIGHT_DATABASE_URL", key_variable("team")):
        monkeypatch.setenv(name, "to be put back")
        monkeypatch.delenv(name)


def _all_that_prefect_shows(api: str, flow_run_id: str) -> str:
    of_run = {"flow_runs": {"id": {"any_": [flow_run_id]}}}
    of_logs = {"logs": {"flow_run_id": {"any_": [flow_run_id]}}}
    with patient_client(api) as client:
        shown = [client.get(f"flow_runs/{flow_run_id}"), client.post("logs/filter", json=of_logs)]
        shown += [client.post(f"{kind}/filter", json=of_run) for kind in ("artifacts", "task_runs")]
        shown.append(client.post("block_documents/filter", json={}))
    for answer in shown:
        answer.raise_for_status()
    return json.dumps([answer.json() for answer in shown])


def _all_rows(store: Store) -> str:
    with store.read() as connection:
        return str([connection.execute(sa.select(table)).all() for table in METADATA.sorted_tables])


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
@pytest.mark.usefixtures("nothing_is_set")
def test_results_go_where_the_block_says_through_the_servers_of_the_pool_and_no_secret_is_left_anywhere(
    evaluate: Evaluate,
    store: Store,
    store_url: str,
    save: Callable[..., None],
    prefect_api: str,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Callable[..., str],
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    from prefect.logging.handlers import APILogWorker

    with_password = store_url.replace("tester@", f"tester:{PASSWORD}@")
    assert PASSWORD in with_password
    save(ResultsDatabase(url=SecretStr(with_password)), USUAL)
    save(EndpointPool(servers=[PoolServer(url=ollama_by_script.url, slots=2)], key=SecretStr(KEY)), "team")
    ollama_by_script.add("model")

    state = evaluate(benchmark_file(3), models=["model"], endpoints=["pool:team"], slots=None, invocation_id="one")

    assert state.is_completed()
    APILogWorker.drain_all(timeout=300)
    endpoint = find_endpoint(store, ollama_by_script.url)
    assert endpoint is not None
    assert (2, key_variable("team")) == (endpoint.slots, endpoint.key_variable)
    assert [endpoint.name] * 3 == [found.row.endpoint for found in outcomes(store)]
    assert with_password == os.environ["BENCHWRIGHT_DATABASE_URL"]
    assert KEY == os.environ[key_variable("team")]
    shown = _all_that_prefect_shows(prefect_api, str(state.state_details.flow_run_id))
    assert "pool:team" in shown
    assert "(block 'benchwright')" in shown
    captured = capfd.readouterr()
    for text in (shown, _all_rows(store), captured.out, captured.err, caplog.text):
        assert PASSWORD not in text
        assert KEY not in text
    assert "2" == str(only_run(store).candidates[0].plan.slots)


def test_the_variable_goes_before_the_block(
    evaluate: Evaluate,
    store: Store,
    save: Callable[..., None],
    ollama_by_script: ScriptedOllama,
    benchmark_file: Callable[..., str],
) -> None:
    save(ResultsDatabase(url=SecretStr("sqlite:////nowhere/at/all.db")), USUAL)
    ollama_by_script.add("model")

    assert evaluate(benchmark_file(1), models=["model"], invocation_id="one").is_completed()

    assert 1 == len(outcomes(store))


def test_an_unknown_pool_ends_the_run_with_its_name(
    evaluate: Evaluate, store: Store, benchmark_file: Callable[..., str]
) -> None:
    state = evaluate(benchmark_file(1), models=["model"], endpoints=["pool:nobody"])

    assert state.is_failed()
    assert "no block 'nobody'" in state.message


def test_a_server_that_a_person_has_named_keeps_its_name_and_slots(
    store: Store, save: Callable[..., None], store_url: str
) -> None:
    import asyncio

    from evaluation.records.candidates import EndpointRecord
    from evaluation.requests.evaluation_request import EvaluationRequest
    from tasks.block_values import with_pools

    save_endpoint(store, EndpointRecord(name="mine", url="http://gpu-1:1", slots=7))
    servers = [PoolServer(url="http://gpu-1:1/", slots=2), PoolServer(url="http://gpu-2:1", slots=3)]
    save(EndpointPool(servers=servers), "pair")
    request = EvaluationRequest(benchmarks=["b"], models=["m"], endpoints=["pool:pair", "http://here:1"])

    found = asyncio.run(with_pools(request, store))

    assert ["mine", "pool-gpu-2-1", "http://here:1"] == found.endpoints
    mine, other = find_endpoint(store, "mine"), find_endpoint(store, "pool-gpu-2-1")
    assert mine is not None
    assert other is not None
    assert (7, False, 3, True) == (mine.slots, mine.limit_pending, other.slots, other.limit_pending)


@pytest.mark.usefixtures("nothing_is_set")
def test_a_block_with_a_wrong_database_says_so_without_it(save: Callable[..., None]) -> None:
    import asyncio

    from tasks.block_values import address_in_block

    save(ResultsDatabase(url=SecretStr(f"mysql://me:{PASSWORD}@host/name")), USUAL)

    with pytest.raises(ConfigurationError, match="'mysql'") as refused:
        asyncio.run(address_in_block())

    assert PASSWORD not in str(refused.value)


def test_prices_are_those_of_the_block_that_is_named_and_the_run_keeps_them(
    evaluate: Evaluate,
    store: Store,
    save: Callable[..., None],
    ollama_by_script: ScriptedOllama,
    benchmark_file: Callable[..., str],
) -> None:
    save(Prices(models=[ModelPrice(model="good", input_per_million=1.0, output_per_million=2.0)]), "cloud")
    ollama_by_script.add("good")

    evaluate(benchmark_file(2), models=["good"], prices="block:cloud", invocation_id="one")

    run = only_run(store)
    (candidate,) = run.candidates
    assert {"input_per_million": 1.0, "output_per_million": 2.0} == candidate.plan.details[PRICE]
    kept = find_invocation(store, "one").request["prices"]
    assert {"good": {"input_per_million": 1.0, "output_per_million": 2.0}} == kept["models"]


def test_prices_of_an_unknown_block_end_the_run_with_its_name(
    evaluate: Evaluate, ollama_by_script: ScriptedOllama, benchmark_file: Callable[..., str]
) -> None:
    ollama_by_script.add("good")

    state = evaluate(benchmark_file(1), models=["good"], prices="block:nowhere")

    assert state.is_failed()
    assert "no block 'nowhere'" in str(state.message)
