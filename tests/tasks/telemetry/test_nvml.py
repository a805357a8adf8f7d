import sys

import pytest
from fake_nvml import GIB, FakeCard, FakeNvml

from tasks.telemetry.nvml import GpuProblem, GpuReading, open_gpus


def test_a_card_says_what_it_does_in_our_units(monkeypatch: pytest.MonkeyPatch) -> None:
    card = FakeCard(name="NVIDIA H100", uuid="GPU-1", power_w=(312.5,), utilisation=(97,), memory_used=(3 * GIB,))
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(card))

    with open_gpus() as (gpu,):
        reading = gpu.read()

    assert isinstance(reading, GpuReading)
    assert (0, "NVIDIA H100", "GPU-1") == (reading.index, reading.name, reading.uuid)
    assert (312.5, 0.97) == (reading.power_w, reading.utilisation)
    assert (3 * GIB, 16 * GIB) == (reading.memory_used_bytes, reading.memory_total_bytes)
    assert frozenset({card.pid}) == reading.pids
    assert reading.read_at.tzinfo is not None


def test_what_a_card_does_not_support_is_none_and_the_rest_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    card = FakeCard(power_w=None, memory_used=None, is_working=None)
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(card))

    with open_gpus() as (gpu,):
        reading = gpu.read()

    assert isinstance(reading, GpuReading)
    assert (None, None, None) == (reading.power_w, reading.memory_used_bytes, reading.memory_total_bytes)
    assert (0.5, frozenset()) == (reading.utilisation, reading.pids)


def test_a_machine_without_a_driver_has_no_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(FakeCard(), has_driver=False))

    with open_gpus() as gpus:
        assert () == gpus


def test_the_driver_is_closed_as_often_as_it_was_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml = FakeNvml(FakeCard())
    monkeypatch.setitem(sys.modules, "pynvml", nvml)

    with open_gpus():
        assert 1 == nvml.n_open

    assert 0 == nvml.n_open


def test_a_lost_card_is_a_problem_until_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(FakeCard(lost_after=1, returns_after=1)))

    with open_gpus() as (gpu,):
        first, second, third = gpu.read(), gpu.read(), gpu.read()

    assert isinstance(first, GpuReading)
    assert GpuProblem(index=0, message="GPU is lost") == second
    assert isinstance(third, GpuReading)


def test_the_real_module_has_what_the_fake_has() -> None:
    import pynvml

    fake = FakeNvml(FakeCard())
    names = [name for name in [*vars(fake), *vars(FakeNvml)] if name.lower().startswith("nvml")]
    assert len(names) > 12
    assert [] == [name for name in names if not hasattr(pynvml, name)]
