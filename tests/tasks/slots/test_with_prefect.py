"""Leases from a real Prefect server."""

import asyncio

import pytest

from tasks.slots import Gate, SlotClaim, ensure_limit
from tasks.slots.limits import Limit
from tasks.slots.prefect_limits import prefect_limits

pytestmark = pytest.mark.usefixtures("prefect_api")


async def _no_leases(ids: frozenset[str]) -> None:
    pass


async def _loads() -> float:
    return 0.0


async def _limit(tag: str) -> Limit:
    async with prefect_limits() as limits:
        return (await limits.look([tag]))[tag]


def test_a_claim_alone_gets_all_slots_at_once_and_gives_them_back() -> None:
    async def scenario() -> None:
        gate = Gate()
        assert await ensure_limit("gpu-alone", 4) == 4
        claim = SlotClaim("gpu-alone", gate, slots=4, on_leases=_no_leases, say=lambda _: None)
        async with claim.turn("m", "llama3.2:3b", wanted=lambda: 4, prepare=_loads):
            assert gate.capacity == 4
            assert (await _limit("gpu-alone")).n_taken == 4
        assert gate.capacity == 0
        assert (await _limit("gpu-alone")).n_taken == 0

    asyncio.run(scenario())
