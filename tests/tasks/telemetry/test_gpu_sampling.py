import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from fake_nvml import FakeCard, FakeNvml
from stored_rows import gpu_samples
from stored_runs import asked, numbers, store_run

import tasks.telemetry.gpu_sampling as module
from evaluation.errors import StoreError, StoreUnreachableError
from evaluation.store.gpu_samples import GpuSample, save_gpu_samples
from evaluation.store.session import Store, open_store
from tasks.telemetry import sampler
from tasks.telemetry.gpu_sampling import gpu_sampling

ENDPOINTS = [("here", "http://127.0.0.1:11434"), ("away", "http://192.0.2.7:11434"), ("embedded", "http://127.0.0.1:1")]
NO_GPU = "no NVIDIA GPU found: no power or utilisation is measured"


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    with open_store(sqlite_url) as opened:
        store_run(opened, asked("m:1b"), cases=numbers(1), scored=False)
        yield opened


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "EVERY_S", 0.01)
    monkeypatch.setattr(module, "SAVE_EVERY_S", 0.03)


def _stored(store: Store, endpoint: str = "here") -> list[GpuSample]:
    return gpu_samples(store, "of-run-1", endpoint)


async def _sampled(store: Store, until: Callable[[], bool], endpoints: list[tuple[str, str]] = ENDPOINTS) -> None:
    async with gpu_sampling(store, "of-run-1", endpoints):
        while not until():
            await asyncio.sleep(0.005)


def test_samples_of_local_endpoints_are_stored_while_the_work_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(FakeCard(power_w=(100.0, 150.0))))

    asyncio.run(_sampled(store, until=lambda: len(_stored(store)) > 3))

    found = _stored(store)
    assert [100.0, 150.0, 150.0] == [sample.power_w for sample in found[:3]]
    assert [] == _stored(store, "away")
    assert [] == _stored(store, "embedded")


def test_work_without_a_pause_lies_between_two_samples(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(FakeCard()))
    monkeypatch.setattr(sampler, "EVERY_S", 3600.0)
    began: list[datetime] = []

    async def work() -> None:
        async with gpu_sampling(store, "of-run-1", ENDPOINTS):
            began.append(datetime.now().astimezone())

    asyncio.run(work())

    first, last = _stored(store)
    assert first.sampled_at <= began[0] <= last.sampled_at


def test_without_a_gpu_one_line_says_so_and_the_work_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(has_driver=False))

    with caplog.at_level("INFO", logger="benchwright"):
        asyncio.run(_sampled(store, until=lambda: True))

    assert [NO_GPU] == [record.getMessage() for record in caplog.records if record.name == "benchwright"]
    assert [] == _stored(store)


def test_the_embedded_server_alone_is_not_measured_and_nothing_is_said(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    nvml = FakeNvml(FakeCard())
    monkeypatch.setitem(sys.modules, "pynvml", nvml)

    with caplog.at_level("DEBUG", logger="benchwright"):
        asyncio.run(_sampled(store, until=lambda: True, endpoints=ENDPOINTS[2:]))

    assert (0, []) == (nvml.n_opened, [record for record in caplog.records if record.name == "benchwright"])


def test_a_store_that_is_away_for_a_while_loses_no_sample(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    nvml = FakeNvml(FakeCard(power_w=[float(watts) for watts in range(1, 1000)]))
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    refused: list[int] = []

    def save(store: Store, invocation_id: str, samples: list[GpuSample]) -> None:
        if len(refused) < 3:
            refused.append(len(samples))
            raise StoreError("the database is away")
        save_gpu_samples(store, invocation_id, samples)

    monkeypatch.setattr(module, "save_gpu_samples", save)

    asyncio.run(_sampled(store, until=lambda: len(_stored(store)) > 5))

    found = [sample.power_w for sample in _stored(store)]
    assert [float(watts) for watts in range(1, nvml.cards[0].n_readings + 1)] == found
    assert 1 == sum("could not store GPU samples" in record.getMessage() for record in caplog.records)


def test_a_store_that_is_away_at_the_end_is_waited_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(FakeCard()))
    refused: list[int] = []

    def save(store: Store, invocation_id: str, samples: list[GpuSample]) -> None:
        if not refused:
            refused.append(len(samples))
            raise StoreUnreachableError("the database restarts")
        save_gpu_samples(store, invocation_id, samples)

    monkeypatch.setattr(module, "SAVE_EVERY_S", 3600.0)
    monkeypatch.setattr(module, "save_gpu_samples", save)

    asyncio.run(_sampled(store, until=lambda: True))

    assert len(_stored(store)) == refused[0] >= 2


def test_samples_that_could_not_be_stored_do_not_end_the_work(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(FakeCard()))

    def save(store: Store, invocation_id: str, samples: list[GpuSample]) -> None:
        raise StoreError("the run was deleted")

    monkeypatch.setattr(module, "save_gpu_samples", save)

    asyncio.run(_sampled(store, until=lambda: bool(caplog.records)))

    first, last = [record.getMessage() for record in caplog.records if record.name == "benchwright"]
    assert first.startswith("could not store GPU samples; retrying later: ")
    assert last.startswith("the last samples of the GPU could not be stored: ")


def test_an_error_of_the_work_comes_through_and_what_was_sampled_is_stored(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(FakeCard()))

    async def fails() -> None:
        async with gpu_sampling(store, "of-run-1", ENDPOINTS):
            raise ValueError("the work failed")

    with pytest.raises(ValueError, match="the work failed"):
        asyncio.run(fails())

    assert len(_stored(store)) >= 2


def test_cancelled_work_ends_and_what_was_sampled_is_stored(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(FakeCard()))

    async def cancelled() -> None:
        working = asyncio.create_task(_sampled(store, until=lambda: False))
        while not _stored(store):
            await asyncio.sleep(0.005)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working

    asyncio.run(cancelled())

    assert not [thread for thread in threading.enumerate() if thread.name == "gpu-sampler"]


def test_a_driver_that_hangs_holds_up_neither_the_beginning_nor_the_end(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    answers_at_last = threading.Event()
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(FakeCard(hangs=answers_at_last)))
    monkeypatch.setattr(module, "READY_WITHIN_S", 0.01)
    monkeypatch.setattr(module, "ENDED_WITHIN_S", 0.01)

    with caplog.at_level("INFO", logger="benchwright"):
        asyncio.run(_sampled(store, until=lambda: True))

    assert ["the GPU's driver does not answer: the last samples are missing"] == [
        record.getMessage() for record in caplog.records if record.name == "benchwright"
    ]
    answers_at_last.set()
    for thread in threading.enumerate():
        if thread.name == "gpu-sampler":
            thread.join()
