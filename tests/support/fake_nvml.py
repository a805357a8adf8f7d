"""A module that stands in for `pynvml`: cards that do what a test wrote down, and the driver's error classes."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any, TypeVar

GIB = 2**30
T = TypeVar("T")


@dataclass
class FakeCard:
    """A card. Lists are read one value a reading; the last one stays."""

    name: str = "Fake GPU"
    uuid: str = "GPU-0"
    power_w: Sequence[float] | None = (100.0,)
    """None: this card does not say."""
    utilisation: Sequence[int] | None = (50,)
    """In percent, as the driver gives it."""
    memory_used: Sequence[int] | None = (4 * GIB,)
    memory_total: int = 16 * GIB
    is_working: Sequence[bool] | None = (True,)
    """Whether a process computes on it."""
    pid: int = 2**22 + 1
    """Its process; greater than any there is."""
    lost_after: int | None = None
    """Readings of its power after which it falls off the bus, for as long as `returns_after` more."""
    returns_after: int | None = None
    hangs: threading.Event | None = None
    """Readings of its power wait for this, as for a driver that does not answer."""
    n_readings: int = 0
    _n: dict[str, int] = field(default_factory=dict)

    def next_of(self, what: str, values: Sequence[Any]) -> Any:
        """The next of the values."""
        n = self._n.get(what, 0)
        self._n[what] = n + 1
        return values[min(n, len(values) - 1)]

    @property
    def is_lost(self) -> bool:
        """True while it is off the bus."""
        if self.lost_after is None or self.n_readings <= self.lost_after:
            return False
        return self.returns_after is None or self.n_readings <= self.lost_after + self.returns_after


class NVMLError(Exception):
    """As in pynvml."""


def _error(name: str, said: str) -> type[NVMLError]:
    def shown(self: NVMLError) -> str:
        return said

    return type(f"NVMLError_{name}", (NVMLError,), {"__str__": shown})


ERRORS = {
    name: _error(name, said)
    for name, said in {
        "NotSupported": "Not Supported",
        "FunctionNotFound": "Function Not Found",
        "NoPermission": "Insufficient Permissions",
        "NotFound": "Not Found",
        "LibraryNotFound": "NVML Shared Library Not Found",
        "DriverNotLoaded": "Driver Not Loaded",
        "GpuIsLost": "GPU is lost",
        "Uninitialized": "Uninitialized",
    }.items()
}


class FakeNvml(ModuleType):
    """To be put into `sys.modules` under the name `pynvml`."""

    def __init__(self, *cards: FakeCard, has_driver: bool = True) -> None:
        super().__init__("pynvml")
        self.cards = cards
        self.has_driver = has_driver
        self.n_open = 0
        self.n_opened = 0
        for name, error in ERRORS.items():
            setattr(self, f"NVMLError_{name}", error)
        self.NVMLError = NVMLError

    def nvmlInit(self) -> None:
        if not self.has_driver:
            raise ERRORS["LibraryNotFound"]
        self.n_open += 1
        self.n_opened += 1

    def nvmlShutdown(self) -> None:
        self.n_open -= 1

    def nvmlDeviceGetCount(self) -> int:
        self._must_be_open()
        return len(self.cards)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> FakeCard:
        self._must_be_open()
        return self.cards[index]

    def nvmlDeviceGetName(self, card: FakeCard) -> str:
        return card.name

    def nvmlDeviceGetUUID(self, card: FakeCard) -> str:
        return card.uuid

    def nvmlDeviceGetPowerUsage(self, card: FakeCard) -> int:
        if card.hangs is not None:
            card.hangs.wait()
        card.n_readings += 1
        return self._ask(card, "power", card.power_w, lambda watts: int(watts * 1000))

    def nvmlDeviceGetUtilizationRates(self, card: FakeCard) -> SimpleNamespace:
        return self._ask(card, "utilisation", card.utilisation, lambda percent: SimpleNamespace(gpu=percent, memory=0))

    def nvmlDeviceGetMemoryInfo(self, card: FakeCard) -> SimpleNamespace:
        def as_struct(used: int) -> SimpleNamespace:
            return SimpleNamespace(used=used, total=card.memory_total, free=card.memory_total - used)

        return self._ask(card, "memory", card.memory_used, as_struct)

    def nvmlDeviceGetComputeRunningProcesses(self, card: FakeCard) -> list[SimpleNamespace]:
        return self._ask(
            card,
            "processes",
            card.is_working,
            lambda works: [SimpleNamespace(pid=card.pid, usedGpuMemory=None)] * works,
        )

    def _ask(self, card: FakeCard, what: str, values: Sequence[Any] | None, convert: Callable[[Any], T]) -> T:
        self._must_be_open()
        if card.is_lost:
            raise ERRORS["GpuIsLost"]
        if values is None:
            raise ERRORS["NotSupported"]
        return convert(card.next_of(what, values))

    def _must_be_open(self) -> None:
        if not self.n_open:
            raise ERRORS["Uninitialized"]
