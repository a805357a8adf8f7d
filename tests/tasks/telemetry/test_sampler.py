import sys
import threading
import time

import pytest
from fake_nvml import FakeCard, FakeNvml

from evaluation.store.gpu_samples import GpuSample
from tasks.telemetry import sampler as module
from tasks.telemetry.sampler import GpuSampler

HERE, ALSO_HERE, AWAY = (
    ("here", "http://127.0.0.1:1"),
    ("also here", "http://localhost:2"),
    ("away", "http://192.0.2.7:1"),
)


class Said:
    """What a sampler said, and who it samples for."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.details: list[str] = []

    def tell(self, message: str, *words: object) -> None:
        self.lines.append(message % words)

    def debug(self, message: str, *words: object) -> None:
        self.details.append(message % words)


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EVERY_S", 0.01)


def _samples(
    monkeypatch: pytest.MonkeyPatch,
    said: Said,
    nvml: FakeNvml,
    *,
    n: int,
    endpoints: tuple[tuple[str, str], ...] = (HERE,),
) -> list[GpuSample]:
    """Samples taken until the first card was read `n` times; the last ones are read at the end."""
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    sampler = GpuSampler(endpoints, tell=said.tell, debug=said.debug)
    thread = threading.Thread(target=sampler.run)
    thread.start()
    while thread.is_alive() and nvml.cards and nvml.cards[0].n_readings < n:
        time.sleep(0.002)
    sampler.stop()
    thread.join()
    return sampler.take()


def test_every_local_endpoint_is_given_what_the_card_does(monkeypatch: pytest.MonkeyPatch, said: Said) -> None:
    nvml = FakeNvml(FakeCard(name="NVIDIA H100", uuid="GPU-1", power_w=(100.0, 200.0)))

    samples = _samples(monkeypatch, said, nvml, n=3, endpoints=(HERE, AWAY, ALSO_HERE))

    assert ["here", "also here"] * (len(samples) // 2) == [sample.endpoint for sample in samples]
    assert [100.0, 100.0, 200.0, 200.0] == [sample.power_w for sample in samples[:4]]
    assert {("NVIDIA H100", "GPU-1", 0.5)} == {(item.gpu_name, item.gpu_uuid, item.utilisation) for item in samples}
    assert samples[0].sampled_at < samples[2].sampled_at
    assert [] == said.lines
    assert 0 == nvml.n_open


def test_the_end_is_sampled_too(monkeypatch: pytest.MonkeyPatch, said: Said) -> None:
    monkeypatch.setattr(module, "EVERY_S", 3600.0)

    assert 2 == len(_samples(monkeypatch, said, FakeNvml(FakeCard()), n=1))


def test_without_a_driver_one_line_says_so(monkeypatch: pytest.MonkeyPatch, said: Said) -> None:
    assert [] == _samples(monkeypatch, said, FakeNvml(has_driver=False), n=1)
    assert ["no NVIDIA GPU found: no power or utilisation is measured"] == said.lines


def test_a_driver_without_cards_is_no_gpu(monkeypatch: pytest.MonkeyPatch, said: Said) -> None:
    assert [] == _samples(monkeypatch, said, FakeNvml(), n=1)
    assert ["no NVIDIA GPU found: no power or utilisation is measured"] == said.lines


def test_for_servers_elsewhere_the_driver_is_not_even_opened(monkeypatch: pytest.MonkeyPatch, said: Said) -> None:
    nvml = FakeNvml(FakeCard())

    assert [] == _samples(monkeypatch, said, nvml, n=1, endpoints=(AWAY,))
    assert (0, [], 1) == (nvml.n_opened, said.lines, len(said.details))


def test_of_several_cards_those_are_sampled_on_which_somebody_computes(
    monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    idle, works = FakeCard(uuid="idle", is_working=(False,)), FakeCard(uuid="works")

    samples = _samples(monkeypatch, said, FakeNvml(idle, works), n=3)

    assert {"works"} == {sample.gpu_uuid for sample in samples}


def test_all_cards_are_sampled_where_the_driver_hides_who_computes(monkeypatch: pytest.MonkeyPatch, said: Said) -> None:
    cards = FakeCard(uuid="a", is_working=(False,)), FakeCard(uuid="b", is_working=None)

    samples = _samples(monkeypatch, said, FakeNvml(*cards), n=3)

    assert ["a", "b"] * (len(samples) // 2) == [sample.gpu_uuid for sample in samples]


def test_between_two_models_the_cards_stay_those_of_the_first(monkeypatch: pytest.MonkeyPatch, said: Said) -> None:
    other, works = FakeCard(uuid="other", is_working=(False,)), FakeCard(uuid="works", is_working=(True, True, False))

    samples = _samples(monkeypatch, said, FakeNvml(other, works), n=6)

    assert {"works"} == {sample.gpu_uuid for sample in samples}


def test_a_card_that_is_lost_is_named_once_and_sampled_again_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    nvml = FakeNvml(FakeCard(name="Fake", power_w=tuple(range(1, 100)), lost_after=2, returns_after=3))

    samples = _samples(monkeypatch, said, nvml, n=8)

    assert [1.0, 2.0, 3.0] == [sample.power_w for sample in samples[:3]]
    assert len(samples) >= 5
    (line,) = said.lines
    assert line.startswith("GPU 0 (Fake) could not be read: GPU is lost.")


def test_what_could_not_be_stored_is_kept_before_what_came_since(monkeypatch: pytest.MonkeyPatch, said: Said) -> None:
    samples = _samples(monkeypatch, said, FakeNvml(FakeCard()), n=4)
    sampler = GpuSampler([HERE], tell=said.tell, debug=said.debug)

    sampler.put_back(samples[2:])
    sampler.put_back(samples[:2])

    assert samples == sampler.take()
    assert [] == sampler.take()
