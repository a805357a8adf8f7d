"""Query parameters that a route does not have are refused: one that is misspelt would change nothing, in silence."""

from fastapi import Request
from fastapi.dependencies.utils import get_flat_dependant
from fastapi.routing import APIRoute

from deployments.api.problems import ProblemError


async def only_declared(request: Request) -> None:
    """Check the names of the query parameters.

    Raises:
        ProblemError: 422, the route has no such parameter.
    """
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute):
        return
    names = sorted(field.alias for field in get_flat_dependant(route.dependant, skip_repeats=True).query_params)
    for name in request.query_params:
        if name not in names:
            raise ProblemError(
                422,
                f"unknown query parameter {name!r}",
                f"The parameters are {', '.join(names)}." if names else "This address takes none.",
                kind="unknown-parameter",
            )
