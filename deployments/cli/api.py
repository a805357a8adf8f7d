"""The `benchwright api` command: the HTTP interface alone, in the place of this process."""

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from deployments.cli.arguments import DatabaseOption, open_results
from deployments.cli.long_commands import name_servers_of_serve
from deployments.cli.serve_options import AllowedHostsOption, FormFilesOption, tell_servers
from deployments.cli.terminal.output import print_status
from deployments.prefect_home import configured_api, login, read_address
from deployments.serving.home_lock import is_taken
from evaluation.errors import ConfigurationError

if TYPE_CHECKING:
    from evaluation.store.session import Store

PORT = 4210
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def api(
    port: Annotated[int, typer.Option(metavar="N", min=1, max=65535, help="Its port.")] = PORT,
    host: Annotated[
        str,
        typer.Option(metavar="ADDRESS", help="Address to listen at; beyond this machine every request needs a key."),
    ] = "127.0.0.1",
    require_key: Annotated[
        bool, typer.Option("--require-key", help="Require a key of programs on this machine too.")
    ] = False,
    allow_host: AllowedHostsOption = None,
    form_files: FormFilesOption = None,
    db: DatabaseOption = None,
) -> None:
    """Serve results, runs and recommendations over HTTP, until Ctrl-C: pages and an API.

    Work is started on the Prefect server of `benchwright serve`, or on the one that PREFECT_API_URL names. Flow runs
    there whose process is gone are taken up, as `benchwright serve` does.
    """
    tell_servers(allow_host or (), form_files)
    if is_taken(port):
        raise ConfigurationError(f"port {port} is taken by another program", "Give a free one with `--port N`.")
    with open_results(db) as store:
        os.environ["BENCHWRIGHT_DATABASE_URL"] = store.url
        _must_have_key(host, store)
    _name_prefect()
    name_servers_of_serve()
    words = ["--host", host, "--port", str(port), *["--require-key"] * require_key, "--take-up"]
    address = f"http://{host if ':' not in host else f'[{host}]'}:{port}"
    print_status(f"pages at {address}, API at {address}/api/v1; Ctrl-C stops both")
    os.execv(sys.executable, [sys.executable, "-P", "-m", "deployments.api", *words])  # noqa: S606 - no shell is needed


def _must_have_key(host: str, store: "Store") -> None:
    """Refuse to listen beyond this machine while no key would let anybody in."""
    from evaluation.store.api_keys import has_valid_keys

    if host not in _LOOPBACK and not has_valid_keys(store):
        raise ConfigurationError(
            f"--host {host} is beyond this machine, where every request needs a key, and there is none",
            "`benchwright keys create --name NAME --scope read` makes one",
        )


def _name_prefect() -> None:
    """Name the Prefect server of `benchwright serve`, if one stands, so that the API starts work there."""
    if configured_api() or (address := read_address()) is None:
        return
    os.environ["PREFECT_API_URL"] = address
    if (password := login(address)) is not None:
        os.environ["PREFECT_API_AUTH_STRING"] = ":".join(password)
