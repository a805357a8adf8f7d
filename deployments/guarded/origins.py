"""Restriction of a local server to requests from programs, and from pages that it served itself.

A page of any website may send requests to this machine through its reader's browser. Such requests are recognised by
headers that browsers send and no page can change: `Host` (the name in the address; any name but ours is DNS rebinding),
`Origin` (the page's origin; our own pages have exactly the `Host` in it) and `Sec-Fetch-Site`. Websockets are held to
the same rules.
"""

import os
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from evaluation.formatting import excerpt

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
NAMES_VARIABLE = "BENCHWRIGHT_ALLOWED_HOSTS"
SIGN_IN = "/sign-in"
"""Page that takes the password from the address (`/sign-in#USER:PASSWORD`) to where Prefect's pages look for it."""
_SIGN_IN_PAGE = b"""<!doctype html><meta charset="utf-8"><title>Benchwright</title><script>
const key = btoa(decodeURIComponent(location.hash.slice(1)));
fetch("/api/admin/version", {headers: {Authorization: `Basic ${key}`}})
  .then((answer) => { if (key && answer.ok) localStorage.setItem("prefect-password", key); })
  .finally(() => location.replace("/"));
</script>"""
"""A password that the server rejects is not kept, so that another person's link cannot sign a user out."""
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?(?::(\d{1,5}))?")
_HEADERS = (
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
)
"""Headers of every answer: no other page may show ours in a frame, or read them."""


class OwnPagesOnly:
    """ASGI middleware that refuses requests from pages of other origins before the application sees them."""

    def __init__(self, app: App, *, names: Iterable[str] = (), has_sign_in: bool = False) -> None:
        """Wrap an application.

        Args:
            app: Application for the requests that are let through.
            names: Allowed host names, beside those of loopback.
            has_sign_in: Serve the sign-in page for Prefect's pages.
        """
        self._app, self._has_sign_in = app, has_sign_in
        self._names = frozenset({*LOOPBACK_NAMES, *(host_name(name) for name in names)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        if (refusal := self.refusal(scope)) is not None:
            await _refuse(scope, send, refusal)
        elif self._has_sign_in and scope["type"] == "http" and scope["path"] == SIGN_IN:
            await _respond(_guarded(send), 200, b"text/html; charset=utf-8", _SIGN_IN_PAGE)
        else:
            await self._app(scope, receive, _guarded(send) if scope["type"] == "http" else send)

    def refusal(self, scope: Scope) -> str | None:
        """Return why the request is refused; None: it is allowed."""
        path: str = scope["path"]
        if not path.startswith("/") or path.startswith("//") or "\\" in path:
            return f"the path {excerpt(path, 100)!r} is not one of this server's"
        hosts, origins = _values(scope, b"host"), _values(scope, b"origin")
        if len(hosts) != 1:
            return f"expected one Host header, received {len(hosts)}"
        host = _authority(hosts[0])
        if host is None or host[0] not in self._names:
            return (
                f"the host {excerpt(hosts[0], 100)!r} is not a name of this server; "
                f"allowed: {', '.join(sorted(self._names))} (more: BENCHWRIGHT_ALLOWED_HOSTS)"
            )
        if len(origins) > 1 or any(_origin(text) != host for text in origins):
            return f"the origin {excerpt(', '.join(origins), 100)!r} is not a page of this server"
        return _cross_site(scope) or _foreign_referer(scope, host)


def allowed_names() -> list[str]:
    """Return the host names in `BENCHWRIGHT_ALLOWED_HOSTS`, beside those of loopback."""
    return [name for name in os.environ.get(NAMES_VARIABLE, "").replace(",", " ").split() if name]


def host_name(text: str) -> str:
    """Return the normalised name in `text`: lower case, without port and trailing dot.

    Raises:
        ValueError: it is not a host name.
    """
    parts = _authority(text.strip())
    if parts is None:
        raise ValueError(f"{text!r} is not a host name")
    return parts[0]


def _authority(text: str) -> tuple[str, str | None] | None:
    match = _AUTHORITY.fullmatch(text.lower())
    return (match[1], match[2]) if match else None


def _origin(text: str) -> tuple[str, str | None] | None:
    """Return the name and port of an origin; None for `null`, for files, and for invalid origins."""
    scheme, sign, rest = text.lower().partition("://")
    return _authority(rest) if sign and scheme in ("http", "https") else None


def _cross_site(scope: Scope) -> str | None:
    """Return why a request from another page is refused; only a link that opens a page is allowed (None)."""
    site = "".join(_values(scope, b"sec-fetch-site")).lower()
    if site in ("", "none", "same-origin"):
        return None
    opens_a_page = (
        scope["type"] == "http"
        and scope["method"] in ("GET", "HEAD")
        and _values(scope, b"sec-fetch-mode") == ["navigate"]
        and _values(scope, b"sec-fetch-dest") == ["document"]
        and not (scope["path"] == "/api" or scope["path"].startswith("/api/"))
    )
    return None if opens_a_page else f"the request comes from another page ({site})"


def _foreign_referer(scope: Scope, host: tuple[str, str | None]) -> str | None:
    """Check a changing request by `Referer` if the browser sends neither `Origin` nor `Sec-Fetch-Site`."""
    referers = _values(scope, b"referer")
    changes = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD", "OPTIONS")
    if not changes or _values(scope, b"origin"):
        return None
    if any(_origin("/".join(text.split("/")[:3])) != host for text in referers):
        return f"the request comes from another page ({excerpt(', '.join(referers), 100)})"
    return None


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1").strip() for key, value in scope["headers"] if key.lower() == name]


async def _refuse(scope: Scope, send: Send, why: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": why[:100]})
        return
    await _respond(send, 403, b"text/plain; charset=utf-8", f"refused: {why}\n".encode())


async def _respond(send: Send, status: int, kind: bytes, body: bytes) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _guarded(send: Send) -> Send:
    async def send_guarded(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            names = {name for name, _ in _HEADERS}
            kept = [pair for pair in message.get("headers", []) if pair[0].lower() not in names]
            message = {**message, "headers": [*kept, *_HEADERS]}
        await send(message)

    return send_guarded
