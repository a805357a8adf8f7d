"""Is it measured whether texts stay the same alone and beside others, and said what follows?"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from evaluation.errors import FailureKind, ProviderError
from evaluation.generation import Generation, GenerationRequest
from evaluation.model_info import ModelInfo
from evaluation.providers.provider import LoadedModel
from evaluation.servers.repeatability import TOPICS, Repeatability, measure_repeatability

MODEL = ModelInfo(name="small:1b", digest="d" * 64, size_bytes=1, capabilities=("completion",))


@dataclass
class BatchingServer:
    """Writes another text where a request is answered beside others, for one prompt in `changes_every`."""

    changes_every: int
    fails_on: str | None = None
    name: str = "ollama"
    url: str = "http://imagined"
    n_in_hand: int = 0
    sizes: list[int] = field(default_factory=list)
    requests: list[GenerationRequest] = field(default_factory=list)

    def sent_options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        return dict(options)

    async def loaded(self) -> tuple[LoadedModel, ...]:
        return ()

    async def generate(self, request: GenerationRequest) -> Generation:
        prompt = request.messages[0].content
        if self.fails_on is not None and self.fails_on in prompt:
            raise ProviderError("no", FailureKind.BAD_OPTION)
        self.n_in_hand += 1
        await asyncio.sleep(0)
        n_beside = self.n_in_hand
        await asyncio.sleep(0)
        self.n_in_hand -= 1
        self.sizes.append(n_beside)
        self.requests.append(request)
        index = next(i for i, topic in enumerate(TOPICS) if topic in prompt)
        text = f"story {index}" + ("!" if n_beside > 1 and index % self.changes_every == 0 else "")
        return Generation(text=text, answer=text)


def measured(server: Any, slots: int = 4) -> Repeatability | None:
    return asyncio.run(measure_repeatability(server, MODEL, slots=slots))


@pytest.mark.parametrize(("changes_every", "n_equal"), [(2, 6), (3, 8), (100, 11)])
def test_texts_that_change_beside_others_are_counted(changes_every: int, n_equal: int) -> None:
    server = BatchingServer(changes_every)
    found = measured(server)

    assert Repeatability(n_texts=12, n_equal_alone=12, n_equal_beside=n_equal, slots=4) == found
    assert found is not None
    assert f"{n_equal} of 12 beside 3 others" in found.sentence
    assert "--slots 1 is the way to do so" in found.sentence
    assert [1] * 24 == server.sizes[:24]
    assert 4 == max(server.sizes[24:])
    assert {(0, 0.0)} == {(request.options["seed"], request.options["temperature"]) for request in server.requests}


def test_a_server_that_repeats_itself_beside_others_is_given_no_advice() -> None:
    found = Repeatability(n_texts=12, n_equal_alone=12, n_equal_beside=12, slots=2)

    assert (
        "12 of 12 texts are the same asked twice alone, 12 of 12 beside 1 other (same seed, temperature 0)"
        == found.sentence
    )


def test_a_prompt_that_fails_is_left_out_and_nothing_is_said_of_no_texts() -> None:
    found = measured(BatchingServer(100, fails_on="a lighthouse"))

    assert found is not None
    assert 11 == found.n_texts
    assert None is measured(BatchingServer(100, fails_on="story"))
