"""Do the samples of this machine's GPU add up to what its own energy counter says, idle and at work?

    python tests/benchmarks/gpu_telemetry.py

Samples for 20 s as an evaluation does, into a database of its own: half of it idle and, where torch can compute on the
GPU, half of it at work. The joules that are integrated from the samples are compared with the driver's own counter,
where the card has one: `counter_ratio` should be near 1. Without an NVIDIA GPU it says so and ends well.
"""

import argparse
import asyncio
import importlib
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from measuring import ROOT, print_result, workplace

sys.path.insert(0, str(ROOT / "tests" / "support"))

from stored_rows import gpu_samples

from evaluation.results.as_json import as_json
from evaluation.scoring.energy import shared_energy
from evaluation.store.gpu_samples import GpuSample, gpu_summary
from evaluation.store.plans import create_invocation
from evaluation.store.session import Store, open_store
from tasks.telemetry.gpu_sampling import gpu_sampling
from tasks.telemetry.nvml import open_gpus

ENDPOINT = ("here", "http://127.0.0.1:11434")
NO_GPU = "no NVIDIA GPU here: nothing was measured"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=20.0, help="half of them idle, half at work")
    asked = parser.parse_args()
    with open_gpus() as gpus:
        names = [gpu.name for gpu in gpus]
    if not names:
        print_result("gpu_telemetry", {"gpu": None, "reason": NO_GPU}, NO_GPU)
        return
    with workplace() as (folder, _), open_store(str(folder / "store.db")) as store:
        create_invocation(store, invocation_id="measured", request={}, code_version="measured")
        stretches = asyncio.run(_sampled(store, asked.seconds / 2))
        samples = gpu_samples(store, "measured", ENDPOINT[0])
        values = _values(samples, stretches) | {"all_gpus": as_json(gpu_summary(store, "measured"))}
    print_result("gpu_telemetry", values, _said(values))


def _said(values: dict[str, Any]) -> str:
    idle, work = values["idle"], values["work"]
    return f"{values['gpu']}: {idle['power_w']} W idle, {work['power_w'] if work else None} W at work"


async def _sampled(store: Store, seconds: float) -> dict[str, tuple[float, float, float | None]]:
    """For each stretch of the time: its start and end, and the joules that the first card's counter went on by."""
    stretches = {}
    async with gpu_sampling(store, "measured", [ENDPOINT]):
        await asyncio.sleep(1.5)
        stretches["idle"] = await asyncio.to_thread(_counted, seconds)
        with _load() as is_at_work:
            if is_at_work:
                await asyncio.sleep(1.5)
                stretches["work"] = await asyncio.to_thread(_counted, seconds)
        await asyncio.sleep(1.5)
    return stretches


def _counted(seconds: float) -> tuple[float, float, float | None]:
    before, start = _counter_j(), time.time()
    time.sleep(seconds)
    after, end = _counter_j(), time.time()
    return start, end, None if before is None or after is None else after - before


def _counter_j() -> float | None:
    """What the first card has used since its driver was loaded; None: this card does not count it."""
    import pynvml

    pynvml.nvmlInit()
    try:
        millijoules: int = pynvml.nvmlDeviceGetTotalEnergyConsumption(pynvml.nvmlDeviceGetHandleByIndex(0))
    except pynvml.NVMLError:
        return None
    finally:
        pynvml.nvmlShutdown()
    return millijoules / 1000.0


@contextmanager
def _load() -> Iterator[bool]:
    """True while the first GPU multiplies matrices; False where torch is not there to do it."""
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        yield False
        return
    if not torch.cuda.is_available():
        yield False
        return
    enough = threading.Event()

    def work() -> None:
        matrix = torch.randn(4096, 4096, device="cuda:0", dtype=torch.float16)
        while not enough.is_set():
            for _ in range(50):
                matrix @ matrix
            torch.cuda.synchronize()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield True
    finally:
        enough.set()
        worker.join()


def _values(samples: Sequence[GpuSample], stretches: dict[str, tuple[float, float, float | None]]) -> dict[str, Any]:
    of_first = [sample for sample in samples if sample.gpu_index == 0]
    gaps_s = [(after.sampled_at - before.sampled_at).total_seconds() for before, after in pairwise(of_first)]
    return {
        "gpu": of_first[0].gpu_name if of_first else None,
        "n_samples": len(of_first),
        "longest_gap_s": max(gaps_s, default=None),
        "idle": _stretch(of_first, *stretches["idle"]),
        "work": _stretch(of_first, *stretches["work"]) if "work" in stretches else None,
    }


def _stretch(samples: Sequence[GpuSample], start: float, end: float, counter_j: float | None) -> dict[str, Any]:
    within = [
        sample
        for sample in samples
        if datetime.fromtimestamp(start, UTC) <= sample.sampled_at <= datetime.fromtimestamp(end, UTC)
    ]
    power = [(sample.sampled_at.timestamp(), sample.power_w) for sample in samples if sample.power_w is not None]
    (joules,) = shared_energy(power, [(start, end)])
    busy = [sample.utilisation for sample in within if sample.utilisation is not None]
    return {
        "seconds": end - start,
        "utilisation": sum(busy) / len(busy) if busy else None,
        "memory_used_bytes": max((sample.memory_used_bytes or 0 for sample in within), default=None),
        "power_w": None if joules is None else round(joules / (end - start), 1),
        "energy_j": joules,
        "counter_j": counter_j,
        "counter_ratio": joules / counter_j if joules is not None and counter_j else None,
    }


if __name__ == "__main__":
    main()
