"""The pages as a part of the application of the HTTP interface."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from deployments.api.guard import STATIC
from deployments.api.pages import (
    catalogue,
    comparisons,
    differences,
    drawn_charts,
    experiments,
    home,
    model_card,
    monitoring,
    recommendations,
    run_scores,
    runs,
    searches,
    sign_in,
    traffic,
)

PAGES = (
    home,
    runs,
    run_scores,
    differences,
    comparisons,
    searches,
    experiments,
    monitoring,
    traffic,
    recommendations,
    model_card,
    catalogue,
    sign_in,
)
"""Modules with the routes of pages."""


def add_pages(app: FastAPI) -> None:
    """Add the routes of all pages, and their files."""
    for pages in (*PAGES, drawn_charts):
        app.include_router(pages.router)
    app.mount(STATIC, StaticFiles(directory=Path(__file__).parent / "static"), name="static")
