"""The failures of a run by kind: how many, of whom, why, and one example."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from evaluation.errors import FailureKind
from evaluation.results.as_json import json_key


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureExample:
    """One failed outcome."""

    candidate: str
    """Label of the candidate."""
    case_id: str
    repeat: int
    """Number of the repeat of the case, from 0."""
    message: str | None
    """Message from the server or the client."""
    n_attempts: int
    """Requests sent for it."""
    endpoint: str
    """Name of the requested server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureReason:
    """A message with which several outcomes of one candidate failed."""

    candidate: str
    """Label of the candidate."""
    message: str | None
    n: int
    """Outcomes with this message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureSummary:
    """One kind of failure in a run."""

    kind: FailureKind
    is_own: bool = field(metadata=json_key("own"))
    """True: the candidate's own failure, scored as an empty answer; False: the server's, not scored."""
    n: int
    """Outcomes of the run with this failure."""
    by_candidate: Mapping[str, int]
    """Number of these outcomes by the candidate's label."""
    reasons: tuple[FailureReason, ...]
    """The most frequent messages, each of one candidate."""
    n_reasons: int
    """Different messages of all candidates."""
    example: FailureExample | None
    """The first of them; None if it has been answered since."""
