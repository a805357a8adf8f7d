"""Slot leases on one GPU for one lane of work: turns with a model, and slots for as long as a turn lasts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from tasks.slots.durations import SlotTiming
from tasks.slots.handover import Handover, ended
from tasks.slots.holdings import Holdings
from tasks.slots.lease_renewal import Keeper
from tasks.slots.limits import Limits
from tasks.slots.prefect_limits import prefect_limits
from tasks.slots.request_limit import Gate
from tasks.slots.tag_limits import GpuSlots


@dataclass(frozen=True, slots=True)
class Turn:
    """A period of work with one model. Its gate may close for a while and open again: others have turns too."""

    failed: asyncio.Future[None]
    """Gets the exception that ended it, where loading the model again or something unexpected did; else never set."""
    _keeper: Keeper

    def is_shared(self) -> bool:
        """Return True while another claim works with the same model on this GPU, so that it must not be unloaded."""
        return self._keeper.is_shared


class SlotClaim:
    """A lane's claim to the slots of one GPU tag."""

    def __init__(
        self,
        tag: str,
        gate: Gate,
        *,
        slots: int,
        on_leases: Callable[[frozenset[str]], Awaitable[None]],
        say: Callable[[str], None],
        open_limits: Callable[[], AbstractAsyncContextManager[Limits]] = prefect_limits,
        timing: SlotTiming | None = None,
        hand_over_within_s: float = 0.0,
    ) -> None:
        """Create a claim that holds nothing yet.

        Args:
            tag: The GPU tag, which is the name of its limit in Prefect.
            gate: Says how many requests may be on their way; only the claim resizes it.
            slots: How many the lane's server serves at once.
            on_leases: Told of all leases held, whenever they change, so that others can free them if we die.
            say: Told what a person should know, a sentence at a time.
            open_limits: Where the limits are.
            timing: How often things are done.
            hand_over_within_s: Time for which the turn and the slots are kept for the next turn of this claim, where no
                other claim wants them. Unless it is 0, `close` is called after the last turn.
        """
        self._tag, self._gate, self._slots = tag, gate, slots
        self._on_leases, self._say = on_leases, say
        self._open_limits = open_limits
        self._timing = timing or SlotTiming()
        self._hand_over_within_s = hand_over_within_s
        self._handover: Handover | None = None

    @asynccontextmanager
    async def turn(
        self,
        model_key: str,
        shown_model: str,
        *,
        demand: Callable[[], int],
        prepare: Callable[[], Awaitable[float]],
        abandon: Callable[[], Awaitable[None]] | None = None,
    ) -> AsyncIterator[Turn]:
        """Yield a turn with a model, entered when the model is loaded and the gate is open.

        Args:
            model_key: Equal for two claims that can share a loaded model.
            shown_model: Name of the model for people.
            demand: Returns the number of slots that could be used now.
            prepare: Loads the model, and returns the seconds it took. Called again when the turn comes back after
                another model's. Its error in the first call is raised here.
            abandon: Unloads a model whose loading had begun when the wait for the turn was cancelled. Not
                called where another claim works with that model.
        """
        opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        holdings, connection = await self._left_over() or await self._connect()
        keeper: Keeper | None = None
        try:
            keeper = Keeper(
                holdings,
                model_key=model_key,
                model=shown_model,
                demand=demand,
                prepare=prepare,
                abandon=abandon,
                on_open=lambda: None if opened.done() else opened.set_result(None),
                say=self._say,
            )
            leaves = False
            keeping = asyncio.create_task(keeper.run())
            failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            try:
                await asyncio.wait([opened, keeping], return_when="FIRST_COMPLETED")
                if keeping.done():
                    keeping.result()
                keeping.add_done_callback(lambda done: _pass_on(done, failed))
                keeper.is_entered = True
                yield Turn(failed, keeper)
                leaves = self._hand_over_within_s > 0
            finally:
                keeper.end(leaves=leaves)
                try:
                    await asyncio.wait([keeping], timeout=self._timing.give_back_at_most_s)
                finally:
                    await ended(keeping, ask_again_s=self._timing.let_go_at_most_s)
                    failed.cancel()
                if not failed.cancelled():
                    failed.exception()  # whoever wanted to know has seen it
        finally:
            if keeper is not None and keeper.is_left:
                self._handover = Handover(holdings, connection, within_s=self._hand_over_within_s)
            else:
                await connection.aclose()

    async def close(self) -> None:
        """Give back what the last turn left, if it is still held."""
        if self._handover is not None:
            await self._handover.close()
            self._handover = None

    async def _left_over(self) -> tuple[Holdings, AsyncExitStack] | None:
        left = await self._handover.take_over() if self._handover is not None else None
        self._handover = None
        return left

    async def _connect(self) -> tuple[Holdings, AsyncExitStack]:
        connection = AsyncExitStack()
        limits = await connection.enter_async_context(self._open_limits())
        gpu = GpuSlots(limits=limits, tag=self._tag, gate=self._gate, n=self._slots, timing=self._timing)
        return Holdings(gpu, self._on_leases, self._say), connection


def _pass_on(done: asyncio.Task[None], failed: asyncio.Future[None]) -> None:
    error = None if done.cancelled() else done.exception()
    if error is not None and not failed.done():
        failed.set_exception(error)
