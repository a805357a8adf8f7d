"""Who may ask what: keys with scopes, their rates, and programs of this machine that have no key."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from fastapi import Depends, Request
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from deployments.api.local_users import Address, is_loopback, is_of_own_user
from deployments.api.problems import ProblemError
from evaluation.records.access import ApiKey, Scope
from evaluation.store.api_keys import PREFIX, authenticate
from evaluation.store.session import Store

LOCAL = "local"
"""Name of requests without a key, from this machine."""
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
class Doorkeeper:
    """Decides who sends a request, and whether it may now."""

    store: Store
    requires_key: bool = False
    """Refuse requests without a key from this machine too."""
    is_own_user: Callable[[Address, Address], bool] = field(default_factory=lambda: is_of_own_user)
    _limiter: MovingWindowRateLimiter = field(default_factory=lambda: MovingWindowRateLimiter(MemoryStorage()))

    def admit(self, authorizations: list[str], client: Address | None, server: Address | None) -> Access:
        """Return who sends a request with these `Authorization` headers from one address to another.

        Raises:
            ProblemError: 401, no valid key, or none from where one is needed; 429, too many requests.
        """
        if len(authorizations) > 1:
            raise ProblemError(400, f"expected one Authorization header, received {len(authorizations)}", kind="header")
        text = _bearer(authorizations[0]) if authorizations else None
        if text is None or not text.startswith(f"{PREFIX}_"):
            # Clients of OpenAI's protocol always send some key: one that is not ours counts as none.
            return self._without_key(client, server)
        key = authenticate(self.store, text)
        if key is None:
            raise _unauthorized("the key is not valid: unknown, expired or revoked")
        self._count(key)
        return Access(key=key)

    def _without_key(self, client: Address | None, server: Address | None) -> Access:
        if self.requires_key or client is None or not is_loopback(client[0]):
            raise _unauthorized("this request has no key")
        if server is not None and not self.is_own_user(client, server):
            raise _unauthorized("this request comes from another user of this machine, and has no key")
        return Access(key=None)

    def _count(self, key: ApiKey) -> None:
        if key.rate is None:
            return
        limit = parse(key.rate)
        if not self._limiter.hit(limit, key.key_id):
            reset_at, _ = self._limiter.get_window_stats(limit, key.key_id)
            wait_s = max(1, round(reset_at - time.time()))
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
