"""The options that start or resume a race or a sweep."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class TypedSearch:
    """Options as typed on the command line."""

    fields: Mapping[str, Any]
    """Fields of `RaceRequest` or `SweepRequest`."""
    evaluation: Mapping[str, Any]
    """Fields of `EvaluationRequest`."""
    resume: str | None = None
    dry_run: bool = False
