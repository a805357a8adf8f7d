"""Outcomes of a request: a generation with its usage and timing, or a failure. Failure is a value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypedDict

from evaluation.case import Message
from evaluation.errors import FailureKind


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """All that one attempt sends, with every option explicit."""

    model: str
    messages: tuple[Message, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    """Sampling and load options in Ollama's names, `seed` and `num_ctx` among them."""
    think: bool | str | None = None
    """None: the model has no thinking mode, and the field is not sent."""
    format: str | Mapping[str, Any] | None = None
    """`"json"` or a JSON schema."""
    keep_alive: str | int = "10m"
    timeout_s: float = 300.0
    """One attempt, from its sending to its last byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Where the seconds of one attempt went. None: the server does not say."""

    total_s: float
    """Measured by the client, from sending to the last byte: the latency that a user feels."""
    ttft_s: float | None = None
    """Measured by the client: sending to the first text or thinking."""
    queue_s: float | None = None
    """Waiting for a slot of the loaded model."""
    load_s: float | None = None
    prompt_s: float | None = None
    generate_s: float | None = None
    """After the first token."""


class Usage(TypedDict, total=False):
    """What only some servers say of an answer, in the fields of a `Generation`."""

    cached_tokens: int | None
    cold: bool


class PromptState(StrEnum):
    """What a server had to do with a prompt before the first token."""

    FRESH = "fresh"
    """Read it: all of it, or all but a beginning that it shares with every other prompt."""
    CACHED = "cached"
    """Little or nothing: it had read this very prompt before, and kept what came of it."""
    UNKNOWN = "unknown"
    """It had been sent this very prompt before, and does not say what it had kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One output of a candidate for a case. Exports have its fields as columns, in this order (`outcome_fields`)."""

    answer: str
    """What the metrics see: the text without stray thinking tags; empty where the candidate failed."""
    text: str
    """Raw text as the model wrote it, without its thinking."""
    thinking: str | None = None
    finish_reason: str | None = None
    """`stop` or `length`."""
    own_failure: FailureKind | None = None
    """The candidate's own failure; the case is scored as an empty answer and carries this label."""
    message: str | None = None
    """The own failure in words."""
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    """With thinking tokens."""
    cached_tokens: int | None = None
    """Those of the prompt that the server had kept from earlier prompts; None: it does not say."""
    timing: Timing | None = None
    cold: bool = False
    """True where this request waited for the model to load."""
    reused: bool = False
    """Taken from an earlier run: left out of every timing figure."""
    prompt_state: PromptState | None = None
    """None: not judged, which takes the other answers of its run; it counts as fresh."""
    n_attempts: int = 1
    seed: int | None = None
    energy_j: float | None = None
    """What the GPU used for it, where that was measured; known some time after the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The server failed on a case: it says nothing about the candidate, is counted and never scored."""

    kind: FailureKind
    message: str
    n_attempts: int = 1
    seed: int | None = None
    total_s: float | None = None


Outcome = Generation | Failure
