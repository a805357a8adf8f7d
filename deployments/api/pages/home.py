"""The first page: what runs now, what ended lately, and what needs a look; where nothing is stored, the first steps."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.pages.home_view import HomeViews
from deployments.api.pages.live_part import if_changed
from deployments.api.pages.obstacles import obstacle_to_start
from deployments.api.pages.rendering import PageRoute, page
from deployments.cli.arguments import open_stored

router = APIRouter(route_class=PageRoute, dependencies=[READ], include_in_schema=False)
Task = Annotated[str, Query(max_length=500)]


@router.get("/")
def home(request: Request, task: Task = "") -> Response:
    """Show what runs now, averages, recent runs and open alerts."""
    return _page(request, "home.html", task)


@router.get("/parts/home")
def home_part(request: Request, task: Task = "") -> Response:
    """Return the part of the first page that changes."""
    views: HomeViews = request.app.state.home_views
    part = views.parts.get(f"home {task}", lambda: _page(request, "parts/home.html", task))
    return if_changed(request, part)


def _page(request: Request, template: str, task: str) -> Response:
    views: HomeViews = request.app.state.home_views
    with open_stored(None) as store:
        view = views.now(store, task)
    return page(request, template, view=view, obstacle=obstacle_to_start(request))
