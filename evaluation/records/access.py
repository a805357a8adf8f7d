"""Records of access through the HTTP interface: keys, changes, and requests that were sent before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Scope(StrEnum):
    """What a key allows."""

    READ = "read"
    """Read everything that is stored."""
    RUN = "run"
    """Start, cancel and resume work, and store results of people; includes `read`."""
    ADMIN = "admin"
    """Change endpoints, policies and keys; includes `run` and `read`."""
    CHAT = "chat"
    """Ask models through the gateway."""

    @property
    def included(self) -> frozenset["Scope"]:
        """This scope and the ones that it includes."""
        below = {Scope.RUN: {Scope.READ}, Scope.ADMIN: {Scope.READ, Scope.RUN, Scope.CHAT}}
        return frozenset({self, *below.get(self, ())})


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A stored key, without its secret."""

    key_id: str
    """Public part of the key, which identifies it in lists, logs and the audit."""
    name: str
    scopes: tuple[str, ...]
    rate: str | None
    """Limit such as `60/minute`; None: only the server's own."""
    created_at: datetime
    budget: Mapping[str, float] | None
    """The most that its calls of models may use on one day, as `Budget` counts; None: no limit."""
    expires_at: datetime | None
    revoked_at: datetime | None

    def allows(self, scope: Scope) -> bool:
        """Return whether one of the key's scopes includes this one."""
        return any(scope in Scope(name).included for name in self.scopes)

    def is_valid(self, moment: datetime) -> bool:
        """Return whether the key is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or moment < self.expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """A change requested through the HTTP interface."""

    entry_id: int
    at: datetime
    key_id: str | None
    """None: a request from this machine without a key."""
    key_name: str
    method: str
    path: str
    status: int
    """HTTP status of the answer."""
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReply:
    """The answer to a request with an idempotency key."""

    body_hash: str
    """Hash of the request, which tells a repetition from another request under the same key."""
    status: int | None
    """None while the first request is being answered."""
    body: str | None
