from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from stored_rows import gpu_samples

from evaluation.errors import StoreError
from evaluation.records.runs import RunPlan
from evaluation.results.runs import GpuResult
from evaluation.store.gpu_samples import GpuSample, gpu_summary, save_gpu_samples
from evaluation.store.runs import delete_run
from evaluation.store.session import Store

BEGAN = datetime(2026, 5, 4, 3, 2, 1, 250_000, tzinfo=UTC)
SAMPLE = GpuSample(
    endpoint="local",
    gpu_index=0,
    gpu_name="NVIDIA H100",
    gpu_uuid="GPU-1",
    sampled_at=BEGAN,
    utilisation=0.5,
    memory_used_bytes=40 * 2**30,
    memory_total_bytes=80 * 2**30,
    power_w=300.0,
)


def _later(seconds: float, **changed: object) -> GpuSample:
    return replace(SAMPLE, sampled_at=BEGAN + timedelta(seconds=seconds), **changed)  # type: ignore[arg-type]


def test_samples_come_back_by_time(store: Store, plan_run: Callable[..., RunPlan]) -> None:
    plan_run()
    samples = [_later(second, gpu_index=gpu) for second in range(5) for gpu in range(2)]
    save_gpu_samples(store, "invocation-1", [*samples[4:], *samples[:4]])
    save_gpu_samples(store, "invocation-1", [_later(1, endpoint="other")])

    stored = gpu_samples(store, "invocation-1", "local")

    assert samples == sorted(stored, key=_place)
    assert [sample.sampled_at for sample in samples] == [sample.sampled_at for sample in stored]


def _place(sample: GpuSample) -> tuple[datetime, int]:
    return sample.sampled_at, sample.gpu_index


def test_what_a_card_does_not_say_is_none(store: Store, plan_run: Callable[..., RunPlan]) -> None:
    plan_run()
    silent = GpuSample(endpoint="local", gpu_index=0, gpu_name="Laptop", sampled_at=BEGAN)
    save_gpu_samples(store, "invocation-1", [silent])

    assert [silent] == gpu_samples(store, "invocation-1", "local")
    (use,) = gpu_summary(store, "invocation-1")
    assert (None, None, None) == (use.utilisation_mean, use.memory_peak_bytes, use.power_mean_w)


def test_the_summary_has_means_and_peaks_by_endpoint_and_gpu(store: Store, plan_run: Callable[..., RunPlan]) -> None:
    plan_run()
    samples = [
        SAMPLE,
        _later(1, utilisation=1.0, power_w=500.0, memory_used_bytes=60 * 2**30),
        _later(2, utilisation=0.0, power_w=None, memory_used_bytes=None),
        _later(0, gpu_index=1, power_w=90.0),
        _later(0, endpoint="another", power_w=100.0),
    ]
    save_gpu_samples(store, "invocation-1", samples)

    another, first, second = gpu_summary(store, "invocation-1")

    assert (
        GpuResult(
            endpoint="local",
            gpu_index=0,
            gpu_name="NVIDIA H100",
            n_samples=3,
            first_at=BEGAN,
            last_at=BEGAN + timedelta(seconds=2),
            utilisation_mean=0.5,
            utilisation_peak=1.0,
            memory_peak_bytes=60 * 2**30,
            memory_total_bytes=80 * 2**30,
            power_mean_w=400.0,
            power_peak_w=500.0,
        )
        == first
    )
    assert ("local", 1, 90.0) == (second.endpoint, second.gpu_index, second.power_mean_w)
    assert ("another", 0, 100.0) == (another.endpoint, another.gpu_index, another.power_mean_w)


def test_an_invocation_that_was_not_sampled_has_no_summary(store: Store, plan_run: Callable[..., RunPlan]) -> None:
    plan_run()
    save_gpu_samples(store, "invocation-1", [])

    assert () == gpu_summary(store, "invocation-1")


def test_samples_of_an_unknown_invocation_are_refused(store: Store) -> None:
    with pytest.raises(StoreError):
        save_gpu_samples(store, "nobody", [SAMPLE])


def test_samples_go_with_the_last_run_of_their_invocation(store: Store, plan_run: Callable[..., RunPlan]) -> None:
    plan_run()
    save_gpu_samples(store, "invocation-1", [SAMPLE])

    delete_run(store, "run-1")

    assert [] == gpu_samples(store, "invocation-1", "local")
