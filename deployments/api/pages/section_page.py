"""Pages that are a heading and sections below it."""

from collections.abc import Sequence

from fastapi import Request
from fastapi.responses import Response

from deployments.api.pages.rendering import page
from deployments.api.pages.sections import Link, Section
from deployments.api.start_obstacles import Obstacle


def section_page(
    request: Request,
    title: str,
    sections: Sequence[Section],
    *,
    up: Link | None = None,
    about: str = "",
    lead: str = "",
    state: str = "",
    choices: Sequence[Link] = (),
    following: Link | None = None,
    empty: str = "",
    next_step: str = "",
    obstacle: Obstacle | None = None,
) -> Response:
    """Return a page of sections.

    Args:
        request: The request that it answers.
        title: Its heading.
        sections: What it shows.
        up: The page that one came from.
        about: A quiet line below the heading.
        lead: What matters most, in a sentence.
        state: How what is shown stands.
        choices: Other views of the same page.
        following: The next page of a list.
        empty: What is said where there are no sections.
        next_step: What to do then; what stands between backticks is code.
        obstacle: What keeps that to which the page leads from being started.
    """
    query = f"?{request.url.query}" if request.url.query else ""
    return page(
        request,
        "sections.html",
        title=title,
        sections=sections,
        up=up,
        about=about,
        lead=lead,
        state=state,
        choices=choices,
        following=following,
        empty=empty,
        next_step=next_step,
        obstacle=obstacle,
        here=f"{request.url.path}{query}",
    )
