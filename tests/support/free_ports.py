"""Ports for servers that bind theirs seconds after it was chosen, when nobody must have been given it meanwhile."""

import random
import socket
from pathlib import Path

_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST = 12_000


def free_port() -> int:
    """A port where nobody listens, and which the system gives to nobody who asks for any."""
    try:
        end = int(_EPHEMERAL.read_text().split()[0])
    except (OSError, ValueError):
        end = 32_768
    while True:
        port = random.randrange(_LOWEST, max(end, _LOWEST + 5_000))
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
