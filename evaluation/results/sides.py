"""Sides of a comparison: their candidates and case counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from evaluation.results.as_json import MERGED, json_key


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberResult:
    """A candidate of a run that belongs to a side."""

    run_id: str
    candidate: str
    """Label, which several candidates may share."""
    model: str
    """Name of the model with tag."""
    digest: str | None
    """Digest of the weights; None if unverified."""
    fingerprint: str
    """Equal for candidates whose answers may be pooled."""
    family: str | None
    """Model family as reported by its server."""
    parameter_size: str | None
    """Size as reported by its server: `3.2B`."""
    quantization: str | None
    options: Mapping[str, Any]
    """Options in use, by name."""
    profile: str
    """Name of its prompt profile."""
    think: bool | str | None
    """Think mode; None for the model's own."""
    endpoint: str
    """Servers that answered, joined by `+`."""
    server_version: str
    """Distinct versions of those servers, joined by `+`; or `unknown`."""
    slots: int
    """Concurrent requests at its server."""
    seed: int
    """Seed of the run."""
    n_repeats: int = field(metadata=json_key("repeats"))
    """Repeats of each case."""
    started_at: datetime | None
    """Start of the run; None if it never started."""
    code_version: str
    """Version of the code that made the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideCounts:
    """Case outcomes of a side over all its members, as numbers of generations instead of cases."""

    n_asked: int
    """Cases times repeats."""
    n_answered: int
    """Answers, including the candidate's own failures, which are scored."""
    failures: Mapping[str, int]
    """Failures of the server by kind, which are excluded from every score."""
    own_failures: Mapping[str, int]
    """Failures of the candidate by kind, which are scored as empty answers."""
    score_failures: Mapping[str, int]
    """Answers without a value of the headline metric, by kind."""
    n_reused: int
    """Outcomes taken from earlier runs; excluded from every timing figure."""
    n_cached: int = 0
    """Number of answers to prompts that a server had, or may have had, in its cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideResult:
    """One or more candidates whose values were averaged case by case."""

    label: str = field(metadata=json_key("side"))
    """Unique name within the comparison."""
    key: str
    """Identity of the side, independent of its label: its candidate's fingerprint, or the value it was grouped by."""
    digests: tuple[str | None, ...]
    """Distinct digests of the weights; None for unverified weights."""
    run_ids: tuple[str, ...]
    """Distinct ids of the runs."""
    members: tuple[MemberResult, ...]
    counts: SideCounts = field(metadata=MERGED)
