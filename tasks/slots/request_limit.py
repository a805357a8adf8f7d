"""A gate for concurrent requests in this process, with a capacity that may change while they are in flight."""

import asyncio
from collections.abc import Callable


class Gate:
    """A semaphore with a capacity that changes. Used from one event loop, so that it needs no lock."""

    def __init__(self, capacity: int = 0) -> None:
        self.capacity = capacity
        self.n_inside = 0
        self._callbacks: list[Callable[[], None]] = []
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    def try_enter(self) -> bool:
        """Enter and return True if there is room; every entry needs a `leave`."""
        if self.n_inside >= self.capacity:
            return False
        self.n_inside += 1
        return True

    def leave(self) -> None:
        """Free the place."""
        if self.n_inside <= 0:
            raise RuntimeError("the gate was left without being entered")
        self.n_inside -= 1
        self._wake()
        self._tell()

    def resize(self, n: int) -> None:
        """Set the capacity to `n`; requests inside stay until they leave."""
        has_grown = n > self.capacity
        self.capacity = n
        if has_grown:
            self._tell()

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call `callback` whenever the capacity has grown or a place became free."""
        self._callbacks.append(callback)

    async def until_at_most(self, n: int) -> None:
        """Wait until no more than `n` are inside."""
        while self.n_inside > n:
            left = asyncio.get_running_loop().create_future()
            self._waiting.append((n, left))
            try:
                await left
            finally:
                self._waiting = [entry for entry in self._waiting if entry[1] is not left]

    def _wake(self) -> None:
        for n, left in self._waiting:
            if self.n_inside <= n and not left.done():
                left.set_result(None)

    def _tell(self) -> None:
        for callback in tuple(self._callbacks):
            callback()
