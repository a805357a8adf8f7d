"""Requests that change something as a page of ours sends them."""

from typing import Any

import httpx
from api_client import BASE, ApiClient

OWN = {"origin": BASE, "sec-fetch-site": "same-origin"}


def post_form(api: ApiClient, path: str, fields: Any = None, **headers: str) -> httpx.Response:
    """Return the answer to a form of our own page; further headers replace its own."""
    return api.send("POST", path, data=fields or {}, headers={**OWN, **headers})


def post_file(api: ApiClient, name: str, content: bytes, **headers: str) -> httpx.Response:
    """Return the answer to a file that is dropped on a page."""
    more = {"content-type": "application/octet-stream", **OWN, **headers}
    return api.send("POST", "/files", params={"name": name}, content=content, headers=more)
