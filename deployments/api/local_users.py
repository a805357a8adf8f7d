"""Which user of this machine has the other end of a connection, from the kernel's table of connections (Linux).

A connection is recognised by both of its addresses. The kernel gives sockets whose program has closed them to root and
takes away their inode: such an end belongs to nobody, and is not taken for root's.
"""

import os
import socket
import sys
from collections.abc import Iterator
from ipaddress import IPv6Address, ip_address
from pathlib import Path

Address = tuple[str, int]
TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))


def is_loopback(host: str) -> bool:
    """Return whether an address is one of this machine's own."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return bool((mapped or address).is_loopback)


def is_of_own_user(client: Address, server: Address, tables: tuple[Path, ...] = TABLES) -> bool:
    """Return whether a connection comes from this user or root; True where the kernel does not list connections.

    Args:
        client: Address of the other end.
        server: Address of our end.
        tables: The kernel's tables.
    """
    theirs, ours = _written(client), _written(server)
    is_listed = False
    for local, remote, uid, inode in _rows(tables):
        if local in theirs and remote in ours:
            is_listed = True
            if inode and uid in (os.getuid(), 0):
                return True
        is_listed = is_listed or (local in ours and remote in theirs)
    return not is_listed


def _rows(tables: tuple[Path, ...]) -> Iterator[tuple[str, str, int, int]]:
    """Yield local and remote address, user id and inode of each connection."""
    for table in tables:
        try:
            lines = table.read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            yield fields[1], fields[2], int(fields[7]), int(fields[9])


def _written(address: Address) -> set[str]:
    """Return an address as the tables write it: of IPv4, alone and as one of IPv6."""
    host, port = ip_address(address[0].partition("%")[0]), address[1]
    if isinstance(host, IPv6Address) and host.ipv4_mapped is not None:
        host = host.ipv4_mapped
    plain = _words(host.packed)
    forms = {plain}
    if not isinstance(host, IPv6Address):
        forms.add(_words(socket.inet_pton(socket.AF_INET6, f"::ffff:{host}")))
    return {f"{form}:{port:04X}" for form in forms}


def _words(packed: bytes) -> str:
    """Return bytes in hexadecimal digits, each four of them in the order of this machine."""
    words = (packed[begin : begin + 4] for begin in range(0, len(packed), 4))
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
