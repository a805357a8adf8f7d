"""Query parameters that a route does not have are refused: one that is misspelt would change nothing, in silence.

So is one that comes twice where one value counts: programs differ in which of them they take.
"""

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from deployments.api.problems import GATEWAY_PATHS, ProblemError


async def only_declared(request: Request) -> None:
    """Check the names of the query parameters.

    Raises:
        ProblemError: 422, the route has no such parameter, or takes it once.
    """
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute) or request.url.path in GATEWAY_PATHS:
        return
    fields = dict(_query_fields(route.dependant))
    names = sorted(fields)
    for name in request.query_params:
        if name not in names:
            raise ProblemError(
                422,
                f"unknown query parameter {name!r}",
                f"The parameters are {', '.join(names)}." if names else "This address takes none.",
                kind="unknown-parameter",
            )
        n_values = len(request.query_params.getlist(name))
        if n_values > 1 and not _takes_several(fields[name]):
            raise ProblemError(
                422, f"expected one value of {name!r}, received {n_values}", "Send it once.", kind="repeated-parameter"
            )


def _query_fields(dependant: Dependant) -> Iterator[tuple[str, Any]]:
    """Yield the names and types of the query parameters of a route and of what it depends on."""
    yield from ((field.alias, field.field_info.annotation) for field in dependant.query_params)
    for below in dependant.dependencies:
        yield from _query_fields(below)


def _takes_several(annotation: Any) -> bool:
    """Return whether a type is a list, or may be one."""
    is_list = get_origin(annotation) in (list, tuple, set) or annotation in (list, tuple, set)
    return is_list or any(_takes_several(each) for each in get_args(annotation))
