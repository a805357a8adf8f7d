"""A sampler of local endpoints' GPUs, once a second.

It runs in a thread that may wait for the driver as long as necessary.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from evaluation.store.gpu_samples import GpuSample
from tasks.telemetry.gpu_choice import CardChoice, is_local
from tasks.telemetry.nvml import Gpu, GpuReading, open_gpus

EVERY_S = 1.0
MOST_KEPT = 10_000
"""Maximum number of samples kept for a database that is away; older samples are dropped for newer ones."""

Tell = Callable[..., None]
"""A function that takes a message and its arguments, as a logger does."""


class GpuSampler:
    """Sampler of GPUs, with the samples not yet collected. Started once, ended once."""

    def __init__(self, endpoints: Sequence[tuple[str, str]], *, tell: Tell, debug: Tell) -> None:
        self._endpoints = endpoints
        self._tell, self._debug = tell, debug
        self._kept: deque[GpuSample] = deque(maxlen=MOST_KEPT)
        self._lock = threading.Lock()
        self._lost: set[int] = set()
        self._stop = threading.Event()
        self.is_ready = threading.Event()
        """Set after the first samples, or when it is clear that there will be none."""

    def run(self) -> None:
        """Sample until `stop`, with one more sample then, so that the last generations lie between two samples."""
        try:
            local = [(name, url) for name, url in self._endpoints if is_local(url)]
            if not local:
                self._debug("no endpoint is on this machine: no GPU is measured")
                return
            with open_gpus() as gpus:
                if not gpus:
                    self._tell("no NVIDIA GPU found: no power or utilisation is measured")
                    return
                self._keep_sampling(gpus, CardChoice(local))
        finally:
            self.is_ready.set()

    def stop(self) -> None:
        """Request the last samples."""
        self._stop.set()

    def take(self) -> list[GpuSample]:
        """Return the samples read since the last call."""
        with self._lock:
            taken = list(self._kept)
            self._kept.clear()
        return taken

    def put_back(self, samples: Iterable[GpuSample]) -> None:
        """Put back samples that could not be stored."""
        with self._lock:
            newer = list(self._kept)
            self._kept.clear()
            self._kept.extend(samples)
            self._kept.extend(newer)

    def _keep_sampling(self, gpus: Sequence[Gpu], choice: CardChoice) -> None:
        due = time.monotonic()
        while True:
            is_last = self._stop.is_set()
            self._sample(gpus, choice)
            self.is_ready.set()
            if is_last:
                return
            due = max(due + EVERY_S, time.monotonic())
            self._stop.wait(due - time.monotonic())

    def _sample(self, gpus: Sequence[Gpu], choice: CardChoice) -> None:
        readings = [reading for gpu in gpus if (reading := self._reading(gpu)) is not None]
        was_a_guess = choice.is_a_guess
        chosen = choice.choose(readings)
        if choice.is_a_guess and not was_a_guess:
            self._tell(_GUESSED)
        samples = [
            _sample(name, reading) for name, cards in chosen.items() for reading in readings if reading.index in cards
        ]
        with self._lock:
            self._kept.extend(samples)

    def _reading(self, gpu: Gpu) -> GpuReading | None:
        """Return the GPU's state; None where it cannot be read, which is logged once for each GPU."""
        reading = gpu.read()
        if isinstance(reading, GpuReading):
            return reading
        if reading.index not in self._lost:
            self._lost.add(reading.index)
            self._tell(_LOST, reading.index, gpu.name, reading.message)
        return None


_LOST = "GPU %d (%s) could not be read: %s. Retrying; until it responds, its power is not measured"

_GUESSED = (
    "several endpoints on this machine use several GPUs, and which uses which is unknown: their energy is split evenly"
)


def _sample(endpoint: str, reading: GpuReading) -> GpuSample:
    return GpuSample(
        endpoint=endpoint,
        gpu_index=reading.index,
        gpu_name=reading.name,
        gpu_uuid=reading.uuid,
        sampled_at=reading.read_at,
        utilisation=reading.utilisation,
        memory_used_bytes=reading.memory_used_bytes,
        memory_total_bytes=reading.memory_total_bytes,
        power_w=reading.power_w,
    )
