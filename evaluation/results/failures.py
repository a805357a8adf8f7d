"""What failed in a run, kind by kind."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from evaluation.errors import FailureKind
from evaluation.results.as_json import json_key


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureExample:
    """One outcome that failed."""

    candidate: str
    """Label of the candidate."""
    case_id: str
    repeat: int
    """Which asking of the case, from 0."""
    message: str | None
    """What the server or the client said."""
    n_attempts: int
    """Requests that were sent for it."""
    endpoint: str
    """Name of the server that was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureSummary:
    """One kind of failure in a run."""

    kind: FailureKind
    is_own: bool = field(metadata=json_key("own"))
    """True: the candidate's own failure, scored as an empty answer; False: the server's, not scored."""
    n: int
    """Outcomes of the run that failed so."""
    by_candidate: Mapping[str, int]
    """How many of them each candidate had, by its label."""
    example: FailureExample | None
    """The first of them; None where it was answered meanwhile."""
