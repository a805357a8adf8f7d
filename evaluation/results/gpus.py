"""What the GPUs of local endpoints did during an evaluation, and the energy of its answers."""

from dataclasses import dataclass, field
from datetime import datetime

from evaluation.results.as_json import json_key


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuResult:
    """One GPU over a whole invocation. None: the card never said."""

    endpoint: str
    """Name of the server whose machine has it."""
    gpu_index: int
    """Its number on that machine, from 0."""
    gpu_name: str = field(metadata=json_key("gpu"))
    """As the driver calls it."""
    n_samples: int
    first_at: datetime
    """Moment of the first sample."""
    last_at: datetime
    """Moment of the last sample."""
    utilisation_mean: float | None
    """Share of time in which it was busy, in [0, 1]."""
    utilisation_peak: float | None
    """The greatest share in one sample, in [0, 1]."""
    memory_peak_bytes: int | None
    """The most memory in use, by whomever."""
    memory_total_bytes: int | None
    power_mean_w: float | None
    """Watts drawn."""
    power_peak_w: float | None
    """Watts drawn in the greatest sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyResult:
    """Joules of a candidate's answers, as far as they were measured."""

    n_answers: int = field(metadata=json_key("n"))
    """Answers whose energy was measured."""
    total_j: float
    """Joules of all of them together."""
    mean_j: float
    """Joules of one answer, on average."""
