"""The NVIDIA GPUs of this machine and their current readings; the only module that uses NVML.

A call may block for as long as the driver does: never call this from an event loop.
"""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuReading:
    """One GPU at one time. None if the card does not report a value."""

    index: int
    name: str
    uuid: str | None
    read_at: datetime
    pids: frozenset[int]
    """Ids of the processes that compute on it, as far as the driver shows them."""
    utilisation: float | None
    memory_used_bytes: int | None
    memory_total_bytes: int | None
    power_w: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuProblem:
    """A GPU that could not be read, with the reason."""

    index: int
    message: str


@contextmanager
def open_gpus() -> Iterator["tuple[Gpu, ...]"]:
    """Open the driver, and yield the NVIDIA GPUs of this machine; none where there is no driver."""
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        yield ()
        return
    try:
        yield _gpus(pynvml)
    finally:
        with contextlib.suppress(pynvml.NVMLError):
            pynvml.nvmlShutdown()


def _gpus(nvml: Any) -> "tuple[Gpu, ...]":
    gpus = []
    with contextlib.suppress(nvml.NVMLError):
        for index in range(nvml.nvmlDeviceGetCount()):
            # A card that fell off the bus is counted all the same.
            with contextlib.suppress(nvml.NVMLError):
                gpus.append(Gpu(nvml, index))
    return tuple(gpus)


class Gpu:
    """A GPU, read through NVML."""

    def __init__(self, nvml: Any, index: int) -> None:
        """Open the card; raises the driver's error where this fails."""
        self._nvml = nvml
        self._handle = nvml.nvmlDeviceGetHandleByIndex(index)
        self.index = index
        self.name = _text(nvml.nvmlDeviceGetName(self._handle))
        uuid = self._query("nvmlDeviceGetUUID")
        self.uuid = None if uuid is None else _text(uuid)

    def memory_total_bytes(self) -> int | None:
        """Return its memory in bytes; None where it shares the machine's and the driver does not report it."""
        try:
            memory = self._query("nvmlDeviceGetMemoryInfo")
        except self._nvml.NVMLError:
            return None
        return None if memory is None else int(memory.total)

    def read(self) -> GpuReading | GpuProblem:
        """Return a reading, or why there is none: a card may fall off the bus at any time."""
        try:
            return self._read()
        except self._nvml.NVMLError as error:
            return GpuProblem(index=self.index, message=str(error))

    def _read(self) -> GpuReading:
        power_mw = self._query("nvmlDeviceGetPowerUsage")
        read_at = datetime.now(UTC)
        utilisation, memory = self._query("nvmlDeviceGetUtilizationRates"), self._query("nvmlDeviceGetMemoryInfo")
        return GpuReading(
            index=self.index,
            name=self.name,
            uuid=self.uuid,
            read_at=read_at,
            pids=frozenset(process.pid for process in self._query("nvmlDeviceGetComputeRunningProcesses") or ()),
            utilisation=None if utilisation is None else utilisation.gpu / 100.0,
            memory_used_bytes=None if memory is None else int(memory.used),
            memory_total_bytes=None if memory is None else int(memory.total),
            power_w=None if power_mw is None else power_mw / 1000.0,
        )

    def _query(self, function: str) -> Any:
        """Return a value from the driver; None where this card or this driver does not support it."""
        nvml = self._nvml
        ask: Callable[[Any], Any] = getattr(nvml, function)
        try:
            return ask(self._handle)
        except (
            nvml.NVMLError_NotSupported,
            nvml.NVMLError_FunctionNotFound,
            nvml.NVMLError_NoPermission,
            nvml.NVMLError_NotFound,
        ):
            return None


def _text(text: str | bytes) -> str:
    return text.decode() if isinstance(text, bytes) else text
