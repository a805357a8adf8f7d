"""Outcomes of a request: a generation with its usage and timing, or a failure. Failure is a value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypedDict

from evaluation.case import Message
from evaluation.errors import FailureKind
from evaluation.passage import Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """Everything that one attempt sends, with every option explicit."""

    model: str
    messages: tuple[Message, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    """Sampling and load options by Ollama's names, including `seed` and `num_ctx`."""
    think: bool | str | None = None
    """None for a model without a thinking mode: the field is not sent."""
    format: str | Mapping[str, Any] | None = None
    """`"json"` or a JSON schema."""
    logprobs: bool = False
    """Ask for the log-probabilities of the answer's tokens."""
    keep_alive: str | int = "10m"
    timeout_s: float = 300.0
    """Limit of one attempt, from sending to the last byte."""


MOST_TOKENS = 2**31 - 1
"""Largest accepted number of tokens of one prompt or answer: no sum of them is too large for a database."""
TIME_TO_FIRST = "ttft_s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Durations within one attempt, in seconds. None where the server does not report them."""

    total_s: float
    """Client-side time from sending to the last byte: the latency that a user experiences."""
    ttft_s: float | None = None
    """Client-side time from sending to the first text or thinking."""
    queue_s: float | None = None
    """Time spent waiting for a slot of the loaded model."""
    load_s: float | None = None
    prompt_s: float | None = None
    generate_s: float | None = None
    """Time after the first token."""


class Usage(TypedDict, total=False):
    """Values that only some servers report with an answer, named as in `Generation`."""

    cached_tokens: int | None
    cold: bool


class PromptState(StrEnum):
    """How much of a prompt the server processed before the first token."""

    FRESH = "fresh"
    """The server read the whole prompt, or all but a beginning that it shares with every other prompt."""
    CACHED = "cached"
    """The server read little or nothing: it had this exact prompt in its cache."""
    UNKNOWN = "unknown"
    """The server had received this exact prompt before and does not report what it had cached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One output of a candidate for a case. Exports use its fields but `sources` as columns, in this order."""

    answer: str
    """Text that the metrics see: without stray thinking tags; empty if the candidate failed."""
    text: str
    """Raw text from the model, without its thinking."""
    thinking: str | None = None
    finish_reason: str | None = None
    """`stop` or `length`."""
    own_failure: FailureKind | None = None
    """Kind of the candidate's own failure; the case is scored as an empty answer and carries this label."""
    message: str | None = None
    """Description of the candidate's own failure."""
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    """Output tokens, including thinking."""
    cached_tokens: int | None = None
    """Prompt tokens that the server had cached from earlier prompts; None if it does not report them."""
    timing: Timing | None = None
    cold: bool = False
    """True if this request waited for the model to load."""
    reused: bool = False
    """True if taken from an earlier run; excluded from every timing figure."""
    prompt_state: PromptState | None = None
    """None if not determined, which requires the run's other answers; it then counts as fresh."""
    n_attempts: int = 1
    seed: int | None = None
    mean_logprob: float | None = None
    """Mean log-probability of the tokens; None unless asked for, and where the server does not report it."""
    energy_j: float | None = None
    """GPU energy of the answer, if measured; available some time after the answer."""
    wait_s: float | None = None
    """Seconds in which at least one request of a pipeline was under way, without loading: those of requests side by
    side count once. None without a pipeline, or where a model was loaded for an unknown time."""
    cost_usd: float | None = None
    """Cost of a pipeline that asks several models, each request at the price of its own model; None for other answers,
    whose cost is counted from their tokens or energy."""
    sources: tuple[Passage, ...] | None = None
    """Passages that were shown to the model, in the order of their numbers in the prompt; None without retrieval, empty
    where the search found none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failure of the server on a case. It says nothing about the candidate; it is counted and never scored."""

    kind: FailureKind
    message: str
    n_attempts: int = 1
    seed: int | None = None
    total_s: float | None = None


Outcome = Generation | Failure
