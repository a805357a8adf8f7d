"""A process without a Prefect server of the user's keeps the one that it started for all its calls."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deployments import kept_server as module
from deployments.cli.flow_runs import tell_of_own_server
from deployments.kept_server import kept_server


@dataclass
class FakeServer:
    """A server that is as a test says."""

    is_ours: bool = True
    is_announced: bool = False
    process: Any = field(default_factory=lambda: SimpleNamespace(running=True))
    stops: list[float] = field(default_factory=list)

    def stop(self, *, timeout_s: float) -> None:
        self.stops.append(timeout_s)


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[FakeServer]:
    """The servers that are started; none really is."""
    made: list[FakeServer] = []

    def start() -> FakeServer:
        made.append(FakeServer())
        return made[-1]

    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setattr(module, "find_or_start_server", start)
    monkeypatch.setattr(module, "use_server", lambda _: None)
    monkeypatch.setattr(module, "_kept", {})
    monkeypatch.setattr("atexit.register", lambda *_: None)
    return made


def server_of_a_call() -> Any:
    with kept_server() as server:
        return server


def test_a_server_that_was_started_serves_the_next_call_and_is_not_stopped(started: list[FakeServer]) -> None:
    assert server_of_a_call() is server_of_a_call()
    assert (1, []) == (len(started), started[0].stops)


def test_a_server_that_has_ended_is_replaced(started: list[FakeServer]) -> None:
    first = server_of_a_call()
    first.process.running = False

    assert first is not server_of_a_call()
    assert 2 == len(started)


def test_another_home_and_a_server_that_is_named_later_are_not_served_by_it(
    started: list[FakeServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = server_of_a_call()
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    named = server_of_a_call()
    monkeypatch.delenv("PREFECT_API_URL")
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "another"))

    assert 3 == len({id(first), id(named), id(server_of_a_call())})


def test_a_server_of_somebody_else_is_let_go_of(started: list[FakeServer], monkeypatch: pytest.MonkeyPatch) -> None:
    shared = FakeServer(is_ours=False)
    monkeypatch.setattr(module, "find_or_start_server", lambda: shared)

    assert shared is server_of_a_call()
    assert [0.5] == shared.stops


def test_a_process_that_was_forked_does_not_stop_its_parents_server() -> None:
    server = FakeServer()

    module._stop(server, pid=1)  # type: ignore[arg-type]

    assert [] == server.stops


def test_its_start_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    server: Any = FakeServer()

    tell_of_own_server(server)
    tell_of_own_server(server)

    assert 1 == capsys.readouterr().err.count("starting a temporary Prefect server")
