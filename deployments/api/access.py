"""Who may ask what: keys with scopes, their rates, and programs of this machine that have no key."""

import hashlib
import hmac
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fastapi import Depends, Request

from deployments.api.local_users import Address, is_loopback, is_of_own_user
from deployments.api.problems import ProblemError
from deployments.api.rates import Rates
from evaluation.records.access import ApiKey, Scope
from evaluation.store.api_keys import PREFIX, authenticate
from evaluation.store.session import Store

LOCAL = "local"
"""Name of requests without a key, from this machine."""
CONNECTION = "connection"
"""Name in the state of a request under which its connection stands."""
KNOWN_FOR_S = 1.0
"""Seconds for which a valid key is not looked up again, nor the user at the other end of a connection."""
_MOST_RECENT = 1024
_NO_KEY_STEP = "`benchwright keys create --name NAME --scope SCOPE` makes one; send it as `Authorization: Bearer KEY`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who sends a request."""

    key: ApiKey | None
    """None: a program of this machine and this user."""

    @property
    def owner(self) -> str:
        """Id of the key, or `local`."""
        return LOCAL if self.key is None else self.key.key_id

    @property
    def name(self) -> str:
        """Name of the key, or `local`."""
        return LOCAL if self.key is None else self.key.name

    def allows(self, scope: Scope) -> bool:
        """Return whether it may do what the scope allows."""
        return self.key is None or self.key.allows(scope)


@dataclass(kw_only=True)
class Connection:
    """What is known of the other end of one TCP connection; a later one from the same port is another object."""

    is_own_until: float = 0.0
    """Time of the monotonic clock until which it counts as one of this user's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """What tells who sends a request."""

    authorizations: Sequence[str] = ()
    """The `Authorization` headers."""
    client: Address | None = None
    server: Address | None = None
    connection: Connection | None = None
    """None: the server does not tell connections apart, and each request is checked."""

    @property
    def key_text(self) -> str | None:
        """The key; None: there is none of ours.

        Raises:
            ProblemError: 400, there are several headers.
        """
        n_headers = len(self.authorizations)
        if n_headers > 1:
            raise ProblemError(400, f"expected one Authorization header, received {n_headers}", kind="header")
        text = _bearer(self.authorizations[0]) if n_headers else None
        # Clients of OpenAI's protocol always send some key: one that is not ours counts as none.
        return text if text is not None and text.startswith(f"{PREFIX}_") else None


class RecentKeys:
    """Valid keys that were looked up within the last second, so that a busy client does not ask the database each time.

    Only valid keys are kept, by a hash of their text, which is compared in constant time. A key that is revoked by
    another process is refused once its entry is a second old.
    """

    def __init__(self, *, kept_for_s: float = KNOWN_FOR_S, now: Callable[[], float] = time.monotonic) -> None:
        self._kept_for_s, self._now = kept_for_s, now
        self._entries: dict[str, tuple[bytes, ApiKey, float]] = {}
        self._lock = threading.Lock()

    def keep(self, text: str, key: ApiKey, *, read_at: float) -> None:
        """Remember a key that was found to be valid at this time of the clock."""
        with self._lock:
            if len(self._entries) >= _MOST_RECENT:
                self._entries.clear()
            self._entries[key.key_id] = (_hashed(text), key, read_at + self._kept_for_s)

    def recall(self, text: str) -> ApiKey | None:
        """Return the valid key with this text; None: it has to be looked up."""
        entry = self._entries.get(text.split("_", 2)[1])
        if entry is None or not hmac.compare_digest(_hashed(text), entry[0]) or self._now() >= entry[2]:
            return None
        return entry[1] if entry[1].is_valid(datetime.now(UTC)) else None

    def forget(self, key: ApiKey) -> None:
        """Remove a key."""
        with self._lock:
            self._entries.pop(key.key_id, None)


def _hashed(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


@dataclass(kw_only=True)
class Doorkeeper:
    """Decides who sends a request, and whether it may now."""

    store: Store
    requires_key: bool = False
    """Refuse requests without a key from this machine too."""
    is_own_user: Callable[[Address, Address], bool] = field(default_factory=lambda: is_of_own_user)
    _recent: RecentKeys = field(default_factory=RecentKeys)
    _rates: Rates = field(default_factory=Rates)

    def admit(self, sender: Sender) -> Access:
        """Return who sends a request.

        Raises:
            ProblemError: 401, no valid key, or none from where one is needed; 429, too many requests.
        """
        text = sender.key_text
        if text is None:
            return self._without_key(sender)
        begun = time.monotonic()
        key = authenticate(self.store, text)
        if key is None:
            raise _unauthorized("the key is not valid: unknown, expired or revoked")
        self._recent.keep(text, key, read_at=begun)
        self._count(key)
        return Access(key=key)

    def recall(self, sender: Sender) -> Access | None:
        """Return who sends a request, where that was found out within the last second; None: it has to be found out.

        Asks neither the database nor the kernel, so that it may be called on the event loop.

        Raises:
            ProblemError: 400, several `Authorization` headers; 429, too many requests.
        """
        text = sender.key_text
        if text is not None:
            key = self._recent.recall(text)
            if key is None:
                return None
            self._count(key)
            return Access(key=key)
        connection = sender.connection
        is_known = connection is not None and time.monotonic() < connection.is_own_until
        return Access(key=None) if is_known and not self.requires_key else None

    def forget(self, key: ApiKey) -> None:
        """Look the key up anew at its next request: it was revoked by this process."""
        self._recent.forget(key)

    def _without_key(self, sender: Sender) -> Access:
        client, server = sender.client, sender.server
        if self.requires_key or client is None or not is_loopback(client[0]):
            raise _unauthorized("this request has no key")
        begun = time.monotonic()
        if server is not None and not self.is_own_user(client, server):
            raise _unauthorized("this request comes from another user of this machine, and has no key")
        if sender.connection is not None:
            sender.connection.is_own_until = begun + KNOWN_FOR_S
        return Access(key=None)

    def _count(self, key: ApiKey) -> None:
        if key.rate is None:
            return
        wait_s = self._rates.wait_s(key.key_id, key.rate)
        if wait_s is not None:
            raise ProblemError(
                429,
                f"the key {key.name!r} may send {key.rate}",
                f"Wait {wait_s} s.",
                kind="rate",
                headers={"Retry-After": str(wait_s)},
            )


def needs(scope: Scope) -> Callable[[Request], Awaitable[Access]]:
    """Return a dependency that lets requests through whose sender has this scope, and gives the sender."""

    async def check(request: Request) -> Access:
        access: Access = request.scope["state"]["access"]
        if not access.allows(scope):
            raise ProblemError(
                403,
                f"the key {access.name!r} has the scopes {', '.join(access.key.scopes if access.key else ())}; "
                f"this request needs {scope.value!r}",
                f"`benchwright keys create --scope {scope.value}` makes one.",
                kind="scope",
            )
        return access

    check.scope = scope  # type: ignore[attr-defined]
    return check


READ, RUN, ADMIN, CHAT = (Depends(needs(scope)) for scope in (Scope.READ, Scope.RUN, Scope.ADMIN, Scope.CHAT))


def _bearer(header: str) -> str | None:
    kind, _, text = header.strip().partition(" ")
    return text.strip() if kind.casefold() == "bearer" else None


def _unauthorized(why: str) -> ProblemError:
    return ProblemError(401, why, _NO_KEY_STEP, kind="key", headers={"WWW-Authenticate": "Bearer"})
