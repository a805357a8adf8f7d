"""Samples of this machine's GPUs during an evaluation, taken once a second and stored every few seconds."""

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from evaluation.errors import StoreError
from evaluation.resolution.endpoints import EMBEDDED
from evaluation.store.gpu_samples import save_gpu_samples
from evaluation.store.retrying import patiently
from evaluation.store.session import Store
from tasks.flow_logging import log_debug, log_info, log_warning
from tasks.telemetry.sampler import GpuSampler

READY_WITHIN_S = 1.0
"""Longest wait in seconds for the first samples, without which the first generations have no energy."""
SAVE_EVERY_S = 5.0
_told: set[tuple[str, str]] = set()
"""Messages already logged, with their invocation id: a sweep or a race samples several times."""
ENDED_WITHIN_S = 5.0
"""Longest wait in seconds for the last samples at the end of the work: a driver may hang."""
STORED_WITHIN_S = 30.0
"""Longest wait in seconds for a database that is away."""


@asynccontextmanager
async def gpu_sampling(store: Store, invocation_id: str, endpoints: Sequence[tuple[str, str]]) -> AsyncIterator[None]:
    """Store samples of the GPUs of local endpoints during the block; errors in it do not stop the work.

    Args:
        store: Store of the samples.
        invocation_id: Invocation of the samples.
        endpoints: (name, url) of all endpoints. Those on other machines are left out, and so is the embedded server,
            which has no GPU.
    """
    sampled_endpoints = [(name, url) for name, url in endpoints if name != EMBEDDED]
    if not sampled_endpoints:
        yield
        return
    recorder = _Recorder(store, invocation_id, sampled_endpoints)
    try:
        await recorder.start()
        yield
    finally:
        await recorder.end()


class _Recorder:
    """A sampler in its thread, and the task that stores its samples."""

    def __init__(self, store: Store, invocation_id: str, endpoints: Sequence[tuple[str, str]]) -> None:
        self._store, self._invocation_id = store, invocation_id
        self._sampler = GpuSampler(endpoints, tell=self._tell_once, debug=log_debug)
        # With our context, in which the log is the run's. As a daemon: a driver that hangs must not keep us alive.
        run = contextvars.copy_context().run
        self._thread = threading.Thread(target=run, args=(self._sampler.run,), name="gpu-sampler", daemon=True)
        self._saving: asyncio.Task[None] | None = None
        self._one_saves = threading.Lock()
        self._has_warned = False

    def _tell_once(self, message: str, *words: object) -> None:
        """Log the message, unless it was logged in an earlier part of the same work."""
        key = (self._invocation_id, message % words)
        if key not in _told:
            _told.add(key)
            log_info(message, *words)

    async def start(self) -> None:
        self._thread.start()
        await asyncio.to_thread(self._sampler.is_ready.wait, READY_WITHIN_S)
        self._saving = asyncio.create_task(self._keep_saving())

    async def end(self) -> None:
        self._sampler.stop()
        if self._saving is not None:
            self._saving.cancel()
        await asyncio.shield(asyncio.to_thread(self._end))

    def _end(self) -> None:
        self._thread.join(ENDED_WITHIN_S)
        if self._thread.is_alive():
            log_info("the GPU's driver does not answer: the last samples are missing")
        try:
            patiently(self._save, patience_s=STORED_WITHIN_S)
        except StoreError as error:
            log_warning("the last samples of the GPU could not be stored: %s", error)

    async def _keep_saving(self) -> None:
        while True:
            await asyncio.sleep(SAVE_EVERY_S)
            try:
                await asyncio.to_thread(self._save)
            except StoreError as error:
                self._warn_once(error)

    def _warn_once(self, error: StoreError) -> None:
        if not self._has_warned:
            log_warning("could not store GPU samples; retrying later: %s", error)
        self._has_warned = True

    def _save(self) -> None:
        """Store the samples; those that cannot be stored now are kept."""
        with self._one_saves:
            samples = self._sampler.take()
            try:
                save_gpu_samples(self._store, self._invocation_id, samples)
            except StoreError:
                self._sampler.put_back(samples)
                raise
