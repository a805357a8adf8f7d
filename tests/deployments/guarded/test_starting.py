"""Where and how the guarded server listens, by words, variables and profiles; nothing is served here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deployments.guarded.server import main

pytestmark = pytest.mark.long

START = """
import subprocess
import sys

import uvicorn


def record(_app, **options):
    from prefect.settings import get_current_settings

    print("listens", options["host"], bool(get_current_settings().server.api.auth_string))


class Refused(subprocess.Popen):
    def __init__(self, argv, *args, **options):
        if "uvicorn" in argv:
            raise SystemExit("started another process")
        super().__init__(argv, *args, **options)


uvicorn.run = record
subprocess.Popen = Refused
from deployments.guarded.server import main
main(["server", "start", "--port", "0", *sys.argv[1:]])
"""
"""Prefect's own command, up to where it would listen or start another process."""


def start(home: Path, *words: str, profile: str = "") -> subprocess.CompletedProcess[str]:
    """What a start with these words says, on a home with this setting in its profile."""
    home.mkdir()
    if profile:
        (home / "profiles.toml").write_text(f'active = "own"\n[profiles.own]\n{profile}\n')
    settings = ("PREFECT_", "BENCHWRIGHT_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(settings)}
    env.update(PREFECT_HOME=str(home), HOME=str(home))
    argv = [sys.executable, "-W", "ignore", "-c", START, *words]
    return subprocess.run(argv, env=env, capture_output=True, text=True, check=False, timeout=240)


def test_a_profile_that_names_an_open_address_needs_a_password(tmp_path: Path) -> None:
    done = start(tmp_path / "home", profile='PREFECT_SERVER_API_HOST = "0.0.0.0"')
    assert "listens" not in done.stdout
    assert done.returncode == 1
    assert "listen at 0.0.0.0, beyond this machine, without a password" in done.stderr
    assert "next: Give --host 0.0.0.0" in done.stderr


def test_an_open_address_that_is_given_gets_a_password(tmp_path: Path) -> None:
    done = start(tmp_path / "home", "--host", "0.0.0.0")
    assert "listens 0.0.0.0 True" in done.stdout


def test_a_server_in_the_background_would_be_prefects_own_and_is_refused(tmp_path: Path) -> None:
    done = start(tmp_path / "home", "--background")
    assert done.returncode == 1
    assert "--background is not offered here" in done.stderr
    assert not (tmp_path / "home" / "server.pid").exists()


@pytest.mark.parametrize("words", [["server", "services", "start"], ["server", "database", "reset"], ["version"], []])
def test_other_commands_of_prefects_are_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit, match="expected `server start …`"):
        main(words)
