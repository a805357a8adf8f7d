"""GPU activity of local endpoints during an evaluation, and the energy of its answers in joules."""

from collections.abc import Mapping

from evaluation.formatting import counted, joules, percent, size, watts
from evaluation.results.runs import EnergyResult, GpuResult, MetricResult, RunResult


def gpu_lines(run: RunResult) -> list[str]:
    """Return a line for each GPU, and one for each candidate whose energy is known."""
    return [_gpu_line(gpu) for gpu in run.gpus] + [
        f"{candidate.label}: {_energy_line(candidate.energy, candidate.metrics)}"
        for candidate in run.candidates
        if candidate.energy is not None
    ]


def _gpu_line(gpu: GpuResult) -> str:
    parts = []
    if gpu.utilisation_mean is not None and gpu.utilisation_peak is not None:
        parts.append(f"{percent(gpu.utilisation_mean)} busy (at most {percent(gpu.utilisation_peak)})")
    if gpu.power_mean_w is not None and gpu.power_peak_w is not None:
        parts.append(f"{watts(gpu.power_mean_w)} (at most {watts(gpu.power_peak_w)})")
    if gpu.memory_peak_bytes is not None:
        total = gpu.memory_total_bytes
        of_all = "" if total is None else f" of {size(total)}"
        parts.append(f"{size(gpu.memory_peak_bytes)}{of_all} in use at most")
    load = ", ".join(parts) or "its load is not reported"
    return f"{gpu.endpoint}, GPU {gpu.gpu_index} ({gpu.gpu_name}): {load}; {counted(gpu.n_samples, 'sample')}"


def _energy_line(energy: EnergyResult, metrics: Mapping[str, MetricResult]) -> str:
    right = metrics.get("energy_per_right_j")
    parts = [f"{joules(energy.mean_j)} an answer"]
    parts += [f"{joules(right.value)} for each right one"] if right is not None and right.value is not None else []
    return f"{', '.join(parts)} ({counted(energy.n_answers, 'answer')} measured, {joules(energy.total_j)})"
