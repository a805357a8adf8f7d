"""How many requests does a server really serve at once? No protocol tells, so requests are sent and watched.

1, 2, 4, … equally long answers are asked for at once until some have to wait (`probe_round` says how that is seen);
then the number is looked for between the last that were all served at once and the first that were not.
"""

import asyncio
import math
import secrets
import statistics
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from evaluation.candidate import DEFAULT_OPTIONS
from evaluation.case import Message
from evaluation.errors import ConfigurationError, FailureKind, ProviderError, TransientProviderError
from evaluation.generation import Generation, GenerationRequest
from evaluation.options import effective_options, load_options
from evaluation.probe_round import ProbeRound, Seen, read_round
from evaluation.providers.model_names import is_remote, same_model
from evaluation.providers.openai_wire import unsupported_options
from evaluation.providers.provider import LoadedModel, ModelInfo, Provider

LOAD_TIMEOUT_S = 900.0
FEW_TOKENS = 16
MOST_TOKENS = 512
AIMED_ANSWER_S = 0.5
"""Shorter answers are over before many requests are sent."""
LEAST_ANSWER_S = 0.01
"""In less, this machine's own work hides what the server does."""
UNCLEAR_TRIES = 3
FAILED_TRIES = 4
PAUSE_S = 0.5
"""After a failure, doubled each time."""

T = TypeVar("T")
Prompts = Sequence[tuple[Message, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """How many requests a server serves at once, and how that was seen."""

    model: str
    digest: str | None
    slots: int
    is_at_least: bool
    """There may be more."""
    rounds: tuple[ProbeRound, ...]
    alone_tokens_per_s: float | None
    """One request at a time."""
    together_tokens_per_s: float | None
    """`slots` requests at a time, all together."""
    seconds: float
    was_disturbed: bool
    """Somebody else used the server."""
    notes: tuple[str, ...]
    """What could not be told."""


def model_to_probe(listed: Sequence[ModelInfo], loaded: Sequence[LoadedModel], *, url: str) -> ModelInfo:
    """The smallest model that writes text, of those in memory if there are any; a baseline only where nothing else is.

    Raises:
        ConfigurationError: no model there writes text.
    """
    fit = [info for info in listed if not is_remote(info) and _writes_text(info)]
    if not fit:
        raise ConfigurationError(f"{url} has no local model that writes text", "`benchwright models pull NAME`")
    in_memory = [info for info in fit if any(same_model(info.name, entry.name) for entry in loaded)]
    return min(in_memory or fit, key=lambda info: (info.family == "baseline", info.size_bytes or 0))


def _writes_text(info: ModelInfo) -> bool:
    return "completion" in info.capabilities if info.capabilities else "embed" not in info.name


async def probe_slots(
    provider: Provider,
    model: ModelInfo,
    *,
    most: int = 64,
    prompts: Prompts = (),
    on_round: Callable[[ProbeRound], None] = lambda _: None,
) -> Probe:
    """How many requests for `model` the server serves at once. Cancelling it closes every connection.

    Args:
        provider: Open, on this event loop.
        model: As `provider.show` gives it.
        most: No more requests than this are sent at once.
        prompts: To be asked instead of our own, of a server that answers only what it knows.
        on_round: Hears of each round.

    Raises:
        ProviderError: the server refuses, or fails again and again.
        ConfigurationError: its answers are over too soon to show anything.
    """
    began = time.monotonic()
    sender = _Sender(provider, model, await _options(provider, model), prompts=prompts, on_round=on_round)
    was_busy = await _prepare(sender)
    slots, is_known = await _search(sender, most)
    notes = _notes(slots, most, is_known=is_known, was_busy=was_busy)
    return Probe(
        model=model.name,
        digest=model.digest,
        slots=slots,
        is_at_least=not is_known or was_busy,
        rounds=tuple(sender.rounds),
        alone_tokens_per_s=await _speed(sender, 1),
        together_tokens_per_s=await _speed(sender, slots),
        seconds=time.monotonic() - began,
        was_disturbed=was_busy,
        notes=notes,
    )


async def _options(provider: Provider, model: ModelInfo) -> dict[str, Any]:
    """Every option that is sent, with the context that the model is loaded with, so that it need not be loaded anew."""
    loaded = next((entry for entry in await provider.loaded() if same_model(entry.name, model.name)), None)
    num_ctx = (loaded.context_length if loaded else None) or DEFAULT_OPTIONS["num_ctx"]
    given = {"temperature": 0.0, "num_ctx": min(num_ctx, model.context_length or num_ctx), "repeat_penalty": 1.1}
    options = {**effective_options(given, benchmark={}, model=model.parameters), "seed": 0}
    unsent = () if provider.name == "ollama" else unsupported_options(options)
    return {name: value for name, value in options.items() if name not in unsent}


class _Sender:
    """Sends rounds of requests, each with a prompt of its own, so that no prompt cache serves one sooner."""

    def __init__(
        self,
        provider: Provider,
        model: ModelInfo,
        options: dict[str, Any],
        *,
        prompts: Prompts,
        on_round: Callable[[ProbeRound], None],
    ) -> None:
        self.n_tokens = FEW_TOKENS
        self.rounds: list[ProbeRound] = []
        self.provider, self.model, self.options = provider, model, options
        self._prompts, self._on_round = prompts, on_round
        self._salt, self._n_asked = secrets.token_hex(3), 0

    async def send(self, n: int) -> ProbeRound:
        """What `n` requests at once show; a round in which the server failed is sent again."""
        pause_s = PAUSE_S
        for n_left in reversed(range(FAILED_TRIES)):
            answers = await _all_of([self._answer(self._request()) for _ in range(n)])
            error = next((answer for answer in answers if isinstance(answer, ProviderError)), None)
            if error is None:
                break
            if not isinstance(error, TransientProviderError) or n_left == 0:
                raise error
            await asyncio.sleep(pause_s)
            pause_s *= 2
        found = _read([answer for answer in answers if isinstance(answer, Generation)], n, self.n_tokens)
        self.rounds.append(found)
        self._on_round(found)
        return found

    async def _answer(self, request: GenerationRequest) -> Generation | ProviderError | None:
        """What came of one request; None: the queue was full."""
        try:
            return await self.provider.generate(request)
        except ProviderError as error:
            return None if error.kind is FailureKind.QUEUE_FULL and self.rounds else error

    def _request(self) -> GenerationRequest:
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
        """Loads the model, and has it write one token."""
        await self.provider.load(
            self.model.name,
            load_options(self.options),
            keep_alive=self._request().keep_alive,
            timeout_s=LOAD_TIMEOUT_S,
        )
        n_tokens, self.n_tokens = self.n_tokens, 1
        await self._answer(self._request())
        self.n_tokens = n_tokens


async def _all_of(asking: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    async with asyncio.TaskGroup() as group:
        begun = [group.create_task(one) for one in asking]
    return [one.result() for one in begun]


def _read(answers: Sequence[Generation], n_sent: int, n_tokens: int) -> ProbeRound:
    timings = [answer.timing for answer in answers if answer.timing is not None]
    counts = [answer.output_tokens for answer in answers]
    counted = sum(count or 0 for count in counts) if all(count is not None for count in counts) else None
    return read_round(timings, n_refused=n_sent - len(answers), output_tokens=counted, n_tokens=n_tokens)


async def _prepare(sender: _Sender) -> bool:
    """True where the server was busy with somebody else's requests; answers are long enough from then on."""
    await sender.warm_up()
    found = await sender.send(1)
    if found.seconds < AIMED_ANSWER_S:
        sender.n_tokens = min(MOST_TOKENS, math.ceil(FEW_TOKENS * AIMED_ANSWER_S / found.seconds))
        found = await sender.send(1)
    if found.seconds < LEAST_ANSWER_S:
        raise _too_fast(sender)
    return found.seen is not Seen.ALL_AT_ONCE


async def _search(sender: _Sender, most: int) -> tuple[int, bool]:
    """The number of slots, and whether one more was seen to wait."""
    low, high, is_known = 1, most + 1, False
    guess: int | None = None
    while high - low > 1:
        n = _next(low, high, most, guess)
        guess = None if n == guess else guess
        found = await _clear_round(sender, n)
        if found.seen is Seen.ALL_AT_ONCE:
            low = n
        else:
            high, is_known = n, found.seen is Seen.SOME_WAITED
            guess = found.n_at_once
    if low == 1 and not is_known and most > 1:
        raise _too_fast(sender)
    return low, is_known


def _next(low: int, high: int, most: int, guess: int | None) -> int:
    if high > most:
        return min(2 * low, most)
    if guess is not None and low < guess < high:
        return guess
    return low + 1 if guess == low else (low + high) // 2


async def _clear_round(sender: _Sender, n: int) -> ProbeRound:
    """A round of `n` that is believed: a hiccup makes a request wait, but nothing serves one for which no slot is."""
    best: ProbeRound | None = None
    n_waited = 0
    for _ in range(UNCLEAR_TRIES):
        found = await sender.send(n)
        if found.seen is Seen.ALL_AT_ONCE:
            return found
        if found.seen is Seen.SOME_WAITED:
            n_waited += 1
            best = found if best is None or found.n_at_once > best.n_at_once else best
            if n_waited == 2:
                return best
        else:
            sender.n_tokens = min(MOST_TOKENS, 2 * sender.n_tokens)
    return best or found


async def _speed(sender: _Sender, n: int) -> float | None:
    """Tokens per second with `n` requests at once."""
    known = [found for found in sender.rounds if found.n_sent == n and found.n_tokens == sender.n_tokens]
    speeds = [found.tokens_per_s for found in known or [await sender.send(n)]]
    counted = [speed for speed in speeds if speed is not None]
    return statistics.median(counted) if counted else None


def _too_fast(sender: _Sender) -> ConfigurationError:
    return ConfigurationError(
        f"{sender.provider.url} answers {sender.n_tokens} tokens of {sender.model.name!r} within "
        f"{1000 * sender.rounds[-1].seconds:.0f} ms, too fast to see which requests wait for others",
        "Give --model with a larger one.",
    )


def _notes(slots: int, most: int, *, is_known: bool, was_busy: bool) -> tuple[str, ...]:
    notes = []
    if not is_known and slots == most:
        notes.append(f"no more than {most} were sent at once; --most sends more")
    elif not is_known:
        notes.append(f"with more than {slots} at once, the first answers were over before all requests had arrived")
    if was_busy:
        notes.append("a request that was sent alone had to wait: somebody else uses the server, so it may have more")
    return tuple(notes)
