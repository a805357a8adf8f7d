"""Sender of a probe's simultaneous requests, which also evaluates their answers."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from evaluation.candidate import DEFAULT_OPTIONS
from evaluation.case import Message
from evaluation.errors import FailureKind, ProviderError, TransientProviderError
from evaluation.gather import gather_or_cancel
from evaluation.generation import Generation, GenerationRequest
from evaluation.model_info import ModelInfo
from evaluation.options import effective_options, load_options
from evaluation.providers.model_names import same_model
from evaluation.providers.provider import Provider
from evaluation.retry_schedule import RETRIES, RetrySchedule, retry
from evaluation.servers.probe_round import ProbeRound, read_round

LOAD_TIMEOUT_S = 900.0
FEW_TOKENS = 16

Prompts = Sequence[tuple[Message, ...]]


async def explicit_options(provider: Provider, model: ModelInfo) -> dict[str, Any]:
    """Return every option that a probe sends.

    The context is the one with which the model is loaded, so that it stays loaded.
    """
    loaded = next((entry for entry in await provider.loaded() if same_model(entry.name, model.name)), None)
    num_ctx = (loaded.context_length if loaded else None) or DEFAULT_OPTIONS["num_ctx"]
    given = {"temperature": 0.0, "num_ctx": min(num_ctx, model.context_length or num_ctx), "repeat_penalty": 1.1}
    return provider.sent_options({**effective_options(given, benchmark={}, model=model.parameters), "seed": 0})


class Sender:
    """Sends rounds of requests with distinct prompts, so that no prompt cache speeds one up."""

    def __init__(
        self,
        provider: Provider,
        model: ModelInfo,
        options: dict[str, Any],
        *,
        prompts: Prompts,
        on_round: Callable[[ProbeRound], None],
        retries: RetrySchedule | None = None,
    ) -> None:
        self.n_tokens = FEW_TOKENS
        self.rounds: list[ProbeRound] = []
        self.provider, self.model, self.options = provider, model, options
        self._prompts, self._on_round = prompts, on_round
        self._retries = retries or RETRIES
        self._salt, self._n_asked = secrets.token_hex(3), 0

    async def send(self, n: int) -> ProbeRound:
        """Send `n` requests at once and return what they show; a round in which all failed is sent again.

        Raises:
            ProviderError: a refusal, or nothing but failures.
        """
        for n_attempts in count(1):
            answers = await gather_or_cancel(self._answer(self.request()) for _ in range(n))
            errors = [answer for answer in answers if isinstance(answer, ProviderError)]
            refused = next((error for error in errors if not isinstance(error, TransientProviderError)), None)
            if refused is not None:
                raise refused
            if len(errors) < n:
                break  # at least one was answered
            pause_s = self._retries.pause_s(errors[0], n_attempts)
            if pause_s is None:
                raise errors[0]
            await asyncio.sleep(pause_s)
        probe_round = _read(answers, self.n_tokens)
        self.rounds.append(probe_round)
        self._on_round(probe_round)
        return probe_round

    async def _answer(self, request: GenerationRequest) -> Generation | ProviderError:
        try:
            return await self.provider.generate(request)
        except ProviderError as error:
            return error

    def request(self) -> GenerationRequest:
        self._n_asked += 1
        return GenerationRequest(
            model=self.model.name,
            messages=self._messages(),
            options={**self.options, "num_predict": self.n_tokens},
            think=False if "thinking" in self.model.capabilities else None,
        )

    def _messages(self) -> tuple[Message, ...]:
        if self._prompts:
            return self._prompts[self._n_asked % len(self._prompts)]
        first = 1000 + 7 * self._n_asked
        text = (
            f"{self._salt}-{self._n_asked}: Count in words from {first} upwards, one number after the other, with "
            "commas between them and no other word, and do not stop before you have come a thousand numbers further."
        )
        return (Message(role="user", content=text),)

    async def warm_up(self) -> None:
        """Load the model and have it write one token."""
        options, keep_alive = load_options(self.options), self.request().keep_alive
        await retry(
            lambda: self.provider.load(self.model.name, options, keep_alive=keep_alive, timeout_s=LOAD_TIMEOUT_S),
            self._retries,
        )
        n_tokens, self.n_tokens = self.n_tokens, 1
        await self._answer(self.request())
        self.n_tokens = n_tokens


def _read(answers: Sequence[Generation | ProviderError], n_tokens: int) -> ProbeRound:
    n_refused = sum(isinstance(item, ProviderError) and item.kind is FailureKind.QUEUE_FULL for item in answers)
    whole = [answer for answer in answers if isinstance(answer, Generation)]
    counts = [answer.output_tokens for answer in whole]
    return read_round(
        [answer.timing for answer in whole if answer.timing is not None],
        n_tokens=n_tokens,
        n_refused=n_refused,
        n_failed=len(answers) - len(whole) - n_refused,
        output_tokens=sum(count or 0 for count in counts) if all(count is not None for count in counts) else None,
    )
