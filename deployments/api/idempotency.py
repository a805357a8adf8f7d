"""Requests that may be sent again: the same request under the same key is done once, and answered alike."""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Any

from fastapi import Header, Request
from fastapi.responses import Response

from deployments.api.access import Access
from deployments.api.problems import ProblemError
from deployments.cli.arguments import open_stored
from evaluation.errors import StoreError
from evaluation.store.idempotent_requests import begin_request, finish_request

IdempotencyKey = Annotated[
    str | None, Header(max_length=200, description="A request sent again with the same key is not done again.")
]


def once(request: Request, idempotency_key: str | None, content: Any, work: Callable[[], Response]) -> Response:
    """Return what `work` answers, or what it answered to the same request before.

    Args:
        request: The request.
        idempotency_key: Chosen by the client; None: the work is done each time.
        content: What is requested, which tells a repetition from another request.
        work: Does what is requested. After an error it may be requested again.

    Raises:
        ProblemError: 422, the key belongs to another request; 409, the first one is still being answered.
    """
    if idempotency_key is None:
        return work()
    access: Access = request.scope["state"]["access"]
    place = {"owner": access.owner, "path": request.url.path, "idempotency_key": idempotency_key}
    body_hash = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    with open_stored(None) as store:
        earlier = begin_request(store, **place, body_hash=body_hash)
        if earlier is None:
            try:
                response = work()
            except BaseException:
                with suppress(StoreError):
                    finish_request(store, **place, status=None, body=None)
                raise
            with suppress(StoreError):  # the work is done, and is answered so
                finish_request(store, **place, status=response.status_code, body=bytes(response.body).decode())
            return response
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
    return Response(earlier.body, earlier.status, media_type="application/json")
