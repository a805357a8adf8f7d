"""Probing of how many requests a server really serves at once, which no protocol reports.

1, 2, 4, … equally long answers are requested at once until some have to wait (`probe_round` explains how that is
detected); then a search between the last number served at once and the first that was not gives the result.
"""

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evaluation.errors import ConfigurationError
from evaluation.formatting import duration
from evaluation.model_info import ModelInfo
from evaluation.providers.model_names import is_remote, same_model
from evaluation.providers.provider import LoadedModel, Provider
from evaluation.servers.probe_round import ProbeRound, SlotEvidence
from evaluation.servers.probe_sender import FEW_TOKENS, Prompts, Sender, explicit_options

MOST_TOKENS = 512
AIMED_ANSWER_S = 0.5
"""Target duration of an answer in seconds; shorter ones end before many requests are sent."""
LEAST_ANSWER_S = 0.01
"""Least duration of an answer in seconds; below it, this machine's own work hides the server's behaviour."""
DOUBTFUL_TRIES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Number of requests that a server serves at once, with the evidence."""

    model: str
    digest: str | None
    slots: int
    is_at_least: bool
    """True if the actual number may be greater."""
    rounds: tuple[ProbeRound, ...]
    alone_server_tokens_per_s: float | None
    """Rate with one request at a time."""
    together_server_tokens_per_s: float | None
    """Total rate with `slots` requests at a time."""
    seconds: float
    was_disturbed: bool
    """True if another user was using the server."""
    notes: tuple[str, ...]
    """What could not be determined."""


def model_to_probe(listed: Sequence[ModelInfo], loaded: Sequence[LoadedModel], *, url: str) -> ModelInfo:
    """Return the smallest model that writes text, of those in memory if there are any.

    A baseline is chosen only where there is nothing else.

    Raises:
        ConfigurationError: no model there writes text.
    """
    fit = [info for info in listed if not is_remote(info) and _writes_text(info)]
    if not fit:
        raise ConfigurationError(
            f"{url} has no local model that writes text", f"`benchwright models pull NAME --endpoint {url}` pulls one."
        )
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
    """Return how many requests for `model` the server serves at once; cancelling it closes every connection.

    Args:
        provider: Open, on this event loop.
        model: As `provider.show` gives it.
        most: Maximum number of requests sent at once.
        prompts: Prompts to use instead of our own, for a server that answers only what it knows.
        on_round: Called with each round.

    Raises:
        ProviderError: the server refuses, or fails again and again.
        ConfigurationError: its answers are over too soon to show anything.
    """
    began = time.monotonic()
    sender = Sender(provider, model, await explicit_options(provider, model), prompts=prompts, on_round=on_round)
    was_busy = await _prepare(sender)
    slots, is_known = await _search(sender, most)
    alone, together = await _speed(sender, 1), await _speed(sender, slots)
    return Probe(
        model=model.name,
        digest=model.digest,
        slots=slots,
        is_at_least=not is_known or was_busy,
        rounds=tuple(sender.rounds),
        alone_server_tokens_per_s=alone,
        together_server_tokens_per_s=together,
        seconds=time.monotonic() - began,
        was_disturbed=was_busy,
        notes=_notes(sender, slots, most, is_known=is_known, was_busy=was_busy),
    )


async def _prepare(sender: Sender) -> bool:
    """Warm up the model and choose a length at which answers take long enough.

    Returns:
        True where the server was busy with somebody else's requests.
    """
    await sender.warm_up()
    probe_round = await sender.send(1)
    if probe_round.seconds < AIMED_ANSWER_S:
        sender.n_tokens = min(MOST_TOKENS, math.ceil(FEW_TOKENS * AIMED_ANSWER_S / probe_round.seconds))
    probe_round = await _clear_round(sender, 1)
    if probe_round.seconds < LEAST_ANSWER_S:
        raise _too_fast(sender)
    return probe_round.seen is not SlotEvidence.ALL_AT_ONCE


async def _search(sender: Sender, most: int) -> tuple[int, bool]:
    """Return the number of slots, and whether one more request was seen to wait."""
    low, high, is_known = 1, most + 1, False
    guess: int | None = None
    while high - low > 1:
        n = _next(low, high, most, guess)
        guess = None if n == guess else guess
        probe_round = await _clear_round(sender, n)
        if probe_round.seen is SlotEvidence.ALL_AT_ONCE:
            low = n
        else:
            high, is_known = n, probe_round.seen is SlotEvidence.SOME_WAITED
            guess = probe_round.n_at_once
    if low == 1 and not is_known and most > 1:
        raise _too_fast(sender)
    return low, is_known


def _next(low: int, high: int, most: int, guess: int | None) -> int:
    if high > most:
        return min(2 * low, most)
    if guess is not None and low < guess < high:
        return guess
    return low + 1 if guess == low else (low + high) // 2


async def _clear_round(sender: Sender, n: int) -> ProbeRound:
    """Return a reliable round of `n`: one with all at once, or the better of two that agree on how many were.

    A hiccup can make a request wait, but nothing serves a request for which there is no slot.
    """
    best: ProbeRound | None = None
    waited: list[int] = []
    for _ in range(DOUBTFUL_TRIES):
        probe_round = await sender.send(n)
        if probe_round.seen is SlotEvidence.ALL_AT_ONCE:
            return probe_round
        if probe_round.seen is SlotEvidence.UNCLEAR:
            if probe_round.n_failed == 0:
                sender.n_tokens = min(MOST_TOKENS, 2 * sender.n_tokens)
            continue
        best = probe_round if best is None or probe_round.n_at_once > best.n_at_once else best
        if probe_round.n_at_once in waited:
            break
        waited.append(probe_round.n_at_once)
    return best or probe_round


async def _speed(sender: Sender, n: int) -> float | None:
    """Return the tokens per second with `n` requests at once."""
    rounds = [
        probe_round
        for probe_round in sender.rounds
        if probe_round.n_sent == n and probe_round.n_tokens == sender.n_tokens
    ]
    speeds = [probe_round.server_tokens_per_s for probe_round in rounds or [await sender.send(n)]]
    counted = [speed for speed in speeds if speed is not None]
    return statistics.median(counted) if counted else None


def _too_fast(sender: Sender) -> ConfigurationError:
    return ConfigurationError(
        f"{sender.provider.url} answers {sender.n_tokens} tokens of {sender.model.name!r} within "
        f"{duration(sender.rounds[-1].seconds)}, too fast to see which requests wait for others",
        "Give --model with a larger one.",
    )


def _notes(sender: Sender, slots: int, most: int, *, is_known: bool, was_busy: bool) -> tuple[str, ...]:
    notes = []
    n_failed = sum(probe_round.n_failed for probe_round in sender.rounds)
    if n_failed:
        notes.append(f"{n_failed} request{'' if n_failed == 1 else 's'} failed, which makes the rest less sure")
    if not is_known and slots == most:
        notes.append(f"no more than {most} were sent at once; --most sends more")
    elif not is_known:
        why = "some failed each time" if n_failed else "the first answers were over before all requests had arrived"
        notes.append(f"with more than {slots} at once, {why}")
    if was_busy:
        notes.append("a request that was sent alone had to wait: somebody else uses the server, so it may have more")
    return tuple(notes)
