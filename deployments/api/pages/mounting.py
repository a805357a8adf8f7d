"""The pages as a part of the application of the HTTP interface."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from deployments.api.pages import drawn_charts, home, runs, sign_in

STATIC = "/static"
"""Address below which the styles and the script of the pages are."""


def add_pages(app: FastAPI) -> None:
    """Add the routes of all pages, and their files."""
    for pages in (home, runs, sign_in, drawn_charts):
        app.include_router(pages.router)
    app.mount(STATIC, StaticFiles(directory=Path(__file__).parent / "static"), name="static")
