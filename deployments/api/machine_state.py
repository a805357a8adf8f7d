"""What waits and what is busy: the Prefect server's queue, turns on GPUs, slots, and the GPUs of this machine."""

from collections.abc import Mapping
from dataclasses import dataclass

from deployments.api import flow_runs
from deployments.api.problems import ProblemError
from deployments.api.refreshed import Refreshed
from tasks.telemetry.nvml import GpuProblem, open_gpus

EVERY_S = 2.0
"""Seconds from one look to the next; the Prefect server and the driver are not asked for each page."""
WAIT_S = 0.2
"""Seconds that the first to look waits; the others get what was read last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """Turns on a GPU."""

    name: str
    n_slots: int
    n_busy: int
    n_waiting: int
    """Evaluations that wait for their turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalGpu:
    """A GPU of this machine."""

    name: str
    utilisation: float | None
    """Share of the last sampling period in which it was busy, in [0, 1]."""
    memory_used_bytes: int | None
    memory_total_bytes: int | None
    problem: str | None = None
    """Why it could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineState:
    """What waits and what is busy."""

    turns: tuple[Turns, ...]
    n_waiting: int
    """Flow runs that are due and have not begun."""
    gpus: tuple[LocalGpu, ...]
    problem: str | None
    """Why the Prefect server says nothing."""
    next_step: str | None


class MachineStates:
    """The state of this machine, for all who look at one application."""

    def __init__(self) -> None:
        self._last: Refreshed[MachineState] = Refreshed(every_s=EVERY_S, wait_s=WAIT_S)

    def now(self) -> MachineState | None:
        """Return the state of the last look, a few seconds old at most; None: there was none yet."""
        return self._last.get(_state)


def _state() -> MachineState:
    turns, n_waiting = tuple[Turns, ...](), 0
    problem = next_step = None
    try:
        queue = flow_runs.queue()
        turns, n_waiting = _turns(queue.slots, queue.waiting), queue.n_waiting
    except ProblemError as error:
        problem, next_step = error.detail, error.next_step
    return MachineState(turns=turns, n_waiting=n_waiting, gpus=_gpus(), problem=problem, next_step=next_step)


def _turns(slots: Mapping[str, tuple[int, int]], waiting: Mapping[str, int]) -> tuple[Turns, ...]:
    return tuple(
        Turns(name=name, n_slots=n_slots, n_busy=n_busy, n_waiting=waiting.get(name, 0))
        for name, (n_slots, n_busy) in sorted(slots.items())
    )


def _gpus() -> tuple[LocalGpu, ...]:
    with open_gpus() as gpus:
        readings = [(gpu.name, gpu.read()) for gpu in gpus]
    return tuple(
        LocalGpu(
            name=name,
            utilisation=None if isinstance(reading, GpuProblem) else reading.utilisation,
            memory_used_bytes=None if isinstance(reading, GpuProblem) else reading.memory_used_bytes,
            memory_total_bytes=None if isinstance(reading, GpuProblem) else reading.memory_total_bytes,
            problem=reading.message if isinstance(reading, GpuProblem) else None,
        )
        for name, reading in readings
    )
