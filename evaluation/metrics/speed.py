"""Speed and energy metrics, from the timing and energy figures of each generation.

A reused generation has no figure, because its time belongs to another run. Model load time is subtracted, so cold and
warm requests can share one figure: what is measured is the warm part. A cold generation whose load time the server did
not report has no figure.

How long a prompt takes to read depends on whether the server had read it before, for any client. Latency, time to first
token and joules of fresh and of cached prompts are therefore never combined in one figure; the generation rate is the
same for both.
"""

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from typing import ClassVar, TypeAlias

from evaluation.case import Case
from evaluation.generation import Generation, PromptState, Timing
from evaluation.metrics.cost import CostUsd
from evaluation.metrics.metric import AnswerMetric, Metric, Need
from evaluation.scores import Measurement

TimesOfAnswer: TypeAlias = tuple[float | None, float | None, bool, bool, float | None]
"""Seconds in total and of loading, whether it waited for the load, whether it is of an earlier run, seconds of wait."""
MIN_OUTPUT_TOKENS = 8
"""Tokens below which a rate is mostly timer noise."""
COLD = "cold"
CACHED_PROMPT = "cached prompt"
TIMED_METRICS = ("latency_s", "ttft_s", "tpot_s", "tokens_per_s", "energy_j")
"""Metrics computed for every run from the timings of its generations, where available."""
USAGE_METRICS = ("prompt_tokens", "output_tokens")
"""Metrics computed for every run, also from reused answers."""
SPEED_METRICS = (*TIMED_METRICS, *USAGE_METRICS, "energy_per_right_j", "cost_usd")
"""Metrics computed for every run in addition to its benchmark's, where timings, energies and prices are available."""


@dataclass(frozen=True, kw_only=True)
class _Speed(AnswerMetric):
    value_range: ClassVar[tuple[float, float]] = (0.0, inf)
    needs: ClassVar[frozenset[Need]] = frozenset({Need.TIMING})
    higher_is_better: ClassVar[bool] = False

    def measure_answer(self, case: Case, generation: Generation) -> Measurement | None:
        if generation.timing is None or generation.reused:
            return None
        value = self._value(generation, generation.timing)
        return None if value is None else Measurement(value=value, label=_label(generation))

    @abstractmethod
    def _value(self, generation: Generation, timing: Timing) -> float | None: ...


@dataclass(frozen=True, kw_only=True)
class LatencyS(_Speed):
    """Seconds from sending to the last byte, without the model's loading: a user's wait, queue included.

    Of a pipeline, the seconds in which at least one of its requests was under way.
    """

    name: ClassVar[str] = "latency_s"
    unit: ClassVar[str] = "s"
    formula: ClassVar[str] = "seconds from sending to the last byte - seconds of loading"
    blind_spots: ClassVar[str] = (
        "Depends on how long the answer is and on how many were asked at once; compare it on the same machine and "
        "load alone."
    )

    def _value(self, generation: Generation, timing: Timing) -> float | None:
        if generation.wait_s is not None:
            return generation.wait_s
        return _without_loading(timing.total_s, generation, timing)


@dataclass(frozen=True, kw_only=True)
class TtftS(_Speed):
    """Seconds from sending to the first text or thinking, without the model's loading."""

    name: ClassVar[str] = "ttft_s"
    unit: ClassVar[str] = "s"
    formula: ClassVar[str] = "seconds from sending to the first text or thinking - seconds of loading"
    blind_spots: ClassVar[str] = (
        "Waiting for a free slot is part of it; a server that sends its answer in one piece makes it the whole latency."
    )

    def _value(self, generation: Generation, timing: Timing) -> float | None:
        return None if timing.ttft_s is None else _without_loading(timing.ttft_s, generation, timing)


@dataclass(frozen=True, kw_only=True)
class TpotS(_Speed):
    """Seconds for each output token after the first; None for fewer than 8 tokens."""

    name: ClassVar[str] = "tpot_s"
    unit: ClassVar[str] = "s/token"
    formula: ClassVar[str] = "seconds of generation after the first token / (output tokens - 1)"
    blind_spots: ClassVar[str] = (
        "Tokens of two models are not equally long: fewer seconds a token may be more seconds a word."
    )

    def _value(self, generation: Generation, timing: Timing) -> float | None:
        later = _later_tokens(generation.output_tokens)
        return timing.generate_s / later if later and timing.generate_s else None


@dataclass(frozen=True, kw_only=True)
class TokensPerS(_Speed):
    """Output tokens a second, after the first; None for fewer than 8 tokens."""

    name: ClassVar[str] = "tokens_per_s"
    unit: ClassVar[str] = "token/s"
    higher_is_better: ClassVar[bool] = True
    formula: ClassVar[str] = "(output tokens - 1) / seconds of generation after the first token"
    blind_spots: ClassVar[str] = (
        "Of one answer, not of the server: with several at once the server does more. Tokens of two models are not "
        "equally long."
    )

    def _value(self, generation: Generation, timing: Timing) -> float | None:
        return tokens_per_s(generation.output_tokens, timing.generate_s)


@dataclass(frozen=True, kw_only=True)
class EnergyJ(_Speed):
    """Joules that the GPU used for the answer, its idle draw shared among those in flight."""

    name: ClassVar[str] = "energy_j"
    unit: ClassVar[str] = "J"
    formula: ClassVar[str] = "energy of the GPU while the answer was generated, idle draw shared among those in flight"
    blind_spots: ClassVar[str] = (
        "The GPU alone: processor, memory and cooling are not measured. Short answers are within the sampling's error."
    )

    def _value(self, generation: Generation, timing: Timing) -> float | None:
        return generation.energy_j


@dataclass(frozen=True, kw_only=True)
class EnergyPerRightJ(_Speed):
    """Joules for each right answer: those of all answers over the sum of their scores, which one answer does not have.

    Computed by `evaluation.scoring.aggregation` where the headline metric's scores lie in [0, 1].
    """

    name: ClassVar[str] = "energy_per_right_j"
    unit: ClassVar[str] = "J"
    formula: ClassVar[str] = "Σ joules of all answers / Σ scores of all answers"
    blind_spots: ClassVar[str] = (
        "The GPU alone; depends on the headline metric's idea of right, and has no value where nothing is right."
    )

    def _value(self, generation: Generation, timing: Timing) -> float | None:
        return None


def _label(generation: Generation) -> str | None:
    if generation.cold:
        return COLD
    return CACHED_PROMPT if generation.prompt_state is PromptState.CACHED else None


def reads_the_prompt(metric: Metric) -> bool:
    """Check whether a figure is smaller where the server had the prompt in its cache."""
    if isinstance(metric, CostUsd):
        return metric.per_kwh is not None
    return isinstance(metric, LatencyS | TtftS | EnergyJ)


def _without_loading(seconds: float, generation: Generation, timing: Timing) -> float | None:
    return _less_loading(seconds, timing.load_s, is_cold=generation.cold)


def _less_loading(seconds: float, loading: float | None, *, is_cold: bool) -> float | None:
    if loading is None:
        return None if is_cold else seconds
    return max(0.0, seconds - loading)


def latencies_of(times: Iterable[TimesOfAnswer]) -> list[float]:
    """Return what `LatencyS` is of each answer that has a latency, as fast as that can be done for many."""
    values = (
        waited if waited is not None else _less_loading(seconds, loading, is_cold=is_cold)
        for seconds, loading, is_cold, is_from_earlier_run, waited in times
        if seconds is not None and not is_from_earlier_run
    )
    return [value for value in values if value is not None]


def tokens_per_s(output_tokens: int | None, generate_s: float | None) -> float | None:
    """Return output tokens a second after the first token, which is what `tokens_per_s` means everywhere."""
    later = _later_tokens(output_tokens)
    return later / generate_s if later and generate_s else None


def _later_tokens(n: int | None) -> int | None:
    return n - 1 if n is not None and n >= MIN_OUTPUT_TOKENS else None
