"""The remaining work of one group, and the servers that work on it."""

import asyncio
from collections.abc import Mapping, Sequence

from evaluation.planning.interleaving import Place
from evaluation.planning.pipelines import PipelineModel
from evaluation.planning.plan import Group, Lane
from tasks.generation.pool import Pool, Station

WORTH_A_LOAD = 2
"""Minimum number of cases left for each of its slots for a server to load a model that others have loaded."""


class GroupWork:
    """Progress of one group's cases through a pool of servers."""

    def __init__(
        self,
        group: Group,
        *,
        models: Mapping[int, PipelineModel | None] | None = None,
        places: Mapping[int, Sequence[Place]] | None = None,
    ) -> None:
        """Begin with all of the group's work left.

        Args:
            group: The group.
            models: What the group's model is to candidates whose pipelines ask several; None: their own.
            places: The cases of these candidates that wait for it; of the others all that have no outcome yet.
        """
        self.group = group
        self.models = dict(models or {})
        self.places = dict(places or {})
        self.pool = Pool()
        self.left = {
            item.run_candidate_id: len(self.places.get(item.run_candidate_id, range(item.n_generations)))
            for item in group.planned
        }
        """Number of generations of each candidate that are not handed out yet."""
        self.at_it: set[str] = set()
        """Endpoints that work on the group now, or wait for their turn to."""
        self.served_by: set[str] = set()
        """Endpoints that serve the group now or have served it."""
        self.refused: dict[str, str] = {}
        """Endpoints that no longer serve this group, with the reason."""
        self.ended = asyncio.Event()

    @property
    def n_left(self) -> int:
        """Number of generations that are not handed out yet."""
        return sum(self.left.values())

    @property
    def why_given_up(self) -> str | None:
        """Reason why no server serves this group any more; None: some may."""
        if set(self.group.endpoints) - set(self.refused):
            return None
        return "; ".join(dict.fromkeys(self.refused.values()))

    def refuse(self, endpoint: str, why: str) -> None:
        """Record that a server will not do this work. The last one closes the pool."""
        self.refused[endpoint] = why
        if self.why_given_up is not None:
            self.pool.close()

    def is_open_to(self, endpoint: str) -> bool:
        """Return whether the server may have work here, now or when another one fails."""
        return endpoint in self.group.endpoints and endpoint not in self.refused and not self.ended.is_set()

    def needs(self, lane: Lane) -> bool:
        """Return whether the server should load the model now."""
        if not self.is_open_to(lane.endpoint_name) or not (self.n_left or self.pool.n_open):
            return False
        if not self.at_it:
            return True
        return self.n_left + self.pool.n_to_ask > WORTH_A_LOAD * lane.slots

    def is_idle_for(self, station: Station) -> bool:
        """Return whether there is no work left for the server.

        True only if another server has the model loaded for any work that still comes, and so few cases pause before
        their next attempt that this server would not load the model again for them.
        """
        if self.n_left or self.pool.n_to_ask or not self.pool.has_another(station):
            return False
        return self.pool.n_pausing <= WORTH_A_LOAD * station.lane.slots
