"""Which servers share a model: those that have it with equal digests, and none that cannot be told apart."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from scripted_ollama import ScriptedOllama, scripted_ollama

from evaluation.case import Benchmark, Case
from evaluation.errors import ConfigurationError
from evaluation.requests.evaluation_request import read_request
from evaluation.resolution.resolution import Resolution, resolve
from evaluation.settings import Settings

NUMBERS = Benchmark(
    name="numbers",
    task_type="reasoning",
    cases=(Case(case_id="1", prompt="What is 1?", references=("1",)),),
)


@pytest.fixture
def other_ollama() -> Iterator[ScriptedOllama]:
    with scripted_ollama() as server:
        yield server


def resolved(*servers: ScriptedOllama, embedded_url: str | None = None, **request: Any) -> Resolution:
    given = {"benchmarks": ["numbers"], "models": ["m"], "endpoints": [server.url for server in servers], **request}
    settings = Settings(embedded_url=embedded_url)
    return asyncio.run(resolve(read_request(given), [NUMBERS], settings=settings, store=None))


def test_equal_digests_make_a_pool_and_that_is_said(
    ollama_by_script: ScriptedOllama, other_ollama: ScriptedOllama
) -> None:
    for server in (ollama_by_script, other_ollama):
        server.add("m", digest="d" * 64)

    resolution = resolved(ollama_by_script, other_ollama)

    (found,) = resolution.candidates
    names = [ollama_by_script.name, other_ollama.name]
    assert names == [endpoint.name for endpoint in found.endpoints]
    assert f"m is shared by {names[0]}, {names[1]}" in resolution.notes
    assert not any("models agree" in note for note in resolution.notes)


def test_servers_of_different_versions_are_pooled_with_the_advice_to_measure_whether_they_agree(
    ollama_by_script: ScriptedOllama, other_ollama: ScriptedOllama
) -> None:
    for server in (ollama_by_script, other_ollama):
        server.add("m", digest="d" * 64)
    other_ollama.version = "0.34.1"

    resolution = resolved(ollama_by_script, other_ollama)

    assert 2 == len(resolution.candidates[0].endpoints)
    (said,) = (note for note in resolution.notes if "models agree" in note)
    assert "the servers of m have different versions (0.33.0, 0.34.1); `benchwright models agree m`" in said


def test_different_digests_under_one_name_are_refused_and_named(
    ollama_by_script: ScriptedOllama, other_ollama: ScriptedOllama
) -> None:
    ollama_by_script.add("m", digest="a" * 64)
    other_ollama.add("m", digest="b" * 64)

    with pytest.raises(ConfigurationError) as refused:
        resolved(ollama_by_script, other_ollama)

    assert (
        f"model 'm' has different weights on its servers: aaaaaaaaaaaa at {ollama_by_script.name}, "
        f"bbbbbbbbbbbb at {other_ollama.name}"
    ) in refused.value.message
    assert "models pull m --endpoint NAME" in (refused.value.next_step or "")


@pytest.mark.parametrize("digest", [None, "d" * 64], ids=["neither has a digest", "one has a digest"])
def test_a_model_without_a_digest_is_asked_at_the_first_server_alone(
    ollama_by_script: ScriptedOllama, other_ollama: ScriptedOllama, digest: str | None
) -> None:
    ollama_by_script.add("m", digest=None)
    other_ollama.add("m", digest=digest)

    resolution = resolved(ollama_by_script, other_ollama)

    (found,) = resolution.candidates
    assert [ollama_by_script.name] == [endpoint.name for endpoint in found.endpoints]
    said = f"m: using {ollama_by_script.name} only, since without digests the servers' weights cannot be compared"
    assert said in resolution.notes


def test_the_embedded_server_is_asked_only_for_what_nobody_else_has(
    ollama_by_script: ScriptedOllama, other_ollama: ScriptedOllama
) -> None:
    ollama_by_script.add("m", digest="a" * 64)
    other_ollama.add("m", digest="b" * 64)
    other_ollama.add("baseline", digest="c" * 64)

    resolution = resolved(ollama_by_script, embedded=True, embedded_url=other_ollama.url, models=["m", "baseline"])

    assert [[ollama_by_script.name], ["embedded"]] == [
        [endpoint.name for endpoint in found.endpoints] for found in resolution.candidates
    ]


def test_a_model_that_one_server_has_is_no_pool(ollama_by_script: ScriptedOllama, other_ollama: ScriptedOllama) -> None:
    other_ollama.add("m")

    (found,) = resolved(ollama_by_script, other_ollama).candidates

    assert [other_ollama.name] == [endpoint.name for endpoint in found.endpoints]
    assert found.endpoint is found.endpoints[0]
