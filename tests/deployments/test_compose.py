"""What `compose.yaml`, `Dockerfile` and `.dockerignore` say, read by a parser: Compose itself is not run."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from sqlalchemy.engine import make_url

from deployments.cli.app import app
from deployments.guarded.connections import WEBHOOKS_VARIABLE
from deployments.guarded.origins import NAMES_VARIABLE

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
PINNED = r"[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9.-]+)?"
SECRETS = ("POSTGRES_PASSWORD", "PREFECT_AUTH")
MAY_BE_EMPTY = (NAMES_VARIABLE, WEBHOOKS_VARIABLE)


def _images() -> list[str]:
    named = [service["image"] for service in SERVICES.values() if "image" in service]
    return [*named, *re.findall(r"^FROM (\S+)", DOCKERFILE, flags=re.MULTILINE)]


def test_there_are_a_server_its_database_a_worker_and_ollama() -> None:
    assert {"postgres", "prefect", "schema", "worker", "ollama"} == set(SERVICES)
    assert all(("image" in service) is not ("build" in service) for service in SERVICES.values())


@pytest.mark.parametrize("image", _images())
def test_every_image_is_pinned_by_a_version(image: str) -> None:
    assert re.fullmatch(PINNED, image)


def test_what_goes_on_for_ever_says_whether_it_is_well() -> None:
    lasting = {name: service for name, service in SERVICES.items() if service["restart"] != "no"}
    assert {"schema"} == set(SERVICES) - set(lasting)
    for service in lasting.values():
        assert "CMD" == service["healthcheck"]["test"][0]
        assert {"interval", "timeout", "retries", "start_period"} < set(service["healthcheck"])


def test_everyone_waits_until_those_he_needs_are_well() -> None:
    waits = {
        name: {other: how["condition"] for other, how in service.get("depends_on", {}).items()}
        for name, service in SERVICES.items()
    }
    assert {
        "postgres": {},
        "ollama": {},
        "prefect": {"postgres": "service_healthy"},
        "schema": {"postgres": "service_healthy"},
        "worker": {
            "prefect": "service_healthy",
            "ollama": "service_healthy",
            "schema": "service_completed_successfully",
        },
    } == waits


def test_what_must_outlive_a_container_lies_on_a_named_volume() -> None:
    used = {volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert {"postgres", "prefect", "ollama"} == used == set(COMPOSE["volumes"])


def test_no_secret_stands_in_the_files_and_none_has_a_default() -> None:
    text = (ROOT / "compose.yaml").read_text()
    assert {*SECRETS, *MAY_BE_EMPTY} == set(re.findall(r"\$\{?(\w+)", text))
    must_be_set = re.findall(rf"\$\{{(?:{'|'.join(SECRETS)}):\?[^}}]+\}}", text)
    assert text.count("$") == len(must_be_set) + len(re.findall(rf"\$\{{(?:{'|'.join(MAY_BE_EMPTY)}):-\}}", text))
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|AUTH_STRING|TOKEN|SECRET|KEY", name):
                assert value.startswith("${")
    assert not re.search("PASSWORD|AUTH|TOKEN|SECRET", DOCKERFILE)


def test_addresses_name_services_and_the_databases_that_are_made() -> None:
    worker, server = SERVICES["worker"]["environment"], SERVICES["prefect"]["environment"]
    results, prefects = (
        make_url(re.sub(r"\$\{[^}]+\}", "password", address))
        for address in (worker["BENCHWRIGHT_DATABASE_URL"], server["PREFECT_SERVER_DATABASE_CONNECTION_URL"])
    )
    made = SERVICES["postgres"]["environment"]
    assert ("postgresql", "postgres", made["POSTGRES_DB"]) == (results.drivername, results.host, results.database)
    assert ("postgresql+asyncpg", "postgres", "prefect") == (prefects.drivername, prefects.host, prefects.database)
    assert made["POSTGRES_USER"] == results.username == prefects.username
    assert "CREATE DATABASE prefect;" == COMPOSE["configs"]["prefect-database"]["content"].strip()
    assert ("http://prefect:4200/api", "http://ollama:11434") == (worker["PREFECT_API_URL"], worker["OLLAMA_HOST"])


def test_the_server_asks_for_its_password_keeps_leases_and_is_open_to_this_machine_alone() -> None:
    server = SERVICES["prefect"]["environment"]
    assert server["PREFECT_SERVER_API_AUTH_STRING"] == SERVICES["worker"]["environment"]["PREFECT_API_AUTH_STRING"]
    assert server["PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE"].endswith(".filesystem")
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ["127.0.0.1:4200:4200"] == ports


def test_every_variable_is_one_that_is_read() -> None:
    from prefect.settings import Settings
    from prefect.settings.legacy import _get_settings_fields

    known = {*_get_settings_fields(Settings), "BENCHWRIGHT_DATABASE_URL", "OLLAMA_HOST", "DO_NOT_TRACK"}
    known |= {NAMES_VARIABLE, WEBHOOKS_VARIABLE}
    ours = {name for service in SERVICES.values() if "build" in service for name in service["environment"]}
    assert set() == ours - known


def test_the_commands_of_benchwright_exist() -> None:
    commands = [service["command"] for service in SERVICES.values() if "command" in service]
    ours = [command[1:] for command in commands if command[0] == "benchwright"]
    assert [["db", "upgrade"]] == ours
    assert {"benchwright", "python"} == {command[0] for command in commands}
    for words in ours:
        found: Any = typer.main.get_command(app)
        for word in words:
            found = found.commands[word]


@pytest.mark.parametrize("name", ["prefect", "worker"])
def test_the_commands_of_prefect_exist_with_their_options(name: str) -> None:
    command: list[str] = SERVICES[name]["command"]
    options = [word for word in command if word.startswith("--")]
    assert ["python", "-P", "-m"] == command[:3]
    assert command[3] == f"deployments.guarded.{'server' if name == 'prefect' else 'worker'}"
    words = command[4 : command.index(options[0])]

    said = subprocess.run(
        [sys.executable, *command[1:4], *words, "--help"], capture_output=True, text=True, timeout=120, check=True
    )

    assert options
    assert [option for option in options if option in said.stdout] == options


def test_the_image_is_built_from_the_lock_on_a_python_that_is_supported() -> None:
    (version,) = set(re.findall(r"^FROM python:3\.(\d+)\.", DOCKERFILE, flags=re.MULTILINE))
    assert 11 <= int(version) <= 13
    installs = re.findall(r"pip install ((?:\\\n|[^\n&])+)", DOCKERFILE)
    assert 3 == len(installs)
    assert ["--require-hashes" in words or "--no-deps ." in words for words in installs] == [True] * 3
    assert re.search(r"--require-hashes -r requirements\.lock$", DOCKERFILE, flags=re.MULTILINE)
    assert re.search(r"^USER benchwright$", DOCKERFILE, flags=re.MULTILINE)


def test_the_builder_gets_the_packages_and_little_else() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = {name.rstrip("*") for name in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = {line[1:] for line in lines if line.startswith("!")}
    assert "*" == next(line for line in lines if not line.startswith("#"))
    assert packages | {"pyproject.toml", "requirements.lock", project["project"]["readme"]} == let_in
    assert all((ROOT / name).exists() for name in let_in)
