"""Every route of the HTTP interface and of the gateway, as the application has them, with the scope that each needs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fastapi.routing import APIRoute

from deployments.api.app import API_ROUTERS, PREFIX
from deployments.api.routes import operation
from deployments.gateway.gateway import Gateway
from evaluation.records.access import Scope

READING = frozenset({"GET", "HEAD"})
LACKING = {Scope.READ: Scope.CHAT, Scope.RUN: Scope.READ, Scope.ADMIN: Scope.RUN, Scope.CHAT: Scope.READ}
"""A scope that does not include each one."""


@dataclass(frozen=True)
class Route:
    """A method at a path, with `x` in the place of every name."""

    method: str
    path: str
    scope: Scope | None
    """None: no key is needed."""
    is_gateways: bool = False

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def lacking(self) -> str:
        """Scope of a key that may not ask here."""
        assert self.scope is not None
        return LACKING[self.scope].value


def _routes() -> Iterator[Route]:
    for prefix, router in [*((PREFIX, router) for router in API_ROUTERS), ("", operation.router)]:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            scopes = [each.call.scope for each in route.dependant.dependencies if hasattr(each.call, "scope")]
            for method in sorted(route.methods - {"HEAD"}):
                yield Route(method, prefix + _named(route.path), max(scopes, key=list(Scope).index, default=None))
    for route in Gateway.router(Gateway.__new__(Gateway)).routes:
        assert isinstance(route, APIRoute)
        for method in sorted(route.methods - {"HEAD"}):
            yield Route(method, _named(route.path), Scope.CHAT, is_gateways=True)


def _named(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "x", path)


ROUTES = tuple(_routes())
WRITING = tuple(route for route in ROUTES if route.method not in READING)
KEYED = tuple(route for route in ROUTES if route.scope is not None)
