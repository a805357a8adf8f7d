"""What one turn of a claim leaves to its next: the connection, the turn on the GPU and its slots, for a moment.

A pipeline goes from model to model. Giving everything back and taking it anew is nine requests to Prefect, during which
the GPU idles; going on with what is there is two.
"""

import asyncio
import time
from contextlib import AsyncExitStack
from typing import Any

from tasks.slots.holdings import Holdings
from tasks.slots.limits import LimitsAwayError
from tasks.slots.tag_limits import look_at


class Handover:
    """Holdings between two turns of a claim: renewed, and given back where the next turn does not come in time.

    They are given back at once where another claim waits or wants slots meanwhile.
    """

    def __init__(self, holdings: Holdings, connection: AsyncExitStack, *, within_s: float) -> None:
        self._holdings, self._connection = holdings, connection
        self._timing = holdings.gpu.timing
        self._until = time.monotonic() + within_s
        self._comes = asyncio.Event()
        self._is_closed = False
        self._keeping = asyncio.create_task(self._keep())

    async def take_over(self) -> tuple[Holdings, AsyncExitStack] | None:
        """Return the holdings and their connection for the next turn; None: they were given back."""
        self._comes.set()
        await asyncio.wait([self._keeping])
        self._keeping.result()
        return None if self._is_closed else (self._holdings, self._connection)

    async def close(self) -> None:
        """Give everything back, unless it was already."""
        self._comes.set()
        try:
            await asyncio.wait([self._keeping], timeout=self._timing.give_back_at_most_s)
        finally:
            await ended(self._keeping, ask_again_s=self._timing.let_go_at_most_s)
            await self._give_up()

    async def _keep(self) -> None:
        """Return when the next turn comes; give everything back when it does not, or another claim comes."""
        while (left_s := self._until - time.monotonic()) > 0:
            coming = asyncio.ensure_future(self._comes.wait())
            await asyncio.wait([coming], timeout=min(left_s, self._timing.poll_every_s))
            coming.cancel()
            if self._comes.is_set():
                return
            await self._holdings.renew()
            if await self._is_wanted_by_others():
                break
        await self._give_up()

    async def _is_wanted_by_others(self) -> bool:
        gpu, holdings = self._holdings.gpu, self._holdings
        try:
            view = await look_at(gpu.limits, gpu.tag, slots=gpu.n)
        except LimitsAwayError:
            holdings.doubt()
            return False
        holdings.check(view)
        return view.waiting.n_taken > holdings.place.n or view.demand.n_taken > holdings.wants.n

    async def _give_up(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        try:
            await at_most(self._holdings.give_up(), self._timing.give_back_at_most_s, self._timing.let_go_at_most_s)
        finally:
            await self._connection.aclose()


async def at_most(work: Any, seconds: float, ask_again_s: float) -> None:
    """Await `work`, which talks to the server, and end it after `seconds` or where we are cancelled."""
    working = asyncio.ensure_future(work)
    try:
        await asyncio.wait([working], timeout=seconds)
    finally:
        await ended(working, ask_again_s=ask_again_s)


async def ended(working: asyncio.Future[None], *, ask_again_s: float) -> None:
    """Wait until the connection is unused and closed: nothing is sent after that, not even to give back slots."""
    while not working.done():
        working.cancel()
        await asyncio.wait([working], timeout=ask_again_s)
    if not working.cancelled():
        working.exception()  # it would be told once more that the connection is gone
