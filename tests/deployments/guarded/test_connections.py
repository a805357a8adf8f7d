"""Where a limited process may connect to, and what a webhook's address may be."""

import json
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from deployments.guarded.connections import (
    Gate,
    RefusedConnectionError,
    is_public,
    named_webhooks,
    own_targets,
    read_target,
)

PUBLIC = "93.184.216.34"


def gate(*entries: str, names: dict[str, list[str]] | None = None) -> Gate:
    """A gate for these entries, with these names in place of the network's."""
    made = Gate(lambda: [read_target(entry) for entry in entries])

    def look_up(host: Any, port: Any = None, *_: Any, **__: Any) -> list[Any]:
        addresses = (names or {}).get(host.lower().rstrip("."), [host])
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port or 0)) for address in addresses]

    made._look_up = look_up  # type: ignore[assignment]
    return made


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::7f00:1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "fec0::1",
    ],
)
def test_addresses_of_this_machine_of_networks_and_links_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "2606:4700::1111", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


def test_a_named_server_is_looked_up_and_connected_to_and_no_other() -> None:
    limited = gate("https://hooks.example.com", names={"hooks.example.com": [PUBLIC]})
    assert not limited.allows((PUBLIC, 443))
    limited.look_up("HOOKS.example.com.", 443)
    with pytest.raises(RefusedConnectionError, match=r"connections to hooks\.example\.com:80 are not"):
        limited.look_up("hooks.example.com", 80)
    with pytest.raises(RefusedConnectionError, match="the operator names webhooks in BENCHWRIGHT_WEBHOOKS"):
        limited.look_up("evil.example", 443)
    with pytest.raises(RefusedConnectionError):
        limited.look_up("hooks.example.com.evil.example", 443)


def test_what_a_name_was_resolved_to_may_be_connected_to_at_its_port_alone() -> None:
    limited = gate("https://hooks.example.com", names={"hooks.example.com": [PUBLIC]})
    limited.look_up("hooks.example.com", 443)
    assert limited.allows((PUBLIC, 443))
    assert not limited.allows((PUBLIC, 22))
    assert not limited.allows(("93.184.216.35", 443))


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "10.0.0.5"])
def test_a_name_that_leads_to_a_private_address_is_refused_unless_that_is_meant(address: str) -> None:
    names = {"hooks.example.com": [address]}
    with pytest.raises(RefusedConnectionError, match=f"hooks.example.com is at {address}.*`private`"):
        gate("http://hooks.example.com", names=names).look_up("hooks.example.com", 80)
    meant = gate("http://hooks.example.com private", names=names)
    meant.look_up("hooks.example.com", 80)
    assert meant.allows((address, 80))


def test_a_word_for_one_port_says_nothing_of_another_port_of_the_same_name() -> None:
    made = gate("https://hook.test", "http://hook.test:9000 private", names={"hook.test": ["10.0.0.7", PUBLIC]})
    assert ["10.0.0.7", PUBLIC] == [entry[4][0] for entry in made.look_up("hook.test")]
    assert made.allows(("10.0.0.7", 9000))
    assert made.allows((PUBLIC, 443))
    assert not made.allows(("10.0.0.7", 443))


def test_of_public_and_private_addresses_the_public_ones_are_left() -> None:
    limited = gate("http://both.example", names={"both.example": ["127.0.0.1", PUBLIC]})
    assert [PUBLIC] == [entry[4][0] for entry in limited.look_up("both.example", 80)]
    assert not limited.allows(("127.0.0.1", 80))


def test_an_ip_address_is_connected_to_where_it_is_named_and_a_private_one_where_that_is_meant() -> None:
    limited = gate(f"http://{PUBLIC}:8080", "http://127.0.0.1:9000", "http://10.0.0.5:9000 private")
    assert limited.allows((PUBLIC, 8080))
    assert not limited.allows((PUBLIC, 80))
    assert not limited.allows(("127.0.0.1", 9000))
    assert limited.allows(("10.0.0.5", 9000))
    assert limited.allows(("::ffff:10.0.0.5", 9000, 0, 0))
    assert limited.allows("/run/postgresql/.s.PGSQL.5432")


@pytest.mark.parametrize(
    "text",
    ["", "hooks.example.com", "ftp://a", "file:///etc/passwd", "http://", "http://a b", "gopher://a", "http://a publc"],
)
def test_a_webhook_is_named_by_an_http_address(text: str) -> None:
    with pytest.raises(ValueError, match="is not of the form"):
        read_target(text)


def test_what_the_operator_named_is_read_from_the_variable_and_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCHWRIGHT_WEBHOOKS", "https://a.example/path?x=1, http://10.0.0.5:9 private,")
    file = tmp_path / "webhooks"
    file.write_text("http://b.example:8080\n\n")
    assert [("a.example", 443, False), ("10.0.0.5", 9, True), ("b.example", 8080, False)] == [
        (target.host, target.port, target.may_be_private) for target in named_webhooks(file)
    ]
    monkeypatch.delenv("BENCHWRIGHT_WEBHOOKS")
    assert [] == named_webhooks(tmp_path / "none")


def test_the_servers_own_database_may_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [] == own_targets()
    monkeypatch.setenv("PREFECT_SERVER_DATABASE_CONNECTION_URL", "postgresql+asyncpg://u:p@postgres:6432/prefect")
    assert [("postgres", 6432, True)] == [(one.host, one.port, one.may_be_private) for one in own_targets()]
    monkeypatch.setenv("PREFECT_SERVER_DATABASE_CONNECTION_URL", "sqlite+aiosqlite:////home/prefect.db")
    assert [] == own_targets()


TRIALS = """
import asyncio, json, socket, sys, urllib.request
from deployments.guarded.connections import Gate, read_target
port = int(sys.argv[1])
Gate(lambda: [read_target(text) for text in sys.argv[2:]]).close()

async def by_asyncio(host):
    _, writer = await asyncio.open_connection(host, port)
    writer.close()

async def by_httpx(host):
    import httpx
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.get(f"http://{host}:{port}/")

trials = {
    "socket": lambda: socket.create_connection(("127.0.0.1", port)).close(),
    "socket by name": lambda: socket.create_connection(("localhost", port)).close(),
    "connect_ex": lambda: [None][socket.socket().connect_ex(("127.0.0.1", port)) and 1],
    "asyncio": lambda: asyncio.run(by_asyncio("127.0.0.1")),
    "asyncio by name": lambda: asyncio.run(by_asyncio("localhost")),
    "httpx": lambda: asyncio.run(by_httpx("127.0.0.1")),
    "urllib": lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/").close(),
    "datagram": lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port)),
    "message": lambda: socket.socket(type=socket.SOCK_DGRAM).sendmsg([b"x"], [], 0, ("127.0.0.1", port)),
    "listen": lambda: socket.create_server(("127.0.0.1", 0)).close(),
}
found = {}
for name, trial in trials.items():
    try:
        trial()
        found[name] = "done"
    except Exception as error:
        found[name] = f"{type(error).__name__}: {error}"
print(json.dumps(found))
"""


class Answers(BaseHTTPRequestHandler):
    """Answers a GET with nothing."""

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()


def trials(*words: str) -> dict[str, str]:
    """What became of each way to connect, in a process limited to these webhooks."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", TRIALS, *words], capture_output=True, text=True, check=True, timeout=240
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_a_limited_process_connects_nowhere_by_any_way() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.01)
        found = trials(str(listener.getsockname()[1]))
        with pytest.raises(TimeoutError):
            listener.accept()
    assert "done" == found.pop("listen")
    assert 9 == len(found)
    assert "done" not in found.values()
    assert {"httpx"} == {
        name for name, said in found.items() if "not allowed" not in said
    }  # it keeps the reason inside


PROGRAMS = """
import os, subprocess, sys
from deployments.guarded.connections import Gate
Gate(list).close()
for trial in (
    lambda: subprocess.run([sys.executable, "-c", ""]),
    lambda: os.system("true"),
    lambda: os.posix_spawn("/bin/true", ["true"], {}),
    lambda: os.execv("/bin/true", ["true"]),
    os.fork,
):
    try:
        trial()
    except PermissionError as error:
        print(error)
"""


def test_a_limited_process_starts_no_programs() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAMS], capture_output=True, text=True, check=True, timeout=240)
    assert 5 == done.stdout.count("Prefect's server starts no programs")


def test_a_limited_process_connects_to_a_named_server() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        port = server.server_port
        found = trials(str(port), f"http://127.0.0.1:{port} private", f"http://localhost:{port} private")
        server.shutdown()
    assert {"done"} == set(found.values()), found
