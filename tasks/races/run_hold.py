"""The hold of a race on its run, from the first look to the end.

It lets the run read as running while the candidates that go on are decided.
"""

from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from evaluation.planning.plan import Plan
from evaluation.settings import Settings
from evaluation.store.session import open_store
from tasks.heartbeat import hold_runs
from tasks.store_calls import call_store


class RaceHold:
    """Context manager for this process's hold of a race's run."""

    def __init__(self) -> None:
        self.holder_id: str | None = None
        """Holder id; None before the first round is planned."""
        self._open = AsyncExitStack()

    async def take(self, plan: Plan) -> None:
        """Hold the run of the plan, unless it is held already.

        Raises:
            HeldError: another process works on it.
        """
        if self.holder_id is None:
            store = self._open.enter_context(await call_store(open_store, Settings().database))
            self.holder_id = await self._open.enter_async_context(hold_runs(store, [run.run_id for run in plan.runs]))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._open.aclose()
