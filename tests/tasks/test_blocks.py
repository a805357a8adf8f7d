import importlib
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from evaluation.errors import ConfigurationError
from evaluation.records.candidates import EndpointRecord
from flows.compare import compare
from flows.evaluate import evaluate
from flows.race import race
from flows.retrain import retrain
from flows.score import score
from flows.sweep import sweep
from tasks.blocks import BLOCKS, EndpointPool, ModelPrice, PoolServer, Prices, ResultsDatabase, key_variable


def test_every_field_of_a_form_has_a_title_and_an_explanation_and_no_secret_has_a_value_to_begin_with() -> None:
    for kind in BLOCKS:
        schema: dict[str, Any] = kind.model_json_schema()
        models = [schema, *schema.get("$defs", {}).values(), *schema.get("definitions", {}).values()]
        for field in (field for model in models for field in model["properties"].values()):
            assert field["title"]
            assert field["description"]
            assert not str(field.get("default") or "").startswith("*")


def test_prefect_knows_which_fields_are_secret() -> None:
    assert [["url"], ["key"], []] == [kind.model_json_schema()["secret_fields"] for kind in BLOCKS]


def test_the_kinds_stand_where_prefect_looks_for_them() -> None:
    project = Path(__file__).parents[2] / "pyproject.toml"
    found = tomllib.loads(project.read_text())["project"]["entry-points"]["prefect.collections"]

    assert BLOCKS is importlib.import_module(found["benchwright"]).BLOCKS


def test_no_flow_takes_an_address_of_a_database_as_a_parameter() -> None:
    for flow in (evaluate, compare, race, sweep, retrain, score):
        assert flow.parameters.properties.keys() <= {"request", "invocation_id"}


@pytest.mark.parametrize("url", ["", "results.db", "sqlite:///results.db", "mysql://me:s3cret@host/name"])
def test_a_database_that_is_not_the_same_for_every_worker_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError, match="results database") as refused:
        ResultsDatabase(url=SecretStr(url)).address()

    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("url", ["sqlite:////results/here.db", "postgresql://me:s3cret@host/name"])
def test_a_whole_path_or_a_server_is_taken_as_it_is(url: str) -> None:
    block = ResultsDatabase(url=SecretStr(f" {url} "))

    assert url == block.address()
    assert "s3cret" not in repr(block)


def test_a_block_that_lacks_something_does_not_show_the_rest() -> None:
    given: dict[str, Any] = {"key": {"not": "s3cret"}, "servers": []}

    with pytest.raises(ValidationError) as refused:
        EndpointPool(**given)

    assert "s3cret" not in str(refused.value)


def test_a_pool_gives_endpoints_with_the_name_of_the_variable_of_its_key() -> None:
    servers = [PoolServer(url="http://gpu-1:11434", slots=4, provider="ollama"), PoolServer(url="gpu-2:8000/")]
    first, second = EndpointPool(servers=servers, key=SecretStr("s3cret"), allow_remote=True).records("big-ones")

    assert first == EndpointRecord(
        name="pool-gpu-1-11434",
        url="http://gpu-1:11434",
        provider="ollama",
        slots=4,
        key_variable="BENCHWRIGHT_KEY_OF_POOL_BIG_ONES",
        allow_remote=True,
    )
    assert ("", 1, None) == (second.provider, second.slots, second.gpu_tag)
    assert "BENCHWRIGHT_KEY_OF_POOL_A" == key_variable("a")


def test_a_pool_without_a_key_names_no_variable() -> None:
    (record,) = EndpointPool(servers=[PoolServer(url="http://here:1")], key=SecretStr("")).records("open")

    assert record.key_variable is None


def test_prices_are_what_a_file_would_hold() -> None:
    block = Prices(electricity_per_kwh=0.3, models=[ModelPrice(model="gpt-oss:*", per_kwh=0.15)])

    assert {"electricity_per_kwh": 0.3, "models": {"gpt-oss:*": {"per_kwh": 0.15}}} == block.content()


def test_a_price_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="the block of prices"):
        Prices(models=[ModelPrice(model="m", input_per_million=0.15)]).content()
