"""The Prefect server that a command works with: found, started, shared, replaced; and the versions it needs."""

import asyncio
import json
import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from patient_client import patient_client

from deployments import prefect_server as servers
from deployments import server_health
from deployments.helper_process import answers
from deployments.prefect_delivery import settle
from deployments.prefect_home import configured_api, prefect_home
from deployments.prefect_server import PrefectServer, prefect_server
from evaluation.errors import ConfigurationError

NOBODY = "http://127.0.0.1:9/api"
PATIENCE_S = 300.0


def eventually(claim: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Prefect folder of this test's own, and no variable that names a server."""
    for name in ("PREFECT_API_URL", "PREFECT_PROFILE", "PREFECT_PROFILES_PATH"):
        monkeypatch.setenv(name, "")  # so that what a command puts there is gone after the test
        monkeypatch.delenv(name)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    return tmp_path


def test_a_server_is_named_by_the_variable_before_the_profile(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert configured_api() is None
    (home / "profiles.toml").write_text(
        'active = "box"\n[profiles.box]\nPREFECT_API_URL = "http://box/api"\n[profiles.other]\n'
    )
    assert "http://box/api" == configured_api()
    monkeypatch.setenv("PREFECT_PROFILE", "other")
    assert configured_api() is None
    monkeypatch.setenv("PREFECT_API_URL", "http://variable/api")
    assert "http://variable/api" == configured_api()


def test_a_broken_profile_file_names_no_server(home: Path) -> None:
    (home / "profiles.toml").write_text("active = ")
    assert configured_api() is None
    assert home == prefect_home()


def test_a_named_server_that_does_not_answer_is_an_error_with_both_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", NOBODY)
    with pytest.raises(ConfigurationError, match="no Prefect server answers at") as caught, prefect_server() as server:
        server.wait()
    assert NOBODY in caught.value.message
    assert caught.value.next_step is not None
    assert "prefect server start" in caught.value.next_step
    assert "unset PREFECT_API_URL" in caught.value.next_step


def test_a_block_within_another_one_has_its_server_which_may_still_be_starting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in the demo, whose evaluations share a server: the first must wait for it, and not stop it."""
    started: list[StartedHelper] = []

    def start(at: int, **_: object) -> Any:
        started.append(StartedHelper())
        return started[-1]

    monkeypatch.setattr(servers, "_start", start)
    monkeypatch.setattr(servers, "must_let_in", lambda _: None)
    with prefect_server() as outer:
        with prefect_server() as inner:
            assert inner is outer
            inner.wait_for_answer()
        assert [(1, 0)] == [(helper.n_waits, helper.n_stops) for helper in started]
        monkeypatch.setenv("PREFECT_API_URL", NOBODY)
        with prefect_server() as other:
            assert NOBODY == other.api
    assert [1] == [helper.n_stops for helper in started]


def test_a_server_of_a_profile_that_does_not_answer_is_not_blamed_on_a_variable_that_is_not_set(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    (home / "profiles.toml").write_text(f'active = "box"\n[profiles.box]\nPREFECT_API_URL = "{NOBODY}"\n')
    server = servers._find_or_start(has_password=True)
    with pytest.raises(ConfigurationError, match="from your Prefect profile") as caught:
        server.wait()
    assert "prefect config unset PREFECT_API_URL" in str(caught.value.next_step)
    assert "(from PREFECT_API_URL)" not in caught.value.message


def test_a_server_of_another_command_that_is_ending_is_replaced_at_its_address(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answered when it was looked for, then it ends: first it answers no more, then its port is free."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    helper, started = StartedHelper(), []
    address = home / "benchwright" / "server.json"
    address.parent.mkdir()
    ending = socket.create_server(("127.0.0.1", 0))
    port = ending.getsockname()[1]
    address.write_text(json.dumps({"api": f"http://127.0.0.1:{port}/api", "pid": 1}))
    n_looks = [0]

    def answers_at_first(*_: object, **__: object) -> bool:
        n_looks[0] += 1
        if n_looks[0] == 4:
            ending.close()
        return n_looks[0] == 1

    def start(at: int, **_: object) -> Any:
        started.append(at)
        return helper

    monkeypatch.setattr(servers, "_start", start)
    monkeypatch.setattr(servers, "answers", answers_at_first)
    monkeypatch.setattr(servers, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(servers, "must_let_in", lambda _: None)
    with prefect_server() as server:
        assert server.is_shared
        server.wait()
        assert ([port], True) == (started, server.is_ours)
        assert server.api == json.loads(address.read_text())["api"] == f"http://127.0.0.1:{port}/api"
    assert helper.stopped_after is not None


def test_of_two_commands_that_replace_an_ending_server_the_slower_one_shares_that_of_the_faster(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refused(StartedHelper):
        def wait_for_health(self, _url: str) -> None:
            raise ConfigurationError("the port is taken")

    answers_now = iter([False, True, True])
    monkeypatch.setattr(servers, "_start", lambda _port, **_: Refused())
    monkeypatch.setattr(servers, "answers", lambda *_, **__: next(answers_now))
    monkeypatch.setattr(servers, "must_let_in", lambda _: None)
    server = PrefectServer(NOBODY, is_shared=True)
    server.wait()
    assert not server.is_ours
    server.stop(timeout_s=1.0)


def test_a_server_of_serve_that_ended_meanwhile_is_not_blamed_on_a_variable(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setattr(servers, "lasting_api", lambda: NOBODY)
    with pytest.raises(ConfigurationError, match=r"of `benchwright serve` at .* has stopped") as caught:
        servers.use_lasting_server("it is needed")
    assert "PREFECT_API_URL" not in f"{caught.value.message}{caught.value.next_step}"


def test_the_users_own_server_is_used_and_left_running(prefect_api: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", prefect_api + "/")
    with prefect_server() as server:
        server.wait()
        assert (prefect_api, False, False) == (server.api, server.is_ours, server.is_shared)
        assert prefect_api.removesuffix("/api") == server.page
    assert answers(prefect_api + "/health")


def test_a_healthy_server_of_another_command_is_shared_and_its_address_stays(
    prefect_api: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PREFECT_API_URL")
    address = home / "benchwright" / "server.json"
    address.parent.mkdir()
    address.write_text(json.dumps({"api": prefect_api, "pid": 1}))
    with prefect_server() as server:
        server.wait()
        assert (prefect_api, False, True) == (server.api, server.is_ours, server.is_shared)
    assert {"api": prefect_api, "pid": 1} == json.loads(address.read_text())
    assert answers(prefect_api + "/health")


def _silent_server_of(home: Path, pid: int, port: int) -> None:
    address = home / "benchwright" / "server.json"
    address.parent.mkdir()
    address.write_text(json.dumps({"api": f"http://127.0.0.1:{port}/api", "pid": pid, "is_lasting": True}))


def test_a_server_of_another_command_that_is_only_busy_is_shared_and_no_second_one_is_started(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_health, "ANSWERS_WITHIN_S", 0.05)
    monkeypatch.setattr(servers, "_start", lambda *_, **__: pytest.fail("a second server on the same home"))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        _silent_server_of(home, os.getpid(), port)
        assert servers._find_or_start(has_password=True).is_shared
        assert f"http://127.0.0.1:{port}/api" == servers.lasting_api()


def test_what_took_the_port_of_a_command_that_has_ended_is_no_busy_server(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, helper = 2**31 - 1, StartedHelper()
    monkeypatch.setattr(server_health, "ANSWERS_WITHIN_S", 0.05)
    monkeypatch.setattr(servers, "_start", lambda *_, **__: helper)
    with socket.create_server(("127.0.0.1", 0)) as other:
        _silent_server_of(home, ended, other.getsockname()[1])
        assert servers._find_or_start(has_password=True).is_ours
        assert servers.lasting_api() is None


class StartedHelper:
    """Stands in for a started server, which takes ten seconds; the real one is behind every other test here."""

    def __init__(self) -> None:
        self.stopped_after: float | None = None
        self.n_waits = self.n_stops = 0

    def wait_for_health(self, _url: str) -> None:
        """It is healthy at once."""
        self.n_waits += 1

    def stop(self, timeout_s: float) -> None:
        """Notes that it was stopped."""
        self.stopped_after = timeout_s
        self.n_stops += 1


@pytest.mark.parametrize("content", ["", "no json", "[]", json.dumps({"api": NOBODY})])
def test_an_address_where_nobody_answers_is_forgotten_and_a_server_is_started(
    home: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    address = home / "benchwright" / "server.json"
    address.parent.mkdir()
    address.write_text(content)
    helper = StartedHelper()
    monkeypatch.setattr(servers, "_start", lambda _port, **_: helper)
    monkeypatch.setenv("PREFECT_API_URL", "")
    with prefect_server() as server:
        server.wait()
        assert (True, False) == (server.is_ours, server.is_shared)
        assert server.api == json.loads(address.read_text())["api"]
    assert not address.exists()
    assert helper.stopped_after is not None


def test_an_error_stops_the_server_without_waiting_long(monkeypatch: pytest.MonkeyPatch) -> None:
    helper = StartedHelper()
    monkeypatch.setattr(servers, "_start", lambda _port, **_: helper)
    monkeypatch.setenv("PREFECT_API_URL", "")
    with pytest.raises(KeyboardInterrupt), prefect_server():
        raise KeyboardInterrupt
    assert 0.5 == helper.stopped_after


def test_when_a_shared_server_goes_away_one_of_ours_takes_its_place_at_the_same_address(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper, ports = StartedHelper(), []

    def start(port: int, **_: object) -> Any:
        ports.append(port)
        return helper

    monkeypatch.setattr(servers, "_start", start)
    monkeypatch.setattr(servers, "LOOK_EVERY_S", 0.02)
    alive = [True]
    monkeypatch.setattr(servers, "answers", lambda *_, **__: alive[0])
    server = PrefectServer(NOBODY, is_shared=True)
    server.wait()
    assert not server.is_ours
    alive[0] = False
    assert eventually(lambda: server.is_ours and (home / "benchwright" / "server.json").exists())
    server.stop(timeout_s=1.0)
    assert ([9], 1.0) == (ports, helper.stopped_after)


def test_a_shared_server_that_is_only_busy_keeps_its_place_and_its_address(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    n_looks, started = [0], []

    def answers_at_first(*_: object, **__: object) -> bool:
        n_looks[0] += 1
        return n_looks[0] == 1

    monkeypatch.setattr(servers, "_start", lambda port, **_: started.append(port))
    monkeypatch.setattr(servers, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(servers, "answers", answers_at_first)
    monkeypatch.setattr(servers, "must_let_in", lambda _: None)
    address = home / "benchwright" / "server.json"
    address.parent.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as busy:
        api = f"http://127.0.0.1:{busy.getsockname()[1]}/api"
        address.write_text(json.dumps({"api": api, "pid": 1, "is_lasting": True}))
        server = PrefectServer(api, is_shared=True)
        server.wait()
        assert eventually(lambda: n_looks[0] > 3)
        server.stop(timeout_s=1.0)
    assert ([], False) == (started, server.is_ours)
    assert {"api": api, "pid": 1, "is_lasting": True} == json.loads(address.read_text())


def test_a_server_that_takes_some_seconds_to_answer_is_found(home: Path) -> None:
    class Busy(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Says nothing."""

        def do_GET(self) -> None:
            time.sleep(2.2)
            self.send_response(200)
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Busy) as busy:
        threading.Thread(target=busy.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        api = f"http://127.0.0.1:{busy.server_port}/api"
        address = home / "benchwright" / "server.json"
        address.parent.mkdir()
        address.write_text(json.dumps({"api": api, "pid": 1, "is_lasting": True}))
        found = servers.lasting_api()
        busy.shutdown()
    assert api == found


def test_what_was_told_is_waited_for_but_not_for_ever(prefect_api: str) -> None:
    began = time.monotonic()
    settle(NOBODY, "00000000-0000-0000-0000-000000000000", timeout_s=0.5)
    settle(prefect_api, "00000000-0000-0000-0000-000000000000", timeout_s=PATIENCE_S)
    assert time.monotonic() - began < PATIENCE_S


def test_a_server_that_is_too_busy_to_say_what_has_arrived_is_asked_again() -> None:
    counts = iter(["503", "503", "503", "503", "5", "1", "5", "1", "5", "0", "5", "0"])
    said: list[str] = []

    class Busy(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Says nothing."""

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            said.append(next(counts))
            self.send_response(503 if said[-1] == "503" else 200)
            self.end_headers()
            self.wfile.write(b'{"detail": "locked"}' if said[-1] == "503" else said[-1].encode())

    with ThreadingHTTPServer(("127.0.0.1", 0), Busy) as busy:
        threading.Thread(target=busy.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            settle(f"http://127.0.0.1:{busy.server_port}/api", "a", timeout_s=PATIENCE_S)
        finally:
            busy.shutdown()
    assert [] == list(counts)


def test_the_installed_fastapi_and_sqlalchemy_let_prefect_list_deployments_and_create_scheduled_runs(
    prefect_api: str,
) -> None:
    """Guards the bounds in pyproject.toml: newer versions of either break a Prefect server, one of them silently."""
    with patient_client(prefect_api) as client:
        nulls = {"flows": None, "flow_runs": None, "task_runs": None, "deployments": None, "work_pools": None}
        listed = client.post("deployments/filter", json={**nulls, "sort": "NAME_ASC", "limit": 10, "offset": 0})
        assert 200 == listed.status_code, listed.text

    deployment_id = asyncio.run(_deploy_with_a_schedule())

    with patient_client(prefect_api) as client:
        of_it = {"deployments": {"id": {"any_": [deployment_id]}}, "limit": 5}
        assert eventually(lambda: len(client.post("flow_runs/filter", json=of_it).json()) > 0)
        client.delete(f"deployments/{deployment_id}")


async def _deploy_with_a_schedule() -> str:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import DeploymentScheduleCreate
    from prefect.client.schemas.schedules import IntervalSchedule

    async with get_client() as client:
        flow_id = await client.create_flow_from_name("guard-of-the-bounds")
        every_hour = IntervalSchedule(interval=timedelta(hours=1))
        created = await client.create_deployment(
            flow_id, "hourly", schedules=[DeploymentScheduleCreate(schedule=every_hour, active=True)]
        )
        assert [created] == [found.id for found in await client.read_deployments() if found.id == created]
        return str(created)
