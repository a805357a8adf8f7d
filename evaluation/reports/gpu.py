"""What did the GPUs of local endpoints do for an evaluation, and what did its answers cost in joules?"""

from collections.abc import Mapping
from typing import Any

from evaluation.reports.metric_facts import has_full_score
from evaluation.reports.tables import counted
from evaluation.store.energy_totals import EnergyTotal, energy_totals
from evaluation.store.gpu_samples import GpuUse, gpu_summary
from evaluation.store.records import RunPlan
from evaluation.store.session import Store


def gpu_report(store: Store, invocation_id: str) -> list[dict[str, Any]]:
    """Means and peaks of each GPU over the whole invocation, by endpoint; empty where none was sampled."""
    return [_gpu(use) for use in gpu_summary(store, invocation_id)]


def _gpu(use: GpuUse) -> dict[str, Any]:
    return {
        "endpoint": use.endpoint,
        "gpu_index": use.gpu_index,
        "gpu": use.gpu_name,
        "n_samples": use.n_samples,
        "first_at": use.first_at.isoformat(),
        "last_at": use.last_at.isoformat(),
        "utilisation_mean": use.utilisation_mean,
        "utilisation_peak": use.utilisation_peak,
        "memory_peak_bytes": use.memory_peak_bytes,
        "memory_total_bytes": use.memory_total_bytes,
        "power_mean_w": use.power_mean_w,
        "power_peak_w": use.power_peak_w,
    }


def energy_report(store: Store, plan: RunPlan) -> dict[int, dict[str, Any]]:
    """Joules of each candidate of a run whose answers were measured, by the candidate's row.

    A right answer is one with a full score in the headline metric; what the others took is shared among them.
    """
    signatures = [use.signature for use in plan.metrics if use.name == plan.headline and has_full_score(use.name)]
    totals = energy_totals(store, plan.run_id, signatures[0] if signatures else None)
    return {row_id: _energy(total) for row_id, total in totals.items()}


def _energy(total: EnergyTotal) -> dict[str, Any]:
    return {
        "n": total.n_measured,
        "total_j": total.energy_j,
        "mean_j": total.energy_j / total.n_measured,
        "n_scored": total.n_scored,
        "n_right": total.n_right if total.n_scored else None,
        "per_right_j": total.scored_energy_j / total.n_right if total.n_right else None,
    }


def gpu_lines(run: Mapping[str, Any]) -> list[str]:
    """A line for each GPU, and one for each candidate whose joules are known."""
    return [_gpu_line(gpu) for gpu in run["gpu"]] + [
        f"{candidate['candidate']}: {_energy_line(candidate['energy'])}"
        for candidate in run["candidates"]
        if candidate["energy"]
    ]


def _gpu_line(gpu: Mapping[str, Any]) -> str:
    said = []
    if gpu["utilisation_mean"] is not None:
        said.append(f"{gpu['utilisation_mean']:.0%} busy (at most {gpu['utilisation_peak']:.0%})")
    if gpu["power_mean_w"] is not None:
        said.append(f"{gpu['power_mean_w']:.0f} W (at most {gpu['power_peak_w']:.0f} W)")
    if gpu["memory_peak_bytes"] is not None:
        total = gpu["memory_total_bytes"]
        of_all = "" if total is None else f" of {total / 1e9:.1f}"
        said.append(f"{gpu['memory_peak_bytes'] / 1e9:.1f}{of_all} GB in use at most")
    what = ", ".join(said) or "it says nothing of its load"
    return f"{gpu['endpoint']}, GPU {gpu['gpu_index']} ({gpu['gpu']}): {what}; {counted(gpu['n_samples'], 'sample')}"


def _energy_line(energy: Mapping[str, Any]) -> str:
    parts = [f"{_joules(energy['mean_j'])} an answer"]
    if energy["per_right_j"] is not None:
        parts.append(f"{_joules(energy['per_right_j'])} for each right one")
    elif energy["n_right"] == 0:
        parts.append("none of them right")
    return f"{', '.join(parts)} ({counted(energy['n'], 'answer')} measured, {_joules(energy['total_j'])})"


def _joules(joules: float) -> str:
    return f"{joules:,.0f} J" if joules >= 100 else f"{joules:.3g} J"
