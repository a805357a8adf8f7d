"""What a command finds at its workplace: the embedded server of a `serve` that runs in another shell."""

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from free_ports import free_port

from deployments.cli.long_commands import workplace
from deployments.prefect_home import prefect_home

VARIABLE = "BENCHWRIGHT_EMBEDDED_URL"
PAGES_VARIABLE, PAGES = "BENCHWRIGHT_PAGES_URL", "http://127.0.0.1:4210"


@pytest.fixture
def serve_file(monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a `benchwright serve` with an embedded server has written down on this home."""
    path = prefect_home() / "benchwright" / "serve.json"
    path.parent.mkdir(parents=True)
    path.write_text(
        json.dumps(
            {"pid": 1, "page": "http://127.0.0.1:4200", "embedded": "http://127.0.0.1:11500", "own_pages": PAGES}
        )
    )
    return path


def test_embedded_is_the_server_of_a_serve_that_runs_and_is_forgotten_afterwards(serve_file: Path) -> None:
    with serve_file.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with workplace(None):
            assert "http://127.0.0.1:11500" == os.environ[VARIABLE]
            assert os.environ[PAGES_VARIABLE] == PAGES
    assert VARIABLE not in os.environ
    assert PAGES_VARIABLE not in os.environ


def test_a_serve_that_was_killed_offers_no_server(serve_file: Path) -> None:
    with workplace(None):
        assert VARIABLE not in os.environ


def test_the_users_own_variable_goes_first(serve_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "http://127.0.0.1:9")
    with serve_file.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with workplace(None):
            assert "http://127.0.0.1:9" == os.environ[VARIABLE]
    assert "http://127.0.0.1:9" == os.environ[VARIABLE]


def test_the_http_interface_alone_serves_the_models_of_that_server_too(
    serve_file: Path, monkeypatch: pytest.MonkeyPatch, benchwright: Callable[..., Any]
) -> None:
    began_with: list[str | None] = []
    monkeypatch.setattr(os, "execv", lambda *_: began_with.append(os.environ.get(VARIABLE)))
    monkeypatch.setenv(VARIABLE, "")
    monkeypatch.delenv(VARIABLE)
    with serve_file.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert 0 == benchwright("api", "--port", str(free_port())).code

    assert ["http://127.0.0.1:11500"] == began_with
