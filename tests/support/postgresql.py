"""A PostgreSQL server of the tests' own, on a socket of its own, which can be stopped and started again."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

LONGEST_START_S = "600"
"""On a busy machine. A server that ends while it starts is not waited for."""
_FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def _program(name: str) -> str | None:
    folders = [str(folder) for folder in _FOLDERS]
    return shutil.which(name, path=os.pathsep.join([*folders, os.environ.get("PATH", "")]))


def is_installed() -> bool:
    """True where a server can be made here."""
    return _program("initdb") is not None and _program("pg_ctl") is not None


def _unprivileged_user() -> str | None:
    """Who runs PostgreSQL, which refuses to be run by root; None: we are not root."""
    if os.geteuid() != 0:
        return None
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in known), None)


class PostgresqlServer:
    """A server in a folder. Made by `postgresql`."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._user = _unprivileged_user()
        self.url = f"postgresql://tester@/postgres?host={folder}"
        """Of its maintenance database."""

    def make(self) -> None:
        """Makes the server's files."""
        if self._user is not None:
            shutil.chown(self._folder, self._user)
        initdb = str(_program("initdb"))
        self._run(initdb, "-U", "tester", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")

    def start(self) -> None:
        """Starts the server. It does not wait for the disk, and loses nothing unless the machine itself crashes."""
        settings = {
            "listen_addresses": "''",
            "unix_socket_directories": f"'{self._folder}'",
            "fsync": "off",
            "full_page_writes": "off",
            "autovacuum": "off",
        }
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self._run(
            str(_program("pg_ctl")), "-w", "-t", LONGEST_START_S, "-l", f"{self._folder}/log", "-o", options, "start"
        )

    def stop(self) -> None:
        """Ends the server at once, as a crash would."""
        self._run(str(_program("pg_ctl")), "-w", "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [program, "-D", f"{self._folder}/data", *arguments],
            user=self._user,
            cwd=self._folder,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@contextmanager
def postgresql() -> Iterator[PostgresqlServer]:
    """A running server, stopped at the end."""
    # Not under pytest's own folder: other users may not enter that one, and a socket's path must be short.
    with TemporaryDirectory(prefix="benchwright-pg-") as folder:
        server = PostgresqlServer(folder)
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()
