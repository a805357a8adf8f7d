"""What was typed of a race or a sweep, which begin and resume alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class TypedSearch:
    """What was typed."""

    fields: Mapping[str, Any]
    """Fields of `RaceRequest` or `SweepRequest`."""
    evaluation: Mapping[str, Any]
    """Fields of `EvaluationRequest`."""
    resume: str | None = None
    dry_run: bool = False
