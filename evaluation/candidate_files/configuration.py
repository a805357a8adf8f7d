"""A candidate's configuration as a file holds it, and the candidate that it makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evaluation.candidate import Candidate, PromptProfile
from evaluation.case import PromptTemplate
from evaluation.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherModel:
    """A model that a pipeline asks beside the candidate's own."""

    name: str
    digest: str | None


@dataclass(frozen=True, kw_only=True)
class CandidateConfiguration:
    """Everything that a candidate's fingerprint depends on, and the names of it."""

    model: str
    digest: str | None
    options: Mapping[str, Any]
    profile: PromptProfile
    think: bool | str | None = None
    endpoint_identity: str | None = None
    """The endpoint and its server's description of the model, where no digest is available."""
    pipeline: str | None = None
    """None: the model is asked directly."""
    pipeline_options: Mapping[str, str] = field(default_factory=dict)
    other_models: tuple[OtherModel, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """How the candidate was asked when it was measured, as far as that is known."""

    provider: str
    url: str | None
    """None for a server that is started on demand."""
    options: Mapping[str, Any]
    """Options as they were sent, those of the benchmark and of the model included, without the seed."""
    prompt: PromptTemplate = field(default_factory=PromptTemplate)
    """The benchmark's wording around each case."""
    key_variable: str | None = None
    """Name of the environment variable with the server's key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateExport:
    """What is written to a file: a configuration, and what is known of it."""

    configuration: CandidateConfiguration
    label: str
    fingerprint: str
    """The candidate's fingerprint."""
    evidence: Mapping[str, str] = field(default_factory=dict)
    """Where it was measured, and what came of it: name and text, in the order in which they are written."""
    call: Call | None = None


def configuration_of(candidate: Candidate) -> CandidateConfiguration:
    """Return the candidate's configuration."""
    return CandidateConfiguration(
        model=candidate.model,
        digest=candidate.digest,
        options=dict(candidate.options),
        profile=candidate.profile,
        think=candidate.think,
        endpoint_identity=candidate.endpoint_identity,
    )


def candidate_of(configuration: CandidateConfiguration) -> Candidate:
    """Return the candidate of a configuration.

    Raises:
        ConfigurationError: it has a pipeline, which candidates do not have yet.
    """
    if configuration.pipeline is not None:
        raise ConfigurationError(
            f"the pipeline {configuration.pipeline!r} is not known to this version", "Update Benchwright."
        )
    return Candidate(
        model=configuration.model,
        digest=configuration.digest,
        options=dict(configuration.options),
        profile=configuration.profile,
        think=configuration.think,
        endpoint_identity=configuration.endpoint_identity,
    )
