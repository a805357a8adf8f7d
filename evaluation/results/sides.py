"""Sides of a comparison: their candidates and case counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from evaluation.results.as_json import MERGED, json_key


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberResult:
    """A candidate of a run that stands on a side."""

    run_id: str
    candidate: str
    """Its label, which several candidates may share."""
    model: str
    """The model's name with tag."""
    digest: str | None
    """The weights; None: unverified."""
    fingerprint: str
    """Equal for candidates whose answers may be pooled."""
    family: str | None
    """Of models, as its server calls it."""
    parameter_size: str | None
    """`3.2B`, as its server says it."""
    quantization: str | None
    options: Mapping[str, Any]
    """The options that it was asked with, by name."""
    profile: str
    """The name of its prompt profile."""
    think: bool | str | None
    """Its think mode; None: the model's own."""
    endpoint: str
    """The servers that answered, joined by `+`."""
    server_version: str
    """The versions of those servers, each once, joined by `+`; or `unknown`."""
    slots: int
    """How many requests its server answered at a time."""
    seed: int
    """The run's."""
    n_repeats: int = field(metadata=json_key("repeats"))
    """How often each case was asked."""
    started_at: datetime | None
    """When the run started; None where it never did."""
    code_version: str
    """The code that made the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideCounts:
    """What became of a side's cases, over all its members: counts of generations and not of cases."""

    n_asked: int
    """Cases times repeats."""
    n_answered: int
    """The candidate's own failures among them, which are scored."""
    failures: Mapping[str, int]
    """Of the server, by kind: left out of every score."""
    own_failures: Mapping[str, int]
    """Of the candidate, by kind: scored like an empty answer."""
    score_failures: Mapping[str, int]
    """Answers without a value of the headline metric, by kind."""
    n_reused: int
    """Taken from earlier runs: out of every timing figure."""
    n_cached: int = 0
    """Answers to prompts that a server had, or may have had, in its cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideResult:
    """One or more candidates whose values were averaged case by case."""

    label: str = field(metadata=json_key("side"))
    """A name that no other side of the comparison has."""
    key: str
    """What the side is, whatever it is called: its candidate's fingerprint, or the value it was grouped by."""
    digests: tuple[str | None, ...]
    """The weights behind it, each once; None for weights that nobody could verify."""
    run_ids: tuple[str, ...]
    """The runs behind it, each once."""
    members: tuple[MemberResult, ...]
    counts: SideCounts = field(metadata=MERGED)
