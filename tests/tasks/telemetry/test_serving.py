import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.telemetry import serving
from tasks.telemetry.serving import serving_processes


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
    monkeypatch.setattr(serving, "PROC", tmp_path / "nothing")

    assert frozenset() == serving_processes(11434)
