import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from slotted_ollama import slotted_ollama, slotted_ollama_in_logical_time

from evaluation.case import Message
from evaluation.errors import ConfigurationError, FailureKind, ProviderError, TransientProviderError
from evaluation.generation import Generation, GenerationRequest, Timing
from evaluation.model_info import ModelInfo
from evaluation.providers.detection import connect
from evaluation.providers.provider import LoadedModel
from evaluation.retry_schedule import RetrySchedule
from evaluation.servers.probe_round import ProbeRound
from evaluation.servers.probing import MOST_TOKENS, Probe, model_to_probe, probe_slots

SMALL = ModelInfo(name="small:1b", digest="d" * 64, size_bytes=1, capabilities=("completion",))


@dataclass
class ImaginedServer:
    """Serves so many at once, in time that does not pass: each answer's timing is worked out."""

    slots: int
    seconds_per_token: float = 0.05
    max_queue: int = 1000
    hiccup: Callable[[int, int], float] = lambda n_round, index: 0.0
    """Seconds that a request of a round waits although a slot is free."""
    failures: list[ProviderError] = field(default_factory=list)
    """Raised one after the other, before anything is answered."""
    name: str = "ollama"
    url: str = "http://imagined"
    n_in_hand: int = 0
    n_round: int = 0
    requests: list[GenerationRequest] = field(default_factory=list)
    loads: list[Mapping[str, Any]] = field(default_factory=list)

    def sent_options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        return dict(options)

    async def loaded(self) -> tuple[LoadedModel, ...]:
        return (LoadedModel(name="small:1b", digest=None, context_length=8192, size_bytes=1, vram_bytes=1),)

    async def load(self, model: str, options: Mapping[str, Any], **_: Any) -> None:
        self.loads.append(options)

    async def generate(self, request: GenerationRequest) -> Generation:
        index, self.n_in_hand = self.n_in_hand, self.n_in_hand + 1
        self.n_round += index == 0
        self.requests.append(request)
        n_round = self.n_round
        await asyncio.sleep(0)
        self.n_in_hand -= 1
        if self.failures:
            raise self.failures.pop()
        if index >= self.slots + self.max_queue:
            raise TransientProviderError("server busy", FailureKind.QUEUE_FULL)
        answer_s = request.options["num_predict"] * self.seconds_per_token
        wait_s = index // self.slots * answer_s + self.hiccup(n_round, index)
        total_s = wait_s + answer_s
        timing = Timing(total_s=total_s, ttft_s=total_s, queue_s=wait_s, load_s=0.0, prompt_s=0.0, generate_s=answer_s)
        return Generation(text="one", answer="one", output_tokens=request.options["num_predict"], timing=timing)


def probed(server: ImaginedServer, **how: Any) -> Probe:
    return asyncio.run(probe_slots(server, SMALL, **how))  # type: ignore[arg-type]


@pytest.mark.parametrize("slots", [1, 2, 3, 4, 5, 6, 7, 8, 11, 16, 23, 31, 63])
def test_the_slots_are_found_exactly(slots: int) -> None:
    found = probed(ImaginedServer(slots))

    assert (slots, False, ()) == (found.slots, found.is_at_least, found.notes)


def test_beyond_what_may_be_sent_there_may_be_more() -> None:
    found = probed(ImaginedServer(20), most=6)

    assert (6, True) == (found.slots, found.is_at_least)
    assert 6 == max(item.n_sent for item in found.rounds)
    assert ("no more than 6 were sent at once; --most sends more",) == found.notes


def test_one_hiccup_does_not_cost_a_slot() -> None:
    def at_the_first_of_four(n_round: int, index: int) -> float:
        return 0.9 if n_round == 4 and index == 3 else 0.0

    found = probed(ImaginedServer(4, hiccup=at_the_first_of_four))

    assert 4 == found.slots


def test_a_queue_that_is_full_shows_the_slots_too() -> None:
    assert 3 == probed(ImaginedServer(3, max_queue=1)).slots


def test_a_server_that_somebody_else_uses_is_said_to_be_disturbed() -> None:
    found = probed(ImaginedServer(4, hiccup=lambda n_round, index: 9.0 if n_round < 6 else 0.0))

    assert (True, True) == (found.was_disturbed, found.is_at_least)
    assert "somebody else uses the server" in found.notes[-1]


def test_no_prompt_is_sent_twice_and_every_option_is_explicit() -> None:
    server = ImaginedServer(3)
    probed(server)

    prompts = Counter(request.messages for request in server.requests)
    assert {1} == set(prompts.values())
    options = server.requests[-1].options
    assert (0.0, 0, 8192) == (options["temperature"], options["seed"], options["num_ctx"])
    assert {"top_k", "top_p", "min_p", "repeat_penalty", "num_predict"} <= set(options)


def test_the_model_is_loaded_as_it_is_asked() -> None:
    server = ImaginedServer(2)
    probed(server)

    assert [{"num_ctx": 8192}] == server.loads


def test_fast_answers_are_made_longer() -> None:
    server = ImaginedServer(2, seconds_per_token=0.005)
    probed(server)

    assert 100 == server.requests[-1].options["num_predict"]


def test_answers_that_are_over_at_once_show_nothing() -> None:
    with pytest.raises(ConfigurationError, match=f"{MOST_TOKENS} tokens of 'small:1b' within 1 ms"):
        probed(ImaginedServer(2, seconds_per_token=0.001 / MOST_TOKENS))


def test_prompts_that_are_given_are_asked() -> None:
    server = ImaginedServer(1)
    given = [(Message(role="user", content=text),) for text in "abc"]
    probed(server, prompts=given)

    assert set(given) == {request.messages for request in server.requests}


def test_rounds_are_told_as_they_come() -> None:
    heard: list[ProbeRound] = []
    found = probed(ImaginedServer(2), on_round=heard.append)

    assert found.rounds == tuple(heard)


def test_speed_is_that_of_all_answers_together() -> None:
    found = probed(ImaginedServer(4))

    assert pytest.approx((20, 80)) == (found.alone_server_tokens_per_s, found.together_server_tokens_per_s)


def test_a_round_that_fails_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.servers.probe_sender.RETRIES", RetrySchedule(base_s=0.0))
    crash = TransientProviderError("the runner crashed", FailureKind.RUNNER_CRASHED)

    assert 2 == probed(ImaginedServer(2, failures=[crash, crash, crash])).slots


def test_a_request_that_fails_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.servers.probe_sender.RETRIES", RetrySchedule(base_s=0.0))
    server = ImaginedServer(3)
    crash = TransientProviderError("the runner crashed", FailureKind.RUNNER_CRASHED)

    def one_of_four_fails(found: ProbeRound) -> None:
        if len(found_rounds) < 4:
            server.failures = [crash]
        found_rounds.append(found)

    found_rounds: list[ProbeRound] = []
    found = probed(server, on_round=one_of_four_fails)

    assert (3, False) == (found.slots, found.is_at_least)
    assert 3 == sum(item.n_failed for item in found.rounds)
    assert ("3 requests failed, which makes the rest less sure",) == found.notes


def test_a_server_that_only_fails_ends_the_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.servers.probe_sender.RETRIES", RetrySchedule(base_s=0.0))
    crash = TransientProviderError("the runner crashed", FailureKind.RUNNER_CRASHED)

    with pytest.raises(TransientProviderError, match="the runner crashed"):
        probed(ImaginedServer(2, failures=[crash] * 20))


def test_a_refusal_is_not_asked_again() -> None:
    server = ImaginedServer(2, failures=[ProviderError("no such option", FailureKind.BAD_OPTION)] * 20)

    with pytest.raises(ProviderError, match="no such option"):
        probed(server)
    assert 2 == len(server.requests)  # the warm-up and one more


def test_the_smallest_model_in_memory_is_chosen_else_the_smallest_listed() -> None:
    def model(name: str, size_bytes: int, **facts: Any) -> ModelInfo:
        return ModelInfo(name=name, digest=None, size_bytes=size_bytes, **facts)

    def in_memory(name: str) -> LoadedModel:
        return LoadedModel(name=name, digest=None, context_length=None, size_bytes=1, vram_bytes=1)

    small, large, huge = model("small:1b", 1), model("large:8b", 8), model("huge:70b", 70)
    others = [
        model("baseline:lead", 0, family="baseline"),
        model("nomic-embed-text:latest", 0),
        model("vectors:1b", 0, capabilities=("embedding",)),
        model("far:cloud", 0),
    ]
    listed = [huge, *others, large, small]

    assert small == model_to_probe(listed, [], url="u")
    assert large == model_to_probe(listed, [in_memory("huge:70b"), in_memory("large:8b")], url="u")
    assert "baseline:lead" == model_to_probe(others, [], url="u").name
    with pytest.raises(ConfigurationError, match="has no local model that writes text"):
        model_to_probe(others[1:], [], url="u")


@pytest.mark.parametrize(
    ("slots", "how"),
    [
        (3, {"streams": True, "tells": False}),
        (2, {"streams": False, "tells": False}),
        (5, {"streams": False, "answer_s": 0.1}),
    ],
)
def test_a_server_over_http_shows_its_slots_in_whatever_shape_it_answers(slots: int, how: dict[str, Any]) -> None:
    async def probe(url: str) -> Probe:
        async with await connect(url, "ollama") as provider:
            return await probe_slots(provider, await provider.show("small:1b"))

    with slotted_ollama_in_logical_time(slots=slots, **how) as server:
        assert slots == asyncio.run(probe(server.url)).slots


def test_a_cancelled_probe_leaves_no_request_behind() -> None:
    async def probe_for_a_while(url: str) -> None:
        async with await connect(url, "ollama") as provider:
            probing = asyncio.create_task(probe_slots(provider, await provider.show("small:1b")))
            while not server.n_answering:
                await asyncio.sleep(0.01)
            probing.cancel()
            await asyncio.gather(probing, return_exceptions=True)

    with slotted_ollama(slots=1, answer_s=60.0) as server:
        asyncio.run(probe_for_a_while(server.url))
        give_up_at = time.monotonic() + 120
        while server.n_in_hand and time.monotonic() < give_up_at:
            time.sleep(0.01)
        assert (0, 1) == (server.n_in_hand, server.n_left)
