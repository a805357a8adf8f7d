"""Release of slots that are still leased by dead holders."""

from collections.abc import Sequence
from uuid import UUID

from tasks.slots.prefect_limits import prefect_limits, retry_while_away

PATIENCE_S = 10.0
"""Seconds of retrying. After a longer outage the server frees the slots itself, a minute after the last renewal."""


async def free_dead_slots(lease_ids: Sequence[str]) -> int:
    """Give back the leases of dead holders by id, and return their number (those already gone included).

    Raises:
        LimitsAwayError: the Prefect server is away for longer than a few seconds.
    """
    if not lease_ids:
        return 0
    async with prefect_limits() as limits:
        for lease_id in lease_ids:
            UUID(lease_id)
            await retry_while_away(lambda: limits.give_back(lease_id), patience_s=PATIENCE_S)  # noqa: B023 - called at once
    return len(lease_ids)
