"""What a call used: tokens, seconds of a server's work, joules and dollars, for records and budgets."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from evaluation.chat_protocols.deltas import Ending
from evaluation.generation import Timing
from evaluation.pipelines.stages import AskModel, EmbedTexts
from evaluation.records.policies import Spending
from evaluation.records.stages import KINDS, StageRow
from evaluation.requests.prices import Price, PriceTable, price_of

JOULES_PER_KWH = 3.6e6
_CHARACTERS_PER_TOKEN = 4
"""For answers whose server counts no tokens."""
_ASKING = frozenset({KINDS[AskModel], KINDS[EmbedTexts]})
"""Kinds of stages that a model works on."""
_WORK = ("load_duration", "prompt_eval_duration", "eval_duration")
"""Ollama's timings of its work on a call, in nanoseconds; the wait for a slot is none of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What the calls of a candidate cost, as far as tokens and seconds do not tell."""

    joules_per_call: float | None = None
    """Mean energy of an answer as measured; None: it was not."""
    price: Price | None = None
    prices: PriceTable = field(default_factory=PriceTable)
    """Prices of the other models that its pipeline asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageUse:
    """What one stage of a pipeline used."""

    name: str
    position: int
    """Place among the stages of its answer, from 0."""
    tokens: int | None
    """Of prompt and answer; None where the server counts none, and for a search."""
    duration_s: float
    spending: Spending
    """Without the energy, which is known of whole answers."""


def use_of_stage(row: StageRow, *, n_prompt_characters: int, rates: Rates) -> StageUse:
    """Return what a stage of a pipeline used.

    Args:
        row: The stage.
        n_prompt_characters: Length of what was sent to a model.
        rates: Those of the candidate.
    """
    figures, asks = row.generation, row.kind in _ASKING
    timing = figures.timing
    counts = [count for count in (figures.prompt_tokens, figures.output_tokens) if count is not None]
    n_characters = len(figures.text) + len(figures.thinking or "")
    prompt = _count(figures.prompt_tokens, n_prompt_characters) if asks else 0
    output = _count(figures.output_tokens, n_characters) if asks else 0
    price = None if row.model is None else price_of(rates.prices, row.model)
    worked_s = 0.0 if timing is None or not asks else _server_s(timing)
    return StageUse(
        name=row.name,
        position=row.position,
        tokens=sum(counts) if counts else None,
        duration_s=0.0 if timing is None else timing.total_s,
        spending=Spending(tokens=prompt + output, gpu_s=worked_s, usd=_usd(price, prompt, output, 0.0)),
    )


def use_of_energy(rates: Rates) -> Spending:
    """Return what an answer of several stages used beside what they used each: its energy, where that was measured."""
    joules = rates.joules_per_call or 0.0
    is_priced = rates.price is not None and rates.price.per_kwh is not None
    return Spending(n_calls=1, joules=joules, usd=_usd(rates.price, 0, 0, joules) if is_priced else 0.0)


def _server_s(timing: Timing) -> float:
    parts = [part for part in (timing.load_s, timing.prompt_s, timing.generate_s) if part is not None]
    return sum(parts) if parts else timing.total_s


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
