"""Does a server run on this machine?"""

import socket
from urllib.parse import urlsplit


def is_local(url: str) -> bool:
    """Return True where `url` names this machine: loopback, or an address of its own.

    A name is looked up, which may take a while. A server behind a tunnel or a published port looks like a local one.
    """
    host = urlsplit(url).hostname
    if host is None:
        return False
    try:
        addresses = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return False
    return any(_is_own(family, address) for family, _, _, _, address in addresses)


def _is_own(family: int, address: tuple[object, ...]) -> bool:
    """Return whether an address is this machine's: nobody else's can be bound. Nothing is sent."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind(address)
    except OSError:
        return False
    return True
