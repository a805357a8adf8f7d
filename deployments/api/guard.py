"""The gate before the application: pages of others, keys, sizes, times, and how many requests at once.

It answers before the application sees anything: a foreign `Host` or `Origin`, a key that is not valid, a body that is
too large or takes too long. It gives every request an id, and has a row stored for every change that was let through.
"""

import asyncio
import json
import re
import secrets
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import quote, urlencode

from starlette.responses import Response

from deployments.api.access import CONNECTION, Access, Doorkeeper, Sender
from deployments.api.problems import GATEWAY_PATHS, ProblemError, opens_a_page, problem_of
from deployments.api.sessions import Sessions
from deployments.guarded.origins import App, OwnPagesOnly, Receive, Scope, Send
from evaluation.errors import BenchwrightError
from evaluation.store.audit import record_change

MAX_BODY_BYTES = 32 * 2**20
"""Longest body of a request, where the application names no other for its path."""
MOST_ADDRESS_BYTES = 16 * 1024
"""Longest path and query of a request: a database refuses to look for much longer names."""
BODY_WITHIN_S = 30.0
"""Seconds for a request's body to arrive."""
MOST_AT_ONCE = 512
"""Requests that are answered at once, followers of events among them."""
SIGN_IN, SIGN_OUT, STATIC = "/sign-in", "/sign-out", "/static"
"""Addresses where a browser gives a key and takes it back, and that below which styles and scripts of pages are."""
NOT_AUDITED = GATEWAY_PATHS | {SIGN_IN, SIGN_OUT}
"""Paths whose requests change nothing that is stored; the gateway records its calls itself."""
OPEN_PATHS = frozenset({"/health/live", SIGN_IN})
"""Paths that need no key. Their host and origin are checked all the same."""
_SIGN_IN_STEP = f"Sign in at {SIGN_IN} in another tab, then reload this page: the browser sends the form again."
_READING = ("GET", "HEAD", "OPTIONS")
_MAY_HOLD_A_SLASH = re.compile(rb"/api/v1/runs/[^/%]+/cases/|/v1/models/")
"""Beginnings of paths that end with a name in which a slash may stand."""
_KEY = re.compile(r"bw_[0-9a-fA-F]*_[^/]*")
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    # Not `no-referrer`: browsers would send the forms of our own pages with `Origin: null`.
    (b"referrer-policy", b"same-origin"),
)
_POLICY = b"content-security-policy"


class Guard:
    """ASGI middleware that lets requests through to an application."""

    def __init__(
        self,
        app: App,
        doorkeeper: Doorkeeper,
        *,
        names: Iterable[str] = (),
        is_audited: Callable[[str], bool] = lambda path: path not in NOT_AUDITED,
        most_at_once: int = MOST_AT_ONCE,
        most_bytes: Callable[[str], int] = lambda path: MAX_BODY_BYTES,
        sessions: Sessions | None = None,
        refusal_page: Callable[[Scope, ProblemError], Response] | None = None,
    ) -> None:
        """Wrap an application.

        Args:
            app: Application for the requests that are let through; finds `access` and `request_id` in the state.
            doorkeeper: Decides who sends a request.
            names: Allowed host names, beside those of loopback.
            is_audited: Whether changes at a path are stored.
            most_at_once: Number of requests that are answered at once.
            most_bytes: Longest body at a path.
            sessions: Those of browsers; None: there are none.
            refusal_page: Makes what a browser is shown that opens a page and is refused; None: a problem as JSON.
        """
        self._most_bytes, self._sessions, self._refusal_page = most_bytes, sessions or Sessions(), refusal_page
        self._app, self._doorkeeper, self._is_audited = app, doorkeeper, is_audited
        self._pages = OwnPagesOnly(app, names=names)
        self._n_at_once, self._most_at_once = 0, most_at_once

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = secrets.token_hex(8)
        answer = _Answer(send, request_id)
        if self._n_at_once >= self._most_at_once:
            problem = ProblemError(503, "too many requests at once", kind="busy", headers={"Retry-After": "1"})
            await self._refuse(answer, problem, scope)
            return
        self._n_at_once += 1
        access: Access | None = None
        try:
            access = await self._admitted(scope)
            scope.setdefault("state", {}).update(access=access, request_id=request_id)
            await self._app(scope, _Body(scope, receive, answer, self._most_bytes(scope["path"])), answer)
        except ProblemError as problem:
            await self._refuse(answer, _with_sign_in(problem, scope), scope)
        except BenchwrightError as error:  # the store is away while a key is looked up
            await self._refuse(answer, problem_of(error), scope)
        finally:
            self._n_at_once -= 1
            if access is not None and scope["method"] not in _READING and self._is_audited(scope["path"]):
                await self._store_change(scope, access, answer)

    async def _admitted(self, scope: Scope) -> Access:
        if (refusal := self._pages.refusal(scope)) is not None:
            raise ProblemError(403, refusal, kind="origin")
        _must_be_plain(scope)
        if scope["path"] in OPEN_PATHS or scope["path"].startswith(f"{STATIC}/"):
            return Access(key=None)
        authorizations = _values(scope, b"authorization")
        if not authorizations and (key := self._sessions.key_of(_values(scope, b"cookie"))) is not None:
            authorizations = [f"Bearer {key}"]
        sender = Sender(
            authorizations=authorizations,
            client=scope.get("client"),
            server=scope.get("server"),
            connection=scope.get("state", {}).get(CONNECTION),
        )
        access = self._doorkeeper.recall(sender)
        return access if access is not None else await asyncio.to_thread(self._doorkeeper.admit, sender)

    async def _refuse(self, answer: "_Answer", problem: ProblemError, scope: Scope) -> None:
        """Answer with the problem, unless an answer has begun."""
        if answer.status is not None:
            return
        if self._refusal_page is not None and opens_a_page(scope):
            response = self._refusal_page(scope, problem)
            body, headers = bytes(response.body), list(response.raw_headers)
        else:
            content, media_type = problem.body_at(scope["path"], answer.request_id)
            body = json.dumps(content).encode()
            headers = [(b"content-type", media_type.encode()), (b"content-length", str(len(body)).encode())]
        headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
        await answer({"type": "http.response.start", "status": problem.status, "headers": headers})
        await answer({"type": "http.response.body", "body": body})

    async def _store_change(self, scope: Scope, access: Access, answer: "_Answer") -> None:
        change = {
            "key_id": access.key.key_id if access.key else None,
            "key_name": access.name,
            "method": scope["method"],
            "path": _shown(scope["path"]),
            "status": answer.status or 499,
            "request_id": answer.request_id,
        }
        try:
            await asyncio.to_thread(lambda: record_change(self._doorkeeper.store, **change))
        except BenchwrightError:  # the answer was given; a store that is away takes nothing back
            return


class _Answer:
    """Sends an answer with the headers that all have, and remembers its status."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send, self.request_id = send, request_id
        self.status: int | None = None

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message.get("headers", [])
            # Pages say themselves where their scripts may come from; nothing else has any.
            policies = [pair for pair in headers if pair[0].lower() == _POLICY] if _is_page(headers) else []
            names = {name for name, _ in _HEADERS}
            kept = [pair for pair in headers if pair[0].lower() not in names]
            common = [pair for pair in _HEADERS if not policies or pair[0] != _POLICY]
            own = [*common, *policies, (b"x-request-id", self.request_id.encode())]
            message = {**message, "headers": [*kept, *own]}
        await self._send(message)


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for header, value in scope["headers"] if header == name]


def _with_sign_in(problem: ProblemError, scope: Scope) -> ProblemError:
    """Return a problem for a browser without a key: it is sent on to where one signs in, unless it sent a form."""
    if problem.status != 401 or not opens_a_page(scope):
        return problem
    if scope["method"] == "POST":
        return ProblemError(401, problem.detail, _SIGN_IN_STEP, kind=problem.kind, headers=problem.headers)
    query = scope.get("query_string", b"").decode("latin-1")
    address = quote(scope["path"]) + (f"?{query}" if query else "")
    headers = {"Location": f"{SIGN_IN}?{urlencode({'to': address})}"}
    return ProblemError(303, problem.detail, problem.next_step, kind=problem.kind, headers=headers)


def _is_page(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in headers)


class _Body:
    """Receives a request's body up to a size and within a time."""

    def __init__(self, scope: Scope, receive: Receive, answer: _Answer, most_bytes: int) -> None:
        """Check the announced size.

        Raises:
            ProblemError: 413, more is announced than may come; 400, the size is not a number.
        """
        self._receive, self._answer, self._most_bytes = receive, answer, most_bytes
        self._n_bytes, self._is_whole = 0, False
        self._loop = asyncio.get_running_loop()
        self._until = self._loop.time() + BODY_WITHIN_S
        for name, value in scope["headers"]:
            if name == b"content-length":
                if not value.isdigit() or len(value) > 20:
                    raise ProblemError(400, "Content-Length is not a number", kind="header")
                self._count(int(value))
                self._n_bytes = 0

    async def __call__(self) -> MutableMapping[str, Any]:
        if self._is_whole:
            return await self._receive()
        try:
            return await self._next()
        except ProblemError:
            if self._answer.status is None:
                raise
            return {"type": "http.disconnect"}  # the answer has begun, and cannot become another one

    async def _next(self) -> MutableMapping[str, Any]:
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise ProblemError(
                408,
                f"the body did not arrive within {BODY_WITHIN_S:.0f} s",
                kind="slow",
                headers={"Connection": "close"},
            ) from None
        if message["type"] == "http.request":
            self._count(len(message.get("body", b"")))
            self._is_whole = not message.get("more_body", False)
        return message

    def _count(self, n_bytes: int) -> None:
        self._n_bytes += n_bytes
        if self._n_bytes > self._most_bytes:
            raise ProblemError(
                413,
                f"the body is larger than {self._most_bytes:,} bytes",
                kind="size",
                headers={"Connection": "close"},
            )


def _must_be_plain(scope: Scope) -> None:
    """Refuse requests that servers read in different ways, and texts that a database does not take.

    Raises:
        ProblemError: 400.
    """
    names = [name for name, _ in scope["headers"]]
    if b"transfer-encoding" in names and b"content-length" in names:
        words = "expected Content-Length or Transfer-Encoding, received both"
        # What follows on this connection would be read as another request by whoever counts the other way.
        raise ProblemError(400, words, kind="header", headers={"Connection": "close"})
    query = scope.get("query_string", b"")
    if "\0" in scope["path"] or b"%00" in query or b"\0" in query:
        raise ProblemError(400, "the address contains a NUL character", kind="address")
    raw_path = scope.get("raw_path") or b""
    if len(raw_path) + len(query) > MOST_ADDRESS_BYTES:
        raise ProblemError(400, f"the address is longer than {MOST_ADDRESS_BYTES:,} bytes", kind="address")
    if b"%2f" in raw_path.lower() and not _MAY_HOLD_A_SLASH.match(raw_path):
        raise ProblemError(400, "the path contains an encoded slash, which no name here has", kind="address")


def _shown(path: str) -> str:
    """Return a path as it is stored in the audit: without keys that were put there by mistake."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in path)
    return _KEY.sub("bw_…", plain)[:200]
