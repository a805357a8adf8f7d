"""Repeatability: whether a server writes the same text again, alone and beside other requests.

Servers answer several requests in one batch, whose size changes the order of additions and so the last digits of the
numbers from which tokens are chosen: on a server with several slots, the same seed need not give the same text, not
even at temperature 0. Asked alone, one request after the other, most servers repeat themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.case import Message
from evaluation.errors import ProviderError
from evaluation.formatting import counted
from evaluation.gather import gather_or_cancel
from evaluation.generation import Generation, GenerationRequest
from evaluation.model_info import ModelInfo
from evaluation.providers.provider import Provider
from evaluation.retry_schedule import RETRIES, retry
from evaluation.servers.probe_sender import Prompts, Sender, explicit_options

TOPICS = (
    *("a lighthouse", "two brothers", "the last train", "a lost letter", "an old piano", "the sea in winter"),
    *("a market at dawn", "a broken watch", "the tallest tree", "a border town", "the night shift", "a slow river"),
)
"""Topics of short stories, in which a model often wavers between words, so that the last digit decides."""
STORIES = tuple((Message(role="user", content=f"Write a short story about {topic}."),) for topic in TOPICS)
TEXT_TOKENS = 96
"""Length of a text in tokens, large enough for differences in the last digit to appear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeatability:
    """Counts of texts that were reproduced."""

    n_texts: int
    """Prompts that were answered in every round."""
    n_equal_alone: int
    """Equal texts of two rounds, each without concurrency."""
    n_equal_beside: int
    """Equal texts of a round without and a round with concurrency."""
    slots: int
    """Concurrent requests in the round with concurrency."""

    @property
    def sentence(self) -> str:
        """The consequence, in a sentence."""
        alone = f"{self.n_equal_alone} of {counted(self.n_texts, 'text')} are the same asked twice alone"
        beside = f"{self.n_equal_beside} of {self.n_texts} beside {self.slots - 1} other"
        measured = f"{alone}, {beside}{'' if self.slots == 2 else 's'} (same seed, temperature 0)"
        if self.n_equal_beside >= self.n_equal_alone:
            return measured
        return f"{measured}: with several slots a run is not repeated to the letter; --slots 1 is the way to do so"


async def measure_repeatability(
    provider: Provider, model: ModelInfo, *, slots: int, prompts: Prompts = ()
) -> Repeatability | None:
    """Ask the same prompts twice alone and once beside others, at temperature 0; None where nothing was answered.

    Args:
        provider: Open, on this event loop.
        model: As `provider.show` gives it.
        slots: Number of requests sent at once the third time.
        prompts: Prompts to use instead of our own, for a server that answers only what it knows.
    """
    options = await explicit_options(provider, model)
    sender = Sender(provider, model, options, prompts=prompts or STORIES, on_round=lambda _: None)
    sender.n_tokens = TEXT_TOKENS
    requests = [sender.request() for _ in TOPICS]
    times = [await _texts(provider, requests, n_at_once=n) for n in (1, 1, slots)]
    answered = [texts for texts in zip(*times, strict=True) if None not in texts]
    if not answered:
        return None
    return Repeatability(
        n_texts=len(answered),
        n_equal_alone=sum(first == second for first, second, _ in answered),
        n_equal_beside=sum(first == third for first, _, third in answered),
        slots=slots,
    )


async def _texts(provider: Provider, requests: Sequence[GenerationRequest], *, n_at_once: int) -> list[str | None]:
    texts: list[str | None] = []
    for start in range(0, len(requests), n_at_once):
        batch = requests[start : start + n_at_once]
        texts += await gather_or_cancel(_text(provider, request) for request in batch)
    return texts


async def _text(provider: Provider, request: GenerationRequest) -> str | None:
    try:
        generation: Generation = await retry(lambda: provider.generate(request), RETRIES)
    except ProviderError:
        return None
    return generation.text
