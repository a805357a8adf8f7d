import socket

import pytest

from tasks.telemetry.locality import is_local


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
