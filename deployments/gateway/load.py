"""What the servers behind the gateway work on now, for figures."""

from collections.abc import Sequence
from dataclasses import dataclass

from deployments.gateway.shadows import Shadows
from deployments.gateway.upstream import Upstream


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLoad:
    """One server."""

    endpoint: str
    n_slots: int
    n_busy: int
    """Slots that calls of this gateway take, shadows among them."""
    n_queued: int
    """Calls of clients beyond its slots, which wait in the server's own queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayLoad:
    """All servers of one gateway."""

    servers: tuple[ServerLoad, ...]
    n_shadows_waiting: int
    n_shadows_asked: int
    n_shadows_dropped: int


def load_of(upstreams: Sequence[Upstream], shadows: Shadows) -> GatewayLoad:
    """Return what the servers work on now."""
    return GatewayLoad(
        servers=tuple(_of(upstream) for upstream in upstreams),
        n_shadows_waiting=shadows.n_waiting,
        n_shadows_asked=shadows.n_asked,
        n_shadows_dropped=shadows.n_dropped,
    )


def _of(upstream: Upstream) -> ServerLoad:
    return ServerLoad(
        endpoint=upstream.name,
        n_slots=upstream.n_slots,
        n_busy=min(upstream.n_slots, upstream.n_in_flight + len(upstream.shadows)),
        n_queued=max(0, upstream.n_in_flight - upstream.n_slots),
    )
