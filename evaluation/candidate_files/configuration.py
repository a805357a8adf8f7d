"""A candidate's configuration as a file holds it, and the candidate that it makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evaluation.candidate import Candidate, PipelineChoice, PromptProfile
from evaluation.case import PromptTemplate


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
        pipeline=None if (choice := candidate.pipeline) is None else choice.name,
        pipeline_options={} if choice is None else dict(choice.options),
        other_models=()
        if choice is None
        else tuple(OtherModel(name=name, digest=digest) for name, digest in choice.models.items()),
    )


def candidate_of(configuration: CandidateConfiguration) -> Candidate:
    """Return the candidate of a configuration.

    Raises:
        ConfigurationError: its pipeline is unknown, has a bad option, or a corpus that cannot be read.
    """
    return Candidate(
        model=configuration.model,
        digest=configuration.digest,
        options=dict(configuration.options),
        profile=configuration.profile,
        think=configuration.think,
        endpoint_identity=configuration.endpoint_identity,
        pipeline=_choice_of(configuration),
    )


def _choice_of(configuration: CandidateConfiguration) -> PipelineChoice | None:
    """Return the pipeline of a configuration, its corpus as it is now."""
    if configuration.pipeline is None:
        return None
    from evaluation.pipelines.parsing import parse_pipeline
    from evaluation.resolution.resolved_candidate import signature_of
    from evaluation.retrieval.documents import read_corpus

    pipeline = parse_pipeline(configuration.pipeline, configuration.pipeline_options)
    path = pipeline.corpus_path
    return PipelineChoice(
        name=configuration.pipeline,
        options=dict(configuration.pipeline_options),
        signature=signature_of(pipeline),
        models={model.name: model.digest for model in configuration.other_models},
        corpus=None if path is None else read_corpus(Path(path)).digest,
    )
