"""A candidate's configuration as a file holds it, and the candidate that it makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from evaluation.candidate import Candidate, PipelineChoice, PromptProfile
from evaluation.case import PromptTemplate
from evaluation.errors import ConfigurationError
from evaluation.pipelines.pipeline import CORPUS_OPTION
from evaluation.retrieval.documents import Corpus, read_corpus

MOST_DOCUMENTS = 2_000
"""Documents of a corpus above which a file names none of them."""
DIGITS = 16
"""Digits of a document's hash in a file."""
VERSION_MARK = "|v"
"""Between the options and the version in a pipeline's signature."""


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
    pipeline_version: str | None = None
    """The version of its pipeline as it was measured, with the hash of the file of one's own."""
    corpus: str | None = None
    """Hash of the documents that it was measured with; the candidate is made of those that are there now."""
    corpus_documents: Mapping[str, str] = field(default_factory=dict)
    """Their hashes by their paths in the corpus; empty where they are not known."""


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
        **pipeline_fields(candidate.pipeline),
    )


def pipeline_fields(choice: PipelineChoice | None) -> dict[str, Any]:
    """Return the fields of a configuration that a candidate's pipeline fills."""
    if choice is None:
        return {}
    return {
        "pipeline": choice.name,
        "pipeline_options": dict(choice.options),
        "other_models": tuple(OtherModel(name=name, digest=digest) for name, digest in choice.models.items()),
        "pipeline_version": version_in(choice.signature),
        "corpus": choice.corpus,
    }


def version_in(signature: str) -> str:
    """Return the version at the end of a pipeline's signature."""
    return signature.rpartition(VERSION_MARK)[2]


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

    pipeline = parse_pipeline(configuration.pipeline, configuration.pipeline_options)
    return PipelineChoice(
        name=configuration.pipeline,
        options=dict(configuration.pipeline_options),
        signature=signature_of(pipeline),
        models={model.name: model.digest for model in configuration.other_models},
        corpus=None if pipeline.corpus_path is None else _corpus_at(pipeline.corpus_path).digest,
    )


def with_documents(configuration: CandidateConfiguration) -> CandidateConfiguration:
    """Return the configuration with the hashes of its corpus's documents, where they are still those it names."""
    path = configuration.pipeline_options.get(CORPUS_OPTION)
    if configuration.corpus is None or path is None:
        return configuration
    try:
        corpus = _corpus_at(path)
    except ConfigurationError:
        return configuration
    if corpus.digest != configuration.corpus or len(corpus.documents) > MOST_DOCUMENTS:
        return configuration
    return replace(configuration, corpus_documents=document_hashes(corpus))


def document_hashes(corpus: Corpus) -> dict[str, str]:
    """Return a short hash of each document, by its path in the corpus."""
    return {document.path: document.digest[:DIGITS] for document in corpus.documents}


def _corpus_at(path: str) -> Corpus:
    try:
        return read_corpus(Path(path))
    except ConfigurationError as error:
        raise ConfigurationError(
            error.message,
            "Put the documents there, or name their folder as the option corpus; a folder that was moved, with the "
            "same name and documents, is the same corpus.",
        ) from None
