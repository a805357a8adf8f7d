"""The pages as a part of the application of the HTTP interface."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from deployments.api.guard import STATIC
from deployments.api.model_servers import ModelServers
from deployments.api.pages import (
    alerts,
    annotating,
    asking_again,
    catalogue,
    comparisons,
    deciders,
    differences,
    drawn_charts,
    experiments,
    explaining,
    first_steps,
    home,
    model_card,
    obstacles,
    rating,
    recommendations,
    recommended,
    reports,
    reviews,
    run_scores,
    runs,
    searches,
    selecting,
    sign_in,
    starting,
    traffic,
    trends,
    uploads,
    works,
)
from deployments.api.pages.home_view import HomeViews
from deployments.api.start_obstacles import StartObstacles

PAGES = (
    home,
    starting,
    works,
    first_steps,
    runs,
    run_scores,
    differences,
    comparisons,
    searches,
    experiments,
    reviews,
    rating,
    alerts,
    trends,
    traffic,
    recommendations,
    recommended,
    deciders,
    model_card,
    catalogue,
    explaining,
    sign_in,
    uploads,
    annotating,
    selecting,
    asking_again,
    obstacles,
)
"""Modules with the routes of pages."""


def add_pages(app: FastAPI) -> None:
    """Add the routes of all pages, their files, and what is kept for them from look to look."""
    app.state.home_views, app.state.model_servers = HomeViews(), ModelServers(app.state.embedded_url)
    app.state.start_obstacles = StartObstacles()
    for pages in (*PAGES, reports, drawn_charts):
        app.include_router(pages.router)
    app.mount(STATIC, StaticFiles(directory=Path(__file__).parent / "static"), name="static")
