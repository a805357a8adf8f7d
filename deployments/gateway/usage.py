"""What a call used: tokens, seconds of a server's work, joules and dollars, for records and budgets."""

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation.chat_protocols.deltas import Ending
from evaluation.records.policies import Spending
from evaluation.requests.prices import Price

JOULES_PER_KWH = 3.6e6
_CHARACTERS_PER_TOKEN = 4
"""For answers whose server counts no tokens."""
_WORK = ("load_duration", "prompt_eval_duration", "eval_duration")
"""Ollama's timings of its work on a call, in nanoseconds; the wait for a slot is none of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What the calls of a candidate cost, as far as tokens and seconds do not tell."""

    joules_per_call: float | None = None
    """Mean energy of an answer as measured; None: it was not."""
    price: Price | None = None


def usage_of(
    ending: Ending | None, *, n_prompt_characters: int, n_answer_characters: int, worked_s: float, rates: Rates
) -> Spending:
    """Return what one call used.

    Args:
        ending: How the answer ended; None where it broke off, whose tokens are estimated from its length.
        n_prompt_characters: Length of the prompt.
        n_answer_characters: Length of what came of the answer.
        worked_s: Seconds from the request to the end, used where the server does not time its work.
        rates: Those of the candidate.
    """
    prompt = _count(None if ending is None else ending.prompt_tokens, n_prompt_characters)
    output = _count(None if ending is None else ending.output_tokens, n_answer_characters)
    timed_s = _worked_s({} if ending is None else ending.durations)
    joules = rates.joules_per_call or 0.0
    return Spending(
        n_calls=1,
        tokens=prompt + output,
        gpu_s=worked_s if timed_s is None else timed_s,
        joules=joules,
        usd=_usd(rates.price, prompt, output, joules),
    )


def _count(n_tokens: int | None, n_characters: int) -> int:
    return -(-n_characters // _CHARACTERS_PER_TOKEN) if n_tokens is None else n_tokens


def _worked_s(durations: Mapping[str, int]) -> float | None:
    timed = [durations[name] for name in _WORK if name in durations]
    return sum(timed) / 1e9 if timed else None


def _usd(price: Price | None, prompt_tokens: int, output_tokens: int, joules: float) -> float:
    if price is None:
        return 0.0
    if price.per_kwh is not None:
        return joules / JOULES_PER_KWH * price.per_kwh
    millionths = prompt_tokens * (price.input_per_million or 0.0) + output_tokens * (price.output_per_million or 0.0)
    return millionths / 1e6
