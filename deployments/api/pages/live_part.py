"""A part of a page that many look at: it is made once for all of them, and sent only where it has changed."""

import hashlib
import threading
import time
from collections.abc import Callable

from fastapi import Request
from fastapi.responses import Response

MADE_EVERY_S = 0.5
"""Seconds for which a part that was made is sent to others too."""
_MOST_KEPT = 50


class LiveParts:
    """The newest text of each part, for all who look at one application."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._making: dict[str, threading.Lock] = {}
        self._made: dict[str, tuple[float, Response]] = {}

    def get(self, name: str, make: Callable[[], Response]) -> Response:
        """Return the part of that name; one that is younger than half a second is not made again.

        Args:
            name: Of the part, with what it depends on.
            make: Makes it.
        """
        with self._lock:
            if len(self._making) > _MOST_KEPT:
                self._making.clear()
                self._made.clear()
            lock = self._making.setdefault(name, threading.Lock())
        with lock:
            made_at, part = self._made.get(name, (0.0, None))
            if part is None or self._now() - made_at > MADE_EVERY_S:
                part = make()
                self._made[name] = self._now(), part
            return part


def if_changed(request: Request, part: Response) -> Response:
    """Return the part, or 304 to a reader who has it already."""
    tag = f'"{hashlib.sha256(bytes(part.body)).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-store"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    policy = part.headers["Content-Security-Policy"]
    headers = {**headers, "Content-Security-Policy": policy}
    return Response(part.body, part.status_code, headers=headers, media_type="text/html; charset=utf-8")
