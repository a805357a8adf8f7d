"""Records of calls in production, with the checks for which calls can be stored."""

from dataclasses import dataclass
from datetime import datetime

from evaluation.generation import MOST_TOKENS
from evaluation.records.policies import ServedCall
from evaluation.records.question_context import QuestionContext

MOST_NAME_CHARACTERS = 200
"""Characters of the name of a task, a candidate or a stage: indexes do not accept long texts."""
MOST_STAGES = 1000
NOBODY = "(none)"
"""Candidate of a call of the gateway for which nobody was asked."""
_REASONS = {
    "SelectionError": "no candidate",
    "BudgetSpentError": "budget spent",
    "AllAwayError": "every candidate failed lately",
    "ConfigurationError": "invalid request",
    "CallFieldsError": "invalid request",
    "BodyTooLongError": "too long a request",
    "UnknownNameError": "unknown model",
    "CancelledError": "the client left",
    "ClientDisconnect": "the client left",
    "RefusedRequestError": "the server refused the request",
}
"""Why a call says nothing about a candidate, by the exception's type."""
_MOST_SECONDS = 1e9


class RefusedRequestError(Exception):
    """A server refused a request for what its client had written in it. Its name is stored with the call."""


ENDED_BY_CLIENT = (
    "asyncio.exceptions.CancelledError",
    "starlette.requests.ClientDisconnect",
    f"{RefusedRequestError.__module__}.{RefusedRequestError.__qualname__}",
)
"""Types of errors of calls that say nothing about the candidate that was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficStage:
    """One step of a call."""

    name: str
    duration_s: float
    tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficCall:
    """One call in production, from start to end.

    Raises:
        ValueError: a field that cannot be stored; names it and what is allowed, and shows no text of the call.
    """

    call_id: str
    """Unique id: a call that is stored twice counts once."""
    task: str
    candidate: str
    started_at: datetime
    duration_s: float
    ok: bool = True
    error_type: str | None = None
    """Type of the exception that ended it, never its message."""
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    stages: tuple[TrafficStage, ...] = ()
    input: str | None = None
    """None unless keeping it was requested; the same applies to the output."""
    output: str | None = None
    context: QuestionContext | None = None
    """What stood around the question; None where nothing did, or texts are not kept."""
    served: ServedCall | None = None
    """What the gateway knows beyond that; None for calls that did not come through it."""
    refusal: str | None = None
    """Why it says nothing about a candidate, in words; None where it does. Read of a stored call, not stored itself."""

    def __post_init__(self) -> None:
        for field, name in (("id", self.call_id), ("task", self.task), ("candidate", self.candidate)):
            _check_name(field, name)
        _check_moment(self.started_at)
        _check_duration("duration_s", self.duration_s)
        if not isinstance(self.ok, bool):
            raise ValueError("ok: expected true or false")
        if self.error_type is not None:
            _check_name("error_type", self.error_type)
        _check_tokens("prompt_tokens", self.prompt_tokens)
        _check_tokens("output_tokens", self.output_tokens)
        for field in ("input", "output"):
            if not isinstance(getattr(self, field), str | None):
                raise ValueError(f"{field}: expected text")
        _check_stages(self.stages)


def refusal_of(candidate: str, error_type: str | None) -> str | None:
    """Return why a call says nothing about its candidate, in words; None where it does."""
    if candidate != NOBODY and error_type not in ENDED_BY_CLIENT:
        return None
    name = (error_type or "").rpartition(".")[2]
    return _REASONS.get(name) or name or "not told"


def _check_stages(stages: tuple[TrafficStage, ...]) -> None:
    if len(stages) > MOST_STAGES:
        raise ValueError(f"stages: expected {MOST_STAGES} at most, found {len(stages)}")
    for stage in stages:
        _check_name("stages.name", stage.name)
        _check_duration("stages.duration_s", stage.duration_s)
        _check_tokens("stages.tokens", stage.tokens)


def _check_name(field: str, value: object) -> None:
    if not isinstance(value, str) or not value.strip() or len(value) > MOST_NAME_CHARACTERS:
        raise ValueError(f"{field}: expected a text of 1 to {MOST_NAME_CHARACTERS} characters")


def _check_moment(value: object) -> None:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError("started_at: expected a moment with its time zone")


def _check_duration(field: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value <= _MOST_SECONDS:
        raise ValueError(f"{field}: expected seconds, a number from 0 to 1e9")


def _check_tokens(field: str, value: object) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_TOKENS:
        raise ValueError(f"{field}: expected a whole number from 0 to {MOST_TOKENS}")
