"""Injected faults, so that tests meet a real server's failures over a real socket."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from deployments.embedded.body import Body
from deployments.embedded.replies import JSON, Reply, Stream, WireError, json_reply

GENERATING = ("/api/chat", "/api/generate", "/v1/chat/completions")
CUTS = ("clean", "abort", "error_line")


class ConnectionCut(Exception):
    """The connection has to be dropped without an ending."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """A fault to inject into the next requests."""

    count: int = 1
    """Number of requests that it affects."""
    paths: tuple[str, ...] = GENERATING
    delay_s: float = 0.0
    """Delay before anything else, in seconds."""
    status: int | None = None
    """HTTP status to answer instead of doing the work; None: the work is done."""
    body: str = ""
    content_type: str = JSON
    retry_after: str | None = None
    cut: str | None = None
    """`clean`: the stream ends without `done`; `abort`: the connection drops; `error_line`: an error in the stream."""
    cut_after: int = 0
    """Number of pieces of the stream to send before the cut."""
    error: str = "model runner has unexpectedly stopped"
    skip: int = 0
    """Number of requests to let pass first."""


class Faults:
    """Queue of faults for the next requests, first come, first served, with a record of the requests so far."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self.requests: Counter[str] = Counter()
        self.now_active = 0
        self.max_active = 0

    def next_for(self, path: str) -> Fault | None:
        """Return the fault that hits this request, reducing its count by one."""
        for fault in self._waiting:
            if path not in fault.paths:
                continue
            if fault.skip > 0:
                fault.skip -= 1
                return None
            fault.count -= 1
            if fault.count <= 0:
                self._waiting.remove(fault)
            return fault
        return None

    async def add(self, raw: bytes) -> Reply:
        """Add a fault, or a list of them in `faults`."""
        fields = Body.read(raw).fields
        for item in fields.get("faults", [fields]):
            self._waiting.append(_fault(item))
        return json_reply({"waiting": len(self._waiting)})

    async def clear(self, _raw: bytes) -> Reply:
        """Reset all faults and counts."""
        self._waiting.clear()
        self.requests.clear()
        self.max_active = self.now_active
        return json_reply({"waiting": 0})

    async def report(self, n_loads: int) -> Reply:
        """Return requests by path, the maximum of concurrent generating ones, and the loads of models."""
        return json_reply(
            {
                "waiting": len(self._waiting),
                "requests": dict(self.requests),
                "max_active": self.max_active,
                "n_loads": n_loads,
            }
        )


def _fault(item: Any) -> Fault:
    try:
        fault = Fault(**{**item, "paths": tuple(item.get("paths", GENERATING))})
    except (TypeError, AttributeError) as error:
        raise WireError(400, f"no such fault: {error}") from error
    if fault.cut is not None and fault.cut not in CUTS:
        raise WireError(400, f"cut must be one of {', '.join(CUTS)}, not {fault.cut!r}")
    return fault


async def struck(fault: Fault) -> Reply | None:
    """Return the immediate answer of the fault, after its delay; None where the work continues."""
    await asyncio.sleep(fault.delay_s)
    if fault.status is None:
        return None
    return Reply(status=fault.status, content_type=fault.content_type, body=fault.body.encode())


def cut_short(stream: Stream, fault: Fault) -> Stream:
    """Return `stream`, cut according to the fault."""
    return Stream(content_type=stream.content_type, pieces=_cut(stream, fault), late_error=stream.late_error)


async def _cut(stream: Stream, fault: Fault) -> AsyncGenerator[bytes, None]:
    n_sent = 0
    async with aclosing(stream.pieces) as pieces:  # type: ignore[type-var]
        async for piece in pieces:
            if n_sent >= fault.cut_after:
                break
            n_sent += 1
            yield piece
    if fault.cut == "abort":
        raise ConnectionCut
    if fault.cut == "error_line":
        yield stream.late_error(fault.error)
