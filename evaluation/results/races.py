"""What a race found, beside the run that it made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evaluation.results.as_json import MERGED
from evaluation.results.runs import InvocationResult


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceResult:
    """The run of a race's invocation, as of any other, and the race with all its decisions."""

    invocation: InvocationResult = field(metadata=MERGED)
    race: Mapping[str, Any]
    """As it is stored, with its decisions."""
