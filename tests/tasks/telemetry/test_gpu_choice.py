import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.telemetry import gpu_choice
from tasks.telemetry.gpu_choice import CardChoice, is_local, serving_processes
from tasks.telemetry.nvml import GpuReading


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:11434", "http://localhost:11434", "https://127.1.2.3/ollama", f"http://{socket.gethostname()}"],
)
def test_loopback_and_this_machines_own_name_are_local(url: str) -> None:
    if url.endswith(socket.gethostname()):
        try:
            socket.getaddrinfo(socket.gethostname(), None)
        except OSError:
            pytest.skip("this machine's name cannot be looked up")
    assert is_local(url)


@pytest.mark.parametrize(
    "url", ["http://192.0.2.7:11434", "http://[2001:db8::1]:11434", "http://no-such-host.invalid:1", "x"]
)
def test_another_machines_address_and_an_unknown_name_are_not_local(url: str) -> None:
    assert not is_local(url)


@pytest.fixture
def port() -> Iterator[int]:
    """A port on which this process listens."""
    if not Path("/proc/net/tcp").exists():
        pytest.skip("this system has no /proc/net/tcp")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_a_port_leads_to_its_process_and_to_what_that_started(port: int) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        found = serving_processes(port)
        child.communicate(b"\n")

    assert {os.getpid(), child.pid} <= found
    assert os.getppid() not in found


def test_a_port_on_which_nobody_listens_leads_to_nobody(port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        closed = other.getsockname()[1]

    assert frozenset() == serving_processes(closed)


def test_a_system_without_proc_knows_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_choice, "PROC", tmp_path / "nothing")

    assert frozenset() == serving_processes(11434)


SMALL, LARGE = ("small", "http://127.0.0.1:11434"), ("large", "https://localhost")
BOTH = frozenset({0, 1})


def _readings(*pids: set[int]) -> list[GpuReading]:
    """A card each, with the processes that compute on it."""
    return [
        GpuReading(
            index=index,
            name="Fake",
            uuid=None,
            read_at=datetime.now(UTC),
            pids=frozenset(of_card),
            utilisation=None,
            memory_used_bytes=None,
            memory_total_bytes=None,
            power_w=None,
        )
        for index, of_card in enumerate(pids)
    ]


def _choice(*endpoints: tuple[str, str], serving: Mapping[int, set[int]] | None = None) -> CardChoice:
    """A choice where the processes behind each port are known."""
    processes = serving or {}
    return CardChoice(endpoints, serving=lambda port: frozenset(processes.get(port, set())))


def test_two_servers_pinned_to_two_cards_have_one_each() -> None:
    choice = _choice(SMALL, LARGE, serving={11434: {10, 11}, 443: {20}})

    assert {"small": {0}, "large": {1}} == choice.choose(_readings({11, 99}, {20}))
    assert not choice.is_a_guess


def test_a_model_on_two_cards_has_both() -> None:
    choice = _choice(SMALL, serving={11434: {10}})

    assert {"small": BOTH} == choice.choose(_readings({10}, {10}))
    assert not choice.is_a_guess


def test_a_server_whose_processes_cannot_be_seen_has_the_cards_that_nobody_else_has() -> None:
    choice = _choice(SMALL, LARGE, serving={11434: {10}})

    assert {"small": {0}, "large": {1}} == choice.choose(_readings({10}, {77}, set()))
    assert not choice.is_a_guess


def test_servers_that_cannot_be_seen_share_all_cards_on_which_somebody_computes() -> None:
    choice = _choice(SMALL, LARGE)

    assert {"small": BOTH, "large": BOTH} == choice.choose(_readings({77}, {78}, set()))
    assert choice.is_a_guess


def test_a_server_in_a_container_has_the_cards_on_which_a_stranger_computes() -> None:
    choice = _choice(SMALL, serving={11434: {10}})

    assert {"small": {1}} == choice.choose(_readings(set(), {77}))
    assert {"small": {1}} == choice.choose(_readings(set(), set()))
    assert not choice.is_a_guess


def test_before_anybody_computed_all_cards_are_taken() -> None:
    choice = _choice(SMALL, serving={11434: {10}})

    assert {"small": BOTH} == choice.choose(_readings(set(), set()))
    assert {"small": {1}} == choice.choose(_readings(set(), {10}))


def test_between_two_models_a_server_keeps_its_card() -> None:
    choice = _choice(SMALL, serving={11434: {10}})
    choice.choose(_readings({77}, {10}))

    assert {"small": {1}} == choice.choose(_readings({77}, set()))


def test_processes_are_looked_up_again_only_when_others_compute() -> None:
    asked: list[int] = []

    def serving(port: int) -> frozenset[int]:
        asked.append(port)
        return frozenset({10})

    choice = CardChoice([SMALL], serving=serving)
    for pids in ({10}, {10}, {10, 11}, {10, 11}):
        choice.choose(_readings(pids))

    assert [11434, 11434] == asked
