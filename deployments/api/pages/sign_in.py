"""Signing in with a key, where the pages are looked at from another machine, and signing out."""

import asyncio
import re
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from deployments.api.access import Doorkeeper, Sender
from deployments.api.guard import SIGN_IN
from deployments.api.pages.rendering import PageRoute, page
from deployments.api.problems import ProblemError
from deployments.api.sessions import Sessions, cookie_of
from evaluation.records.access import Scope

router = APIRouter(route_class=PageRoute, include_in_schema=False)
_OWN_PATH = re.compile(r"/(?![/\\])[^\s\\]*")
To = Annotated[str, Query(max_length=16_000)]


@router.get(SIGN_IN)
def sign_in_form(request: Request, to: To = "/") -> Response:
    """Show the form for a key."""
    return page(request, "sign_in.html", to=_own(to), why=None)


@router.post(SIGN_IN)
async def sign_in(request: Request, to: To = "/") -> Response:
    """Begin a session, and go on to the page that was asked for."""
    doorkeeper: Doorkeeper = request.app.state.doorkeeper
    sessions: Sessions = request.app.state.sessions
    fields = parse_qs((await request.body()).decode("utf-8", "replace"))
    text = fields.get("key", [""])[0].strip()
    sender = Sender(authorizations=[f"Bearer {text}"])
    try:
        if sender.key_text is None:
            raise ProblemError(401, "this is not a key of Benchwright", kind="key")
        access = await asyncio.to_thread(doorkeeper.admit, sender)
        if not access.allows(Scope.READ):
            raise ProblemError(403, "this key may not read results, which the pages show", kind="scope")
    except ProblemError as problem:
        return page(request, "sign_in.html", status=problem.status, to=_own(to), why=problem.detail)
    cookie = cookie_of(sessions.open(text), is_secure=is_secure(request))
    return RedirectResponse(_own(to), 303, headers={"Set-Cookie": cookie})


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    """End the session."""
    sessions: Sessions = request.app.state.sessions
    sessions.end(request.headers.getlist("cookie"))
    cookie = cookie_of("", is_secure=is_secure(request))
    return RedirectResponse(SIGN_IN, 303, headers={"Set-Cookie": cookie})


def is_secure(request: Request) -> bool:
    """Return whether the browser speaks TLS, to us or to a server before us; it names its own address with a POST."""
    return request.url.scheme == "https" or request.headers.get("origin", "").startswith("https://")


def _own(to: str) -> str:
    """Return an address of this server; any other one, and that of the form, become the first page's."""
    return to if _OWN_PATH.fullmatch(to) and not to.startswith(SIGN_IN) else "/"
