"""One `serve` on a home, at a free port, and not where the user has named another server."""

import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deployments.serving import home_lock as homes
from deployments.serving.home_lock import Serving, find_serve, hold_home, is_taken, must_be_free, note_servers
from evaluation.errors import ConfigurationError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Prefect folder of this test's own, and no variable that names a server."""
    for name in ("PREFECT_API_URL", "PREFECT_PROFILE", "PREFECT_PROFILES_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def taken() -> Iterator[int]:
    """A port at which a program listens that answers nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def free() -> int:
    """A port at which nobody listens."""
    return homes.free_port()


def refused(claim: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(ConfigurationError) as caught:
        claim()
    return caught.value.message, str(caught.value.next_step)


def test_a_second_serve_on_a_home_is_told_of_the_first_and_may_begin_when_that_has_ended(home: Path) -> None:
    def enter(port: int) -> None:
        with hold_home(port):
            pass

    with hold_home(4200):
        message, next_step = refused(lambda: enter(4300))
    enter(4300)

    assert str(home) in message
    assert "http://127.0.0.1:4200" in message
    assert "Ctrl-C" in next_step
    assert "PREFECT_HOME" in next_step


def test_a_serve_is_found_while_it_runs_and_not_by_what_a_killed_one_left_behind(home: Path) -> None:
    assert find_serve() is None
    with hold_home(4200):
        assert Serving(pid=os.getpid(), page="http://127.0.0.1:4200") == find_serve()
        note_servers(own_pages=(pages := "http://127.0.0.1:4210"))
        assert Serving(pid=os.getpid(), page="http://127.0.0.1:4200", own_pages=pages) == find_serve()
        note_servers(embedded=(embedded := "http://127.0.0.1:4300"))
        assert find_serve() == Serving(
            pid=os.getpid(), page="http://127.0.0.1:4200", embedded=embedded, own_pages=pages
        )
    assert find_serve() is None
    file = home / "benchwright" / "serve.json"
    file.write_text('{"pid": 1, "page": "http://127.0.0.1:4200"}')
    assert find_serve() is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"pid": 1}', '{"pid": 1, "page": "http://[x"}', '{"pid": 1, "page": ""}']
)
def test_a_file_of_somebody_elses_is_no_serve(home: Path, text: str) -> None:
    with hold_home(4200):
        (home / "benchwright" / "serve.json").write_text(text)
        assert find_serve() is None


def test_a_taken_port_is_refused_with_a_free_one(taken: int, free: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deployments.server_health.ANSWERS_WITHIN_S", 0.2)
    message, next_step = refused(lambda: must_be_free(taken))
    must_be_free(free)

    assert f"port {taken} is taken by another program" == message
    offered = int(next_step.rpartition("--port ")[2].split("`")[0])
    assert offered != taken
    assert not is_taken(offered)


def test_a_taken_port_where_a_prefect_server_answers_is_called_so(prefect_api: str) -> None:
    port = int(prefect_api.rsplit(":", 1)[1].split("/")[0])
    assert f"port {port} is taken by a Prefect server" == refused(lambda: must_be_free(port))[0]


def test_a_server_that_the_user_has_named_is_not_passed_over(free: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://me:secret@box:4200/api")
    message, next_step = refused(lambda: must_be_free(free))
    assert "http://box:4200/api" in message
    assert "secret" not in message + next_step
    assert "benchwright deploy --work-pool" in next_step
    assert "unset PREFECT_API_URL" in next_step

    monkeypatch.setenv("PREFECT_API_URL", f"http://localhost:{free}/api")
    must_be_free(free)


def test_the_server_of_another_command_on_the_same_home_is_waited_for(home: Path, free: int, prefect_api: str) -> None:
    address = home / "benchwright" / "server.json"
    address.parent.mkdir()
    address.write_text(json.dumps({"api": prefect_api, "pid": 1}))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PREFECT_API_URL")
        message, next_step = refused(lambda: must_be_free(free))
    assert prefect_api in message
    assert "when that command ends" in next_step
