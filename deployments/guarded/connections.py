"""Restriction of Prefect's server to connect only to its database and to the webhooks that the operator named.

Automations call whatever address a block contains, and anyone with access to the API can write blocks. So the process
itself is limited: it starts no programs, names are looked up only where they are allowed, the addresses they resolve to
must be public unless they are private on purpose, and nothing is connected to that was not looked up so. That holds for
redirects, for every kind of block, and for a name that changes its address between two look-ups.
"""

import ipaddress
import os
import socket
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

WEBHOOKS_VARIABLE = "BENCHWRIGHT_WEBHOOKS"
PRIVATE = "private"
_SENDING = ("socket.connect", "socket.sendto", "socket.sendmsg")
_PROGRAMS = ("subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_PORTS = {"http": 80, "https": 443, "postgresql": 5432, "redis": 6379}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A server that connections are allowed to."""

    host: str
    port: int
    may_be_private: bool = False
    """Whether its address may be of this machine or of a network that is not public."""


class RefusedConnectionError(PermissionError):
    """A connection to a server that is not allowed."""


def read_target(text: str) -> Target:
    """Return the target in `https://hooks.example.com`, or in `http://10.0.0.5:9000 private`; a path is left out.

    Raises:
        ValueError: it is not a webhook URL.
    """
    address, _, word = text.strip().partition(" ")
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or word.strip() not in ("", PRIVATE):
        raise ValueError(f"{text!r} is not of the form https://HOST[:PORT], optionally followed by `{PRIVATE}`")
    port = parts.port or _PORTS[parts.scheme]
    return Target(host=_plain(parts.hostname), port=port, may_be_private=bool(word))


def is_public(address: str) -> bool:
    """Return whether an IP address is public: not of this machine, a local network, or a link."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        # Addresses of IPv6 that lead to one of IPv4: mapped, 6to4, and NAT64.
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if inner is None and parsed in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if parsed not in _GLOBAL_UNICAST:  # other forms of IPv4's addresses, and what was local once
            return False
    return parsed.is_global and not parsed.is_multicast


def named_webhooks(file: Path) -> list[Target]:
    """Return the operator's targets: in `BENCHWRIGHT_WEBHOOKS`, separated by commas, and in the file, one per line."""
    try:
        lines = file.read_text().splitlines()
    except (OSError, ValueError):
        lines = []
    texts = [*os.environ.get(WEBHOOKS_VARIABLE, "").split(","), *lines]
    return [read_target(text) for text in texts if text.strip()]


def own_targets() -> list[Target]:
    """Return the servers that the server itself needs: its database, and Redis where it is used."""
    targets = []
    for name in ("PREFECT_SERVER_DATABASE_CONNECTION_URL", "PREFECT_API_DATABASE_CONNECTION_URL"):
        parts = urlsplit(os.environ.get(name, ""))
        if parts.hostname and parts.scheme.startswith("postgresql"):
            targets.append(_private(parts.hostname, parts.port or _PORTS["postgresql"]))
    host = os.environ.get("PREFECT_SERVER_DATABASE_HOST")
    if host:
        targets.append(_private(host, int(os.environ.get("PREFECT_SERVER_DATABASE_PORT", _PORTS["postgresql"]))))
    if host := os.environ.get("PREFECT_REDIS_MESSAGING_HOST"):
        targets.append(_private(host, int(os.environ.get("PREFECT_REDIS_MESSAGING_PORT", _PORTS["redis"]))))
    parts = urlsplit(os.environ.get("PREFECT_SERVER_DOCKET_URL", ""))
    if parts.hostname and parts.scheme.startswith("redis"):
        targets.append(_private(parts.hostname, parts.port or _PORTS["redis"]))
    return targets


def _private(host: str, port: int) -> Target:
    return Target(host=_plain(host), port=port, may_be_private=True)


class Gate:
    """Filter of look-ups and connections. `close` applies it to the whole process, for good."""

    def __init__(self, targets: Callable[[], Iterable[Target]]) -> None:
        self._targets = targets
        self._resolved: set[tuple[str, int]] = set()
        self._look_up = socket.getaddrinfo

    def close(self) -> None:
        """Apply the filter to this process from now on. An audit hook cannot be removed again."""
        setattr(socket, "getaddrinfo", self.look_up)  # noqa: B010 - a function of another signature, to mypy
        sys.addaudithook(self._on_event)

    def look_up(self, host: Any, port: Any = None, *args: Any, **options: Any) -> list[Any]:
        """Look up a host as `socket.getaddrinfo` does, for targets only.

        Raises:
            RefusedConnectionError: the name is not a target, or leads to an address that is not public.
        """
        flags = options.get("flags", args[3] if len(args) > 3 else 0)
        if host in (None, "", b"") or flags & socket.AI_PASSIVE:  # to listen
            return self._look_up(host, port, *args, **options)
        name = _plain(host.decode() if isinstance(host, bytes) else str(host))
        targets = [target for target in self._targets() if target.host == name and _is_port(port, target.port)]
        if not targets:
            raise RefusedConnectionError(_refusal(name, port))
        entries = self._look_up(host, port, *args, **options)
        reached = [
            (entry, target.port)
            for entry in entries
            for target in targets
            if target.may_be_private or is_public(str(entry[4][0]))
        ]
        kept = [entry for entry in entries if any(entry is other for other, _ in reached)]
        if not kept:
            raise RefusedConnectionError(
                f"{name} is at {entries[0][4][0]}, an address of this machine or of a private network; "
                f"to allow it, add `{PRIVATE}` to its entry in {WEBHOOKS_VARIABLE}"
            )
        self._resolved |= {(_canonical(str(entry[4][0])), number) for entry, number in reached}
        return kept

    def allows(self, address: object) -> bool:
        """Return whether a socket may connect to this address."""
        if not isinstance(address, tuple) or len(address) < 2:  # a socket of the file system
            return True
        host, port = _canonical(str(address[0])), int(address[1])
        if (host, port) in self._resolved:
            return True
        return any(
            _canonical(target.host) == host and target.port == port and (target.may_be_private or _is_public_ip(host))
            for target in self._targets()
        )

    def _on_event(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _PROGRAMS:
            raise PermissionError(f"Prefect's server starts no programs ({event})")
        if event in _SENDING and arguments[1] is not None and not self.allows(arguments[1]):
            raise RefusedConnectionError(_refusal(str(arguments[1][0]), arguments[1][1]))


def _refusal(host: str, port: object) -> str:
    where = f"{host}:{port}" if port else host
    return f"connections to {where} are not allowed; the operator names webhooks in {WEBHOOKS_VARIABLE}"


def _plain(host: str) -> str:
    return host.lower().strip("[]").removesuffix(".")


def _canonical(host: str) -> str:
    try:
        parsed = ipaddress.ip_address(host.partition("%")[0].strip("[]"))
    except ValueError:
        return _plain(host)
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(parsed)


def _is_public_ip(host: str) -> bool:
    try:
        return is_public(host)
    except ValueError:
        return False


def _is_port(requested_port: object, port: int) -> bool:
    """Return whether a look-up is for this port, or for none yet."""
    if requested_port in (None, 0, "0", b"0", ""):
        return True
    text = requested_port.decode() if isinstance(requested_port, bytes) else str(requested_port)
    return text == str(port) or _PORTS.get(text) == port
