"""Scheduling of models in memory: which one is loaded, which request may use it, and when it is unloaded.

One model is loaded at a time; requests are served in order of arrival.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from time import time_ns

from deployments.embedded.engine import Engine, LoadOptions, ServedModel
from deployments.embedded.replies import WireError

_DEFAULT_KEEP_ALIVE_S = 300.0


class Loaded:
    """A model in memory with its users."""

    def __init__(self, model: ServedModel, options: LoadOptions, engine: Engine, slots: int) -> None:
        self.model, self.options, self.engine = model, options, engine
        self.slots = asyncio.Semaphore(slots)
        self.n_users = 0
        self.idle = asyncio.Event()
        self.idle.set()
        self.keep_alive_s = _DEFAULT_KEEP_ALIVE_S
        self.expires_ns = 0

    def touch(self) -> None:
        """Restart the time until it expires."""
        self.expires_ns = time_ns() + int(self.keep_alive_s * 1e9)


class Scheduler:
    """Loads, reloads and unloads models. A request that comes while another model's load waits queues behind it."""

    def __init__(self, *, slots: int, max_queue: int = 512) -> None:
        self.n_slots = slots
        self.loaded: Loaded | None = None
        self.n_loads = 0
        self._max_queue = max_queue
        self._n_waiting = 0
        self._door = asyncio.Lock()
        self._loading: asyncio.Task[Loaded] | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def use(
        self, model: ServedModel, options: LoadOptions, keep_alive_s: float | None
    ) -> AsyncGenerator[Loaded, None]:
        """Yield the loaded model, protected from eviction; the caller still has to wait for its `slots`.

        Raises:
            WireError: 503 when too many are waiting for a load, 500 when the load fails.
        """
        loaded = await self._admitted(model, options)
        if keep_alive_s is not None:
            loaded.keep_alive_s = keep_alive_s
        try:
            yield loaded
        finally:
            loaded.n_users -= 1
            loaded.touch()
            if loaded.n_users == 0:
                loaded.idle.set()
            self._watch_expiry(loaded)

    async def unload(self, model: ServedModel) -> None:
        """Unload `model` as soon as it has no users; at once if it has none."""
        loaded = self.loaded
        if loaded is None or loaded.model.name != model.name:
            return
        loaded.keep_alive_s = 0.0
        loaded.touch()
        if loaded.n_users == 0:
            await self._drop_if_expired(loaded)

    async def close(self) -> None:
        """Unload any loaded model."""
        for task in tuple(self._leaving):
            task.cancel()
        if self._loading is not None:
            with suppress(Exception):
                await self._loading
        if self.loaded is not None:
            await self._drop(self.loaded)

    async def _admitted(self, model: ServedModel, options: LoadOptions) -> Loaded:
        if not self._fits(model, options) and self._n_waiting >= self._max_queue:
            raise WireError(503, "server busy, please try again.  maximum pending requests exceeded")
        self._n_waiting += 1
        try:
            async with self._door:
                loaded = await self._ready(model, options)
                loaded.n_users += 1
                loaded.idle.clear()
                return loaded
        finally:
            self._n_waiting -= 1

    def _fits(self, model: ServedModel, options: LoadOptions) -> bool:
        return self.loaded is not None and (self.loaded.model.name, self.loaded.options) == (model.name, options)

    async def _ready(self, model: ServedModel, options: LoadOptions) -> Loaded:
        if self._loading is not None:
            # Its client went away; the load itself goes on.
            with suppress(WireError):
                await asyncio.shield(self._loading)
        if self.loaded is not None and not self._fits(model, options):
            await self.loaded.idle.wait()
            await self._drop(self.loaded)
        if self.loaded is None:
            self._loading = asyncio.create_task(self._load(model, options))
            await asyncio.shield(self._loading)
        assert self.loaded is not None  # noqa: S101
        return self.loaded

    async def _load(self, model: ServedModel, options: LoadOptions) -> Loaded:
        try:
            engine = await asyncio.to_thread(model.load, options, self.n_slots)
        except (RuntimeError, OSError, MemoryError, ImportError) as error:
            raise WireError(500, f"llama-server process has terminated: {error}") from error
        finally:
            self._loading = None
        self.n_loads += 1
        self.loaded = Loaded(model, options, engine, self.n_slots)
        self.loaded.touch()
        self._watch_expiry(self.loaded)
        return self.loaded

    async def _drop(self, loaded: Loaded) -> None:
        if self.loaded is loaded:
            self.loaded = None
        if self._expiry is not None:
            self._expiry.cancel()
        await loaded.engine.close()

    def _watch_expiry(self, loaded: Loaded) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
        wait_s = max(0.0, (loaded.expires_ns - time_ns()) / 1e9)
        if wait_s < 1e9:
            self._expiry = asyncio.get_running_loop().call_later(wait_s, self._start_leaving, loaded)

    def _start_leaving(self, loaded: Loaded) -> None:
        task = asyncio.create_task(self._drop_if_expired(loaded))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _drop_if_expired(self, loaded: Loaded) -> None:
        async with self._door:
            if self.loaded is loaded and loaded.n_users == 0 and loaded.expires_ns <= time_ns():
                await self._drop(loaded)
