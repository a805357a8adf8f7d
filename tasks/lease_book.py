"""A record of the slot leases that this process holds, so that others can free them if it dies."""

import asyncio

from evaluation.errors import StoreError
from evaluation.store.holders import beat
from evaluation.store.session import Store
from tasks.flow_logging import log_warning


class LeaseBook:
    """Record of the leases of one holder of runs."""

    def __init__(self, store: Store, holder_id: str | None = None) -> None:
        self.holder_id = holder_id
        """Holder of the runs; None: not known yet."""
        self._store = store
        self._held: dict[str, frozenset[str]] = {}

    async def note(self, server: str, lease_ids: frozenset[str]) -> None:
        """Record the leases held for a server's slots."""
        self._held[server] = lease_ids
        if self.holder_id is None:
            return
        held = sorted(frozenset().union(*self._held.values()))
        try:
            await asyncio.to_thread(beat, self._store, self.holder_id, lease_ids=held)
        except StoreError as error:
            log_warning(
                ("could not record the leases; if this process is killed, they are released only after a minute: %s"),
                error,
            )
