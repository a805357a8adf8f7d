"""The ASGI application of the HTTP interface: its routes behind the guard."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from fastapi import Depends, FastAPI, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.api.access import CHAT, Doorkeeper
from deployments.api.description import describe
from deployments.api.events import Channels
from deployments.api.figures import METHODS, OTHER, Figures
from deployments.api.flow_runs import queue
from deployments.api.guard import MAX_BODY_BYTES, MOST_AT_ONCE, Guard
from deployments.api.invalid_fields import add_invalid_fields_handler
from deployments.api.pages.mounting import add_pages
from deployments.api.pages.rendering import error_page
from deployments.api.parameters import only_declared
from deployments.api.problems import GATEWAY_PATHS, add_handlers
from deployments.api.recent import RecentAnswers
from deployments.api.routes import (
    administration,
    analytics,
    answer_tags,
    catalogues,
    endpoints,
    experiments,
    operation,
    policies,
    production,
    ratings,
    reports,
    stored,
    upgrades,
    work,
)
from deployments.api.sessions import Sessions
from deployments.cli.arguments import KEPT_OPEN
from deployments.gateway.gateway import Gateway
from deployments.gateway.gateway_settings import GatewaySettings
from deployments.python.checking import WORDS_OF_COMMANDS
from deployments.tracing import span
from evaluation import __version__
from evaluation.files.allowed_files import limit_files
from evaluation.store.session import KeptStore
from evaluation.store.totals import store_totals

PREFIX = "/api/v1"
API_ROUTERS = tuple(
    routes.router
    for routes in (
        stored,
        reports,
        analytics,
        answer_tags,
        experiments,
        catalogues,
        endpoints,
        production,
        ratings,
        policies,
        upgrades,
        work,
        administration,
    )
)
"""Routes below the prefix."""
_BELOW_PREFIX = frozenset(id(route) for router in API_ROUTERS for route in router.routes)


def create_app(
    store: KeptStore,
    *,
    names: Iterable[str] = (),
    requires_key: bool = False,
    form_files: Path | None = None,
    embedded_url: str | None = None,
    most_at_once: int = MOST_AT_ONCE,
) -> ASGIApp:
    """Return the application.

    Args:
        store: The results.
        names: Host names under which it is reached, beside those of loopback.
        requires_key: Refuse requests without a key from this machine too.
        form_files: Folder of which requests may name files; None: they may name none.
        embedded_url: Address of a running embedded server, whose models the gateway offers too.
        most_at_once: Number of requests that are answered at once.
    """
    figures = Figures(lambda: store_totals(store))
    settings = GatewaySettings(on_finished=figures.count_call)
    gateway = Gateway(store, embedded_url=embedded_url, settings=settings)
    figures.watch(lambda: gateway.load, queue)
    app = FastAPI(
        title="Benchwright",
        version=__version__,
        summary="Evidence for choosing among language models that run on your own machines.",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        dependencies=[Depends(only_declared)],
        lifespan=partial(_lifespan, gateway),
    )
    app.state.figures, app.state.channels, app.state.recent = figures, Channels(), RecentAnswers()
    app.state.embedded_url = embedded_url
    add_handlers(app, error_page)
    add_invalid_fields_handler(app)
    # First, since routes are tried in turn: a call of a model must not wait for some eighty others to be ruled out.
    app.include_router(gateway.router(), dependencies=[CHAT], include_in_schema=False)
    for router in API_ROUTERS:
        app.include_router(router, prefix=PREFIX)
    app.include_router(operation.router)
    add_pages(app)
    describe(app)
    sessions = app.state.sessions = Sessions()
    doorkeeper = app.state.doorkeeper = Doorkeeper(store=store, requires_key=requires_key)
    guard = Guard(
        _InContext(app, store, form_files),
        doorkeeper,
        names=names,
        most_at_once=most_at_once,
        most_bytes=lambda path: settings.max_body_bytes if path in GATEWAY_PATHS else MAX_BODY_BYTES,
        sessions=sessions,
        refusal_page=lambda scope, problem: error_page(Request(scope), problem),
    )
    return _Counted(guard, app.state.figures)


class _InContext:
    """Serves each request with the open store, and with the limit of the files that it may name."""

    def __init__(self, app: FastAPI, store: KeptStore, form_files: Path | None) -> None:
        self._app, self._store, self._form_files = app, store, form_files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            KEPT_OPEN.set(self._store)
            WORDS_OF_COMMANDS.set(True)
            limit_files(self._form_files)
            if scope["method"] == "HEAD" and not scope["path"].endswith(("/events", "/export")):
                scope["method"] = "GET"  # the server leaves the body out
        await self._app(scope, receive, send)


class _Counted:
    """Counts requests and their seconds, refused ones too."""

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self._app, self._figures = app, figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, method, status = time.perf_counter(), scope["method"], 499

        async def send_counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        inner = dict(scope)
        self._figures.at_once.inc()
        with span("request", headers=scope["headers"]) as recording:
            try:
                await self._app(inner, receive, send_counted)
            finally:
                self._figures.at_once.dec()
                route = _label(inner.get("route"))
                self._figures.count(method, route, status, time.perf_counter() - began)
                shown = method if method in METHODS else OTHER
                recording.rename(f"{shown} {route}")
                recording.note_http(request__method=shown, route=route, response__status_code=status)


def _label(route: object) -> str:
    """Return the path of a route in full, since a route of an included router knows only what follows its prefix."""
    path: str = getattr(route, "path", "other")
    return f"{PREFIX}{path}" if id(route) in _BELOW_PREFIX else path


@asynccontextmanager
async def _lifespan(gateway: Gateway, app: FastAPI) -> AsyncIterator[None]:
    """Give blocking reads enough threads, look at the Prefect server; close the gateway's connections at the end."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(max_workers=16, thread_name_prefix="api"))
    app.state.start_obstacles.begin()
    async with gateway:
        yield
