"""Which servers the webhooks of alerts may call: what the operator named on the command line is noted for our servers.

Prefect's server reads it for each connection (`guarded/connections.py`). The note holds scheme, host and port alone,
since the rest of a webhook's address is a secret.
"""

import socket
from urllib.parse import urlsplit

from deployments.guarded.connections import PRIVATE, WEBHOOKS_VARIABLE, is_public, read_target
from deployments.prefect_home import own_folder, webhooks_file
from evaluation.errors import ConfigurationError
from evaluation.files.private_files import make_private_file


def allow_webhook(url: str, *, may_be_private: bool) -> None:
    """Let our Prefect servers on this home call the server of this address from now on.

    Args:
        url: Of the webhook; its path is not noted.
        may_be_private: It may be on this machine or in a network that is not public.

    Raises:
        ConfigurationError: it is not a webhook URL, or it is private and must not be.
    """
    entry = _entry(url)
    if not may_be_private and (address := _private_address(url)) is not None:
        raise ConfigurationError(
            f"the webhook's server {urlsplit(url).hostname!r} is at {address}, an address of this machine or of a "
            "private network",
            "Add --private if that is intended.",
        )
    own_folder()
    path = webhooks_file()
    make_private_file(path)
    entry = f"{entry} {PRIVATE}" if may_be_private else entry
    if entry not in path.read_text().splitlines():
        with path.open("a") as file:
            file.write(f"{entry}\n")


def _entry(url: str) -> str:
    try:
        target = read_target(url.replace(" ", "%20"))
    except ValueError:
        raise ConfigurationError(
            "the address of a webhook must begin with http:// or https:// and name a host",
            f"Give such a URL. For a block without one, name its server in {WEBHOOKS_VARIABLE} of Prefect's server.",
        ) from None
    host = f"[{target.host}]" if ":" in target.host else target.host
    return f"{urlsplit(url).scheme.lower()}://{host}:{target.port}"


def _private_address(url: str) -> str | None:
    """Return an address of the webhook's server that is not public; None: there is none, or it is not known now."""
    try:
        entries = socket.getaddrinfo(urlsplit(url).hostname, None, type=socket.SOCK_STREAM)
    except OSError:
        return None
    return next((str(entry[4][0]) for entry in entries if not is_public(str(entry[4][0]))), None)
