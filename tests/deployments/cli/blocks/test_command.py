from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect.client.orchestration import get_client
from pydantic import SecretStr

from deployments.cli.arguments import database_url, read_price_file
from deployments.cli.blocks_in_use import database_of_block, with_blocks_of_server, with_servers_of_pools
from deployments.forms import Choices
from evaluation import machine_load
from evaluation.errors import ConfigurationError
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.store.session import open_store
from tasks.block_names import USUAL
from tasks.blocks import EndpointPool, PoolServer, Prices, ResultsDatabase

Command = Callable[..., Any]
SLUGS = ["benchwright-results-database", "benchwright-endpoint-pool", "benchwright-prices"]


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


def test_the_kinds_are_registered_once_and_their_blocks_listed_by_name_alone(
    benchwright: Command, save: Callable[..., None]
) -> None:
    registered, again = benchwright("blocks", "register", "--json"), benchwright("blocks", "register")
    save(EndpointPool(servers=[PoolServer(url="http://gpu-1:1")], key=SecretStr("s3cret")), "team")
    listed, page = benchwright("blocks", "list", "--json"), benchwright("blocks", "list")

    assert [0] * 4 == [said.code for said in (registered, again, listed, page)]
    assert SLUGS == [kind["slug"] for kind in registered.json]
    assert all(kind["is_registered"] for kind in registered.json)
    assert {"benchwright-endpoint-pool": ["team"]} == {
        kind["slug"]: kind["names"] for kind in listed.json if kind["names"]
    }
    assert "team" in page.out
    assert "s3cret" not in listed.out + page.out + page.err


def test_without_a_server_they_say_how_to_start_one(benchwright: Command) -> None:
    said = benchwright("blocks", "register")

    assert 2 == said.code
    assert "no Prefect server is configured" in said.err


def test_a_command_finds_the_database_in_the_block_unless_it_or_the_variable_says_otherwise(
    save: Callable[..., None], benchwright: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    of_block = f"sqlite:///{tmp_path / 'of_block.db'}"
    open_store(of_block).close()
    save(ResultsDatabase(url=SecretStr(of_block)), USUAL)

    assert database == database_url(None)
    monkeypatch.delenv("BENCHWRIGHT_DATABASE_URL")
    assert of_block == database_url(None)
    assert "elsewhere.db" == database_url("elsewhere.db")
    assert "of_block.db" in benchwright("db", "info").out


def test_a_server_that_is_away_leaves_the_usual_database_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert database_of_block() is None
    assert "" == capsys.readouterr().err

    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    assert database_of_block() is None
    assert "give --db" in capsys.readouterr().err


def test_a_server_that_answers_too_late_is_not_blamed_where_the_machine_is_busy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def late(*_: Any, **__: Any) -> httpx.Response:
        raise httpx.ReadTimeout("")

    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    monkeypatch.setattr(httpx, "get", late)
    monkeypatch.setattr(machine_load, "load", lambda: 1000.0)
    assert database_of_block() is None
    assert "does not answer: the machine is busy (load 1000 on " in capsys.readouterr().err


def test_prices_come_from_a_block_and_a_missing_one_is_named(save: Callable[..., None]) -> None:
    save(Prices(electricity_per_kwh=0.25), "of-2026")

    assert {"electricity_per_kwh": 0.25, "models": {}} == read_price_file(Path("block:of-2026"))
    with pytest.raises(ConfigurationError, match="no block 'of-1926'"):
        read_price_file(Path("block:of-1926"))


def test_a_pool_is_taken_apart_before_the_servers_are_asked(save: Callable[..., None], database: str) -> None:
    save(EndpointPool(servers=[PoolServer(url="http://gpu-1:1")]), "team")
    request = EvaluationRequest(benchmarks=["b"], models=["m"], endpoints=["pool:team"])

    with open_store(database) as store:
        assert ["pool-gpu-1-1"] == with_servers_of_pools(request, store).endpoints


def test_forms_with_a_choice_of_endpoints_offer_the_pools_too(save: Callable[..., None]) -> None:
    save(Prices(electricity_per_kwh=0.25), "no-pool")
    save(EndpointPool(servers=[PoolServer(url="http://gpu-1:1")]), "team")

    assert ("big", "pool:team") == with_blocks_of_server(Choices(endpoints=("big",))).endpoints
    assert () == with_blocks_of_server(Choices()).endpoints
    assert "block:no-pool" in with_blocks_of_server(Choices()).prices
