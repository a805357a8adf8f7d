"""The lock on a Prefect home: one `benchwright serve` at a time, and no other server on the same files."""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from deployments.helper_process import answers
from deployments.prefect_home import configured_api, own_folder, prefect_home
from deployments.prefect_server import HEALTH, free_port, running_api
from evaluation.errors import ConfigurationError
from evaluation.files.private_files import make_private_file
from evaluation.providers.addresses import without_credentials

HERE = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A running `benchwright serve`."""

    pid: int
    page: str
    """Address of Prefect's pages, which may not be ready yet."""
    embedded: str | None = None
    """Address of its embedded server; None: it has none, or not yet."""
    own_pages: str | None = None
    """Address of Benchwright's own pages; None: they are not there yet."""


@contextmanager
def hold_home(port: int) -> Iterator[None]:
    """Hold this home until the end of the block, or of the process.

    Raises:
        ConfigurationError: another `benchwright serve` holds it.
    """
    path = own_folder() / "serve.json"
    make_private_file(path)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigurationError(
                f"`benchwright serve` runs on {str(prefect_home())!r} already{_process_and_page(file.name)}",
                "Stop that one with Ctrl-C, or give this one a home of its own: `export PREFECT_HOME=FOLDER`.",
            ) from None
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "page": f"http://127.0.0.1:{port}"}))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def note_servers(*, embedded: str | None = None, own_pages: str | None = None) -> None:
    """Record the addresses of servers of this `serve` process for other processes; None: as it was recorded before.

    It is written atomically, so that a concurrent reader finds the old or the new content.
    """
    path = prefect_home() / "benchwright" / "serve.json"
    if (serving := _read(path)) is not None:
        fields = replace(serving, embedded=embedded or serving.embedded, own_pages=own_pages or serving.own_pages)
        with path.open("r+b", buffering=0) as file:
            file.write(json.dumps(asdict(fields)).encode())


def _process_and_page(path: str) -> str:
    serving = _read(Path(path))
    return "" if serving is None else f": process {serving.pid}, {serving.page}"


def find_serve() -> Serving | None:
    """Return the `benchwright serve` that holds this home now; None where there is none."""
    path = prefect_home() / "benchwright" / "serve.json"
    serving = _read(path)
    if serving is None:  # nothing ever served, or what did has ended: nobody's lock is touched
        return None
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return serving
    except OSError:
        return None
    return None  # it was killed, and could not say that it ended


def _read(path: Path) -> Serving | None:
    try:
        fields = json.loads(path.read_text())
        serving = Serving(
            pid=int(fields["pid"]),
            page=str(fields["page"]),
            embedded=fields.get("embedded"),
            own_pages=fields.get("own_pages"),
        )
        return serving if urlsplit(serving.page).port else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def must_be_free(port: int) -> None:
    """Check that a server of ours can run at this port, on this home.

    Raises:
        ConfigurationError: the port is taken, another server uses the home, or the user has configured another one.
    """
    if is_taken(port):
        who = "by a Prefect server" if answers(f"http://127.0.0.1:{port}/api{HEALTH}") else "by another program"
        raise ConfigurationError(
            f"port {port} is taken {who}", f"Give a free one, such as `--port {_free_above(port)}`."
        )
    named = configured_api()
    if named is not None and not _is_at(named, port):
        raise ConfigurationError(
            f"PREFECT_API_URL, or your Prefect profile, sets the server {_address(named)}, and `serve` starts its own",
            "To use that one: `benchwright deploy --work-pool NAME` and `prefect worker start --pool NAME`. "
            "Otherwise: `unset PREFECT_API_URL`, or `prefect config unset PREFECT_API_URL`.",
        )
    if named is None and (standing := running_api()) is not None:
        raise ConfigurationError(
            f"another command has a Prefect server on {str(prefect_home())!r}, at {standing}",
            "It goes when that command ends. Or give this one a home of its own: `export PREFECT_HOME=FOLDER`.",
        )


def is_taken(port: int) -> bool:
    """Return whether a program listens at this port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what has ended a moment ago holds nothing
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise ConfigurationError(
                f"port {port} is for the system alone", "Give one above 1023: `--port 4200`."
            ) from None
        except OSError:
            return True
    return False


def _free_above(port: int) -> int:
    return next((other for other in range(port + 1, min(port + 50, 65536)) if not is_taken(other)), free_port())


def _is_at(api: str, port: int) -> bool:
    parts = urlsplit(api)
    return parts.hostname in HERE and parts.port == port


def _address(api: str) -> str:
    """Return the address without any password in it."""
    return without_credentials(api)
