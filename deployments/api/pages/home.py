"""The first page: what runs now, what ended lately, and what needs a look; where nothing is stored, the first steps."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.pages.home_view import HomeView, HomeViews
from deployments.api.pages.live_part import if_changed
from deployments.api.pages.rendering import PageRoute, page
from deployments.cli.arguments import open_stored

router = APIRouter(route_class=PageRoute, dependencies=[READ], include_in_schema=False)
Task = Annotated[str, Query(max_length=500)]


@router.get("/")
def home(request: Request, task: Task = "") -> Response:
    """Show what runs now, averages, recent runs and open alerts."""
    return page(request, "home.html", view=_view(request, task))


@router.get("/parts/home")
def home_part(request: Request, task: Task = "") -> Response:
    """Return the part of the first page that changes."""
    views: HomeViews = request.app.state.home_views
    part = views.parts.get(f"home {task}", lambda: page(request, "parts/home.html", view=_view(request, task)))
    return if_changed(request, part)


def _view(request: Request, task: str) -> HomeView:
    views: HomeViews = request.app.state.home_views
    with open_stored(None) as store:
        return views.now(store, task)
