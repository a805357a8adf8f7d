"""Query parameters that a route does not have are refused: one that is misspelt would change nothing, in silence."""

from collections.abc import Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from deployments.api.problems import GATEWAY_PATHS, ProblemError


async def only_declared(request: Request) -> None:
    """Check the names of the query parameters.

    Raises:
        ProblemError: 422, the route has no such parameter.
    """
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute) or request.url.path in GATEWAY_PATHS:
        return
    names = sorted(set(_query_names(route.dependant)))
    for name in request.query_params:
        if name not in names:
            raise ProblemError(
                422,
                f"unknown query parameter {name!r}",
                f"The parameters are {', '.join(names)}." if names else "This address takes none.",
                kind="unknown-parameter",
            )


def _query_names(dependant: Dependant) -> Iterator[str]:
    """Yield the names of the query parameters of a route and of what it depends on."""
    yield from (field.alias for field in dependant.query_params)
    for below in dependant.dependencies:
        yield from _query_names(below)
