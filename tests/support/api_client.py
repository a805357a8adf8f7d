"""A client of the HTTP interface that needs no port: requests go to the application, from the address that is said."""

import asyncio
from typing import Any

import httpx
from starlette.types import ASGIApp

BASE = "http://127.0.0.1:4210"


class ApiClient:
    """Sends requests to an application, each on an event loop of its own."""

    def __init__(self, app: ASGIApp, *, address: str = "127.0.0.1") -> None:
        self._app, self._address = app, address

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Return the answer to a request."""

        async def sent() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False, client=(self._address, 50_000))
            async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
                return await client.request(method, path, **options)

        return asyncio.run(sent())

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Return the answer to a GET."""
        return self.send("GET", path, **options)

    def post(self, path: str, content: Any = None, **options: Any) -> httpx.Response:
        """Return the answer to a POST of JSON."""
        return self.send("POST", path, json={} if content is None else content, **options)
