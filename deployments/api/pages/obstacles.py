"""What keeps a button of a page from being used, asked for again for as long as the page is open."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.pages.rendering import PageRoute, page
from deployments.api.start_obstacles import Obstacle, StartObstacles

router = APIRouter(route_class=PageRoute, dependencies=[READ], include_in_schema=False)


@router.get("/parts/obstacle")
def obstacle_part(
    request: Request,
    deployment: Annotated[str, Query(max_length=200)] = "",
    server: Annotated[str, Query(max_length=2000)] = "",
) -> Response:
    """Return what keeps a deployment from being started, or a model server from being asked; empty: nothing."""
    obstacles = obstacles_of(request)
    obstacle = obstacles.to_ask_again(server) if server else obstacles.to_start(deployment)
    return page(request, "parts/obstacle_words.html", obstacle=obstacle)


def obstacle_to_start(request: Request, deployment: str = "") -> Obstacle | None:
    """Return what keeps a deployment from being started; None: nothing."""
    return obstacles_of(request).to_start(deployment)


def obstacles_of(request: Request) -> StartObstacles:
    """Return the obstacles of the application that answers the request."""
    obstacles: StartObstacles = request.app.state.start_obstacles
    return obstacles
