"""Who logs in how, and where a server of ours is written down."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deployments.prefect_home import login, read_address, remove_address, write_address
from deployments.prefect_server import lasting_api, must_let_in, use_lasting_server
from evaluation.errors import ConfigurationError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Prefect folder of this test's own, and no variable that names a server or a password."""
    names = ("API_URL", "PROFILE", "PROFILES_PATH", "API_AUTH_STRING", "SERVER_API_AUTH_STRING")
    for name in names:
        monkeypatch.delenv(f"PREFECT_{name}", raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def locked() -> Iterator[str]:
    """The API of a server that lets nobody in but `ana:word`, and tells its health to all."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Says nothing."""

        def do_GET(self) -> None:
            is_open = self.path.endswith("/health") or self.headers.get("Authorization") == "Basic YW5hOndvcmQ="
            self.send_response(200 if is_open else 401)
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/api"
    server.shutdown()
    server.server_close()


def test_the_login_is_the_clients_variable_then_the_servers_then_the_profile(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert login() is None
    (home / "profiles.toml").write_text('active = "a"\n[profiles.a]\nPREFECT_API_AUTH_STRING = "of:profile"\n')
    assert ("of", "profile") == login()
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", "ana:word:with:colons")
    assert ("ana", "word:with:colons") == login()
    (home / "profiles.toml").unlink()
    monkeypatch.delenv("PREFECT_API_AUTH_STRING")
    monkeypatch.setenv("PREFECT_SERVER_API_AUTH_STRING", "of:server")
    assert ("of", "server") == login()


def test_a_server_that_asks_for_a_password_is_an_error_that_says_what_to_set_and_shows_none(
    locked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError, match="requires a password, and none is set") as without:
        must_let_in(locked)
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", "ana:wrong")
    with pytest.raises(ConfigurationError, match="another one than in PREFECT_API_AUTH_STRING") as wrong:
        must_let_in(locked)
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", "ana:word")
    must_let_in(locked)
    must_let_in("http://127.0.0.1:9/api")

    assert "export PREFECT_API_AUTH_STRING=user:password" in str(without.value.next_step)
    assert "ana:wrong" not in f"{wrong.value.message}{wrong.value.next_step}"


def test_only_a_server_that_outlives_commands_is_used_for_what_outlives_them(locked: str, home: Path) -> None:
    write_address(locked)
    assert (locked, None) == (read_address(), lasting_api())
    with pytest.raises(ConfigurationError, match="no Prefect server is configured, and it is needed") as caught:
        use_lasting_server("it is needed")
    write_address(locked, is_lasting=True)
    assert locked == lasting_api()
    remove_address("http://somebody/api")
    assert json.loads((home / "benchwright" / "server.json").read_text())["is_lasting"]
    remove_address(locked)
    assert read_address() is None

    assert "benchwright serve" in str(caught.value.next_step)
