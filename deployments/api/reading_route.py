"""Routes whose requests read over one connection to the database."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from evaluation.store.shared_connection import one_connection


class ReadingRoute(APIRoute):
    """A route that answers a GET with what it reads over one connection; a stream reads over connections of its own."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of requests. It is done with the connection before the answer is sent."""
        handle = super().get_route_handler()

        async def handle_over_one_connection(request: Request) -> Response:
            if request.method != "GET":
                return await handle(request)
            with one_connection():
                return await handle(request)

        return handle_over_one_connection
