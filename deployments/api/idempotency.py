"""Requests that may be sent again: the same POST under the same `Idempotency-Key` is done once, and answered alike."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from deployments.api.access import Access
from deployments.api.problems import ProblemError
from deployments.api.reading_route import ReadingRoute
from deployments.cli.arguments import open_stored
from evaluation.errors import StoreError
from evaluation.records.access import StoredReply
from evaluation.store.idempotent_requests import begin_request, finish_request

HEADER = "Idempotency-Key"
_LONGEST = 200
PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "A request sent again with the same key within 24 hours is not done again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": _LONGEST},
}
"""The header as OpenAPI describes it."""


class IdempotentRoute(ReadingRoute):
    """A route that reads over one connection, and whose POST requests may be sent again with the same key."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of requests, which looks at the key of a POST first."""
        handle = super().get_route_handler()

        async def handle_once(request: Request) -> Response:
            if request.method != "POST" or HEADER not in request.headers:
                return await handle(request)
            return await once(request, _key(request), lambda: handle(request))

        return handle_once


async def once(request: Request, idempotency_key: str, work: Callable[[], Awaitable[Response]]) -> Response:
    """Return what `work` answers, or what it answered to the same request before.

    An answer that may not be stored, such as one with the text of a key, is not given again: a repetition is told so.

    Args:
        request: The request. Its body, as JSON, tells a repetition from another request.
        idempotency_key: Chosen by the client.
        work: Does what is requested. After an error it may be requested again.

    Raises:
        ProblemError: 422, the key belongs to another request; 409, the first one is still being answered, or its answer
            was not kept.
    """
    access: Access = request.scope["state"]["access"]
    place = {"owner": access.owner, "path": request.url.path, "idempotency_key": idempotency_key}
    body_hash = hashlib.sha256(_canonical(await request.body())).hexdigest()
    earlier = await asyncio.to_thread(_begin, place, body_hash)
    if earlier is not None:
        return _replay(earlier, body_hash)
    try:
        response = await work()
    except BaseException:
        with suppress(StoreError):
            await asyncio.shield(asyncio.to_thread(_finish, place, None, None))
        raise
    is_secret = "no-store" in response.headers.get("cache-control", "")
    body = None if is_secret else bytes(response.body).decode()
    with suppress(StoreError):  # the work is done, and is answered so
        await asyncio.shield(asyncio.to_thread(_finish, place, response.status_code, body))
    return response


def location_of(body: bytes | str) -> dict[str, str]:
    """Return the header that says where accepted work is followed."""
    return {"Location": f"/api/v1/work/{json.loads(body)['id']}"}


def accepted(response: Response) -> Response:
    """Return the answer to a start with the address at which the work is followed."""
    response.headers.update(location_of(bytes(response.body)))
    return response


def _key(request: Request) -> str:
    key = request.headers[HEADER]
    if not 0 < len(key) <= _LONGEST:
        raise ProblemError(
            422,
            f"the {HEADER} has {len(key):,} characters",
            f"Send one of 1 to {_LONGEST} characters, such as a UUID.",
            kind="idempotency-key",
        )
    return key


def _canonical(body: bytes) -> bytes:
    """Return JSON in one form of its many; what is not JSON as it is."""
    try:
        return json.dumps(json.loads(body), sort_keys=True).encode()
    except (ValueError, RecursionError):
        return body


def _begin(place: dict[str, str], body_hash: str) -> StoredReply | None:
    with open_stored(None) as store:
        return begin_request(store, **place, body_hash=body_hash)


def _finish(place: dict[str, str], status: int | None, body: str | None) -> None:
    with open_stored(None) as store:
        finish_request(store, **place, status=status, body=body)


def _replay(earlier: StoredReply, body_hash: str) -> Response:
    if earlier.body_hash != body_hash:
        raise ProblemError(
            422, "this Idempotency-Key belongs to another request", "Choose a new key.", kind="idempotency-key"
        )
    if earlier.status is None:
        raise ProblemError(
            409,
            "the first request with this Idempotency-Key is still being answered",
            "Send it again in a second.",
            kind="in-progress",
            headers={"Retry-After": "1"},
        )
    if earlier.body is None:
        raise ProblemError(
            409,
            "this was done before; its answer held a secret, and was not kept",
            "If the answer was lost, revoke what was made, and make another with a new Idempotency-Key.",
            kind="done-before",
        )
    headers = location_of(earlier.body) if earlier.status == 202 else {}
    return Response(earlier.body, earlier.status, headers=headers, media_type="application/json")
