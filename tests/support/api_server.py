"""The HTTP interface as `python -m deployments.api` starts it, in a process of its own, and raw requests to it."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from free_ports import free_port
from served import eventually


@dataclass(frozen=True)
class ApiServer:
    """A running server."""

    port: int
    log: Path
    process_id: int = 0

    def send(self, *parts: bytes) -> tuple[int, bytes]:
        """Send bytes on a new connection; return the status and the whole answer."""
        with socket.create_connection(("127.0.0.1", self.port), 30) as connection:
            for part in parts:
                connection.sendall(part)
            answer = b""
            while more := self._more(connection):
                answer += more
        match = re.match(rb"HTTP/1\.1 (\d{3})", answer)
        return (int(match[1]) if match else 0), answer

    def _more(self, connection: socket.socket) -> bytes:
        try:
            return connection.recv(65536)
        except ConnectionResetError:
            return b""


@contextmanager
def api_server(database: str, folder: Path, *options: str) -> Iterator[ApiServer]:
    """Run the server on a database until the end of the block."""
    server = ApiServer(free_port(), folder / "api.log")
    with server.log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "deployments.api", "--port", str(server.port), *options],
            env={**os.environ, "BENCHWRIGHT_DATABASE_URL": database},
            stdout=log,
            stderr=log,
        )
        try:
            assert eventually(lambda: process.poll() is not None or _listens(server.port))
            assert process.poll() is None, server.log.read_text()
            yield replace(server, process_id=process.pid)
        finally:
            process.terminate()
            process.wait(30)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
