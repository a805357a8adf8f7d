"""A server that is busy is waited for; one that is gone, or refuses, is told at once."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from deployments import named_server, server_health
from deployments.named_server import wait_for_named
from deployments.server_health import Health, health_of, wait_while_busy
from evaluation import machine_load
from evaluation.errors import ConfigurationError

NOBODY = "http://127.0.0.1:9/api"


@contextmanager
def _server(status: int) -> Iterator[str]:
    """The address of a server that answers so."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api"
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "health"),
    [
        (200, Health.WELL),
        (404, Health.REFUSES),
        (401, Health.REFUSES),
        (429, Health.BUSY),
        (500, Health.BUSY),
        (503, Health.BUSY),
    ],
)
def test_a_status_tells_how_a_server_is(status: int, health: Health) -> None:
    with _server(status) as url:
        assert health is health_of(url)


def test_one_that_takes_the_connection_and_does_not_answer_is_busy_and_nobody_is_gone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert Health.BUSY is health_of(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.05)
    assert Health.GONE is health_of(NOBODY)


def test_what_is_no_web_server_refuses() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:

        def greet() -> None:
            with other.accept()[0] as connection:
                connection.sendall(b"220 mail.example.com\r\n")
                connection.recv(4096)

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        assert Health.REFUSES is health_of(f"http://127.0.0.1:{other.getsockname()[1]}")
        thread.join()


@pytest.fixture
def paused(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, which take no time but on the clock that is read."""
    pauses: list[float] = []
    monkeypatch.setattr(server_health.time, "sleep", pauses.append)
    monkeypatch.setattr(server_health.time, "monotonic", lambda: sum(pauses))
    monkeypatch.setattr(machine_load, "load", lambda: 0.0)
    return pauses


def _is_in_turn(monkeypatch: pytest.MonkeyPatch, *healths: Health) -> None:
    left = list(healths)
    monkeypatch.setattr(server_health, "health_of", lambda _: left.pop(0) if len(left) > 1 else left[0])


def test_a_server_that_is_busy_for_a_while_is_waited_for_and_that_is_said_once(
    paused: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    _is_in_turn(monkeypatch, *[Health.BUSY] * 12, Health.WELL)
    wait_for_named(NOBODY, NOBODY, told.append)
    assert 12 == len(paused)
    assert [f"note: the Prefect server at {NOBODY} is busy; waiting for it"] == told


def test_one_that_stays_busy_is_told_with_what_it_is(paused: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    _is_in_turn(monkeypatch, Health.BUSY)
    with pytest.raises(ConfigurationError, match="is running but did not respond in time"):
        wait_for_named(NOBODY, NOBODY, lambda _: None)
    assert 120.0 == sum(paused)


def test_on_a_busy_machine_it_is_waited_for_longer_and_the_machine_is_named(
    paused: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(machine_load, "load", lambda: 30.0)
    monkeypatch.setattr(machine_load, "n_processors", lambda: 2)
    _is_in_turn(monkeypatch, Health.BUSY)
    assert Health.BUSY is wait_while_busy(NOBODY, "the server", told.append, patience_s=10.0)
    assert 150.0 == sum(paused)
    assert ["note: the server is busy; waiting for it: the machine is busy (load 30 on 2 processors)"] == told


@pytest.mark.parametrize(
    ("health", "said"),
    [(Health.GONE, "no Prefect server answers at"), (Health.REFUSES, "is not a Prefect server, or refuses")],
)
def test_one_that_is_gone_or_refuses_is_told_at_once(
    health: Health, said: str, paused: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(named_server, "configured_api", lambda: NOBODY)
    for before in ([], [Health.BUSY]):
        paused.clear()
        _is_in_turn(monkeypatch, *before, health)
        with pytest.raises(ConfigurationError, match=said):
            wait_for_named(NOBODY, NOBODY, lambda _: None)
        assert len(before) == len(paused)
