"""A provider is a file, a class, a line: with those three, a protocol that nobody knew takes part everywhere."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from parrot_provider import LINE, Aviary, aviary
from scripted_ollama import ScriptedOllama

from evaluation.providers import PROVIDERS

Command = Callable[..., Any]


@pytest.fixture
def parrots(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aviary]:
    """A server of parrots, whose protocol stands in the catalogue."""
    for name, place in LINE.items():
        monkeypatch.setitem(PROVIDERS._places, name, place)
    with aviary() as server:
        yield server


def test_a_server_of_a_third_protocol_is_recognised_listed_and_looked_into(
    benchwright: Command, parrots: Aviary
) -> None:
    added = benchwright("endpoints", "add", "cage", parrots.url)
    (stored,) = benchwright("endpoints", "list", "--json").json
    (model,) = benchwright("models", "list", "--endpoint", "cage", "--json").json

    assert (0, f"cage: {parrots.url}, parrot 7.1, 1 model\n") == (added.code, added.out)
    assert "cage: parrots take temperature and seed alone" in added.err
    assert "parrot" == stored["provider"]
    assert ("polly", "cage") == (model["name"], model["endpoint"])
    assert f"{parrots.url} answers: parrot 7.1, 1 model" in benchwright("doctor", "--endpoint", "cage").out


def test_a_server_that_cannot_pull_is_not_sent_a_pull(benchwright: Command, parrots: Aviary, benchmark: Path) -> None:
    asked = ("evaluate", "--endpoint", parrots.url, "--benchmark", benchmark, "--dry-run")

    pulled = benchwright("models", "pull", "lora", "--endpoint", parrots.url)
    unknown = benchwright(*asked, "--model", "macaw")
    parrots.birds = ()
    empty = benchwright("doctor", "--endpoint", parrots.url).out

    assert f"{parrots.url}: the parrots' protocol cannot pull 'lora'" in pulled.err
    assert "next: Use one of the known names." in unknown.err
    assert "models pull" not in empty


def test_a_whole_evaluation_runs_over_a_third_protocol_beside_another(
    benchwright: Command, evaluate: Command, parrots: Aviary, ollama_by_script: ScriptedOllama, benchmark: Path
) -> None:
    ollama_by_script.add("good")
    asked = (
        "--endpoint", parrots.url, "--benchmark", benchmark, "--metric", "exact_match",
        "--model", "polly", "--model", "good", "--json",
    )  # fmt: skip

    planned = evaluate(*asked, "--dry-run")
    run = evaluate(*asked).json["runs"][0]

    assert 12 == planned.json["n_calls"]
    by_model = {candidate["model"]: candidate for candidate in run["candidates"]}
    assert ("parrot", "7.1") == tuple(by_model["polly"][key] for key in ("provider", "server_version"))
    assert "ollama" == by_model["good"]["provider"]
    assert [6, 6] == [by_model[name]["n_ok"] for name in ("polly", "good")]
    assert [1.0, 1.0] == [by_model[name]["metrics"]["exact_match"]["value"] for name in ("polly", "good")]
    sent = {frozenset(request) - {"bird", "words"} for request in parrots.asked}
    assert {frozenset({"temperature", "seed"})} == sent
    assert "(parrot 7.1)" in benchwright("show", "last", "--case", "c3").out


PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[1])
from parrot_provider import LINE
from evaluation.providers import PROVIDERS
PROVIDERS._places.update(LINE)
from prefect.utilities.callables import parameter_schema
from deployments.cli.__main__ import run
from deployments.forms import Choices, form
from flows.evaluate import evaluate
from tasks.blocks import PoolServer
for command in (["evaluate"], ["score"], ["endpoints", "add"]):
    run([*command, "--help"])
fields = form(parameter_schema(evaluate).model_dump(), Choices())["definitions"]["EvaluationRequest"]["properties"]
print(json.dumps(fields["provider"]))
print(json.dumps(PoolServer.model_json_schema()["properties"]["provider"]))
"""
"""With the line in the catalogue before anything else is imported, as if it stood there."""


def test_forms_blocks_and_help_name_what_stands_in_the_catalogue() -> None:
    support = Path(__file__).parents[2] / "support"
    program = [sys.executable, "-c", PROGRAM, str(support)]
    *help_texts, field, server = subprocess.run(program, capture_output=True, text=True, check=True).stdout.splitlines()

    names = ["ollama", "openai_compatible", "parrot"]
    assert 3 == " ".join("\n".join(help_texts).split()).count("ollama or openai_compatible or parrot")
    assert names == json.loads(field)["enum"]
    assert "“ollama” or “openai_compatible” or “parrot”; empty: detected." == json.loads(field)["description"]
    assert ["asked", *names] == json.loads(server)["enum"]
