"""What changed since a candidate's file was written: the file itself, its corpus, or the code of its pipeline."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from evaluation.candidate import Candidate, PipelineChoice
from evaluation.candidate_files.configuration import (
    DIGITS,
    VERSION_MARK,
    CandidateConfiguration,
    document_hashes,
    version_in,
)
from evaluation.formatting import listed
from evaluation.pipelines.pipeline import CORPUS_OPTION
from evaluation.retrieval.documents import read_corpus

_MOST_NAMED = 5


def changes_since_written(
    configuration: CandidateConfiguration, candidate: Candidate, written_fingerprint: str | None, *, path: Path
) -> tuple[str, ...]:
    """Return sentences on what makes the candidate another one than was written, each with its next step.

    Args:
        configuration: What the file holds.
        candidate: The candidate that it makes now.
        written_fingerprint: The candidate's fingerprint when the file was written; None where the file does not say.
        path: The file.
    """
    if written_fingerprint in (None, candidate.fingerprint):
        return ()
    choice = candidate.pipeline
    if choice is None:
        return (_edited(path),)
    sentences = tuple(_around_the_file(configuration, choice))
    as_measured = replace(candidate, pipeline=_as_measured(configuration, choice))
    is_edited = as_measured.fingerprint != written_fingerprint
    return (*sentences, _edited(path)) if is_edited or not sentences else sentences


def _edited(path: Path) -> str:
    return f"{path} was changed since it was written; its evidence is of another candidate"


def _as_measured(configuration: CandidateConfiguration, choice: PipelineChoice) -> PipelineChoice:
    """Return the pipeline with the corpus and the code of which the file says that they were measured."""
    body = choice.signature.rpartition(VERSION_MARK)[0]
    version = configuration.pipeline_version
    signature = choice.signature if version is None else f"{body}{VERSION_MARK}{version}"
    return replace(choice, signature=signature, corpus=configuration.corpus or choice.corpus)


def _around_the_file(configuration: CandidateConfiguration, choice: PipelineChoice) -> Iterator[str]:
    if configuration.corpus not in (None, choice.corpus):
        folder = configuration.pipeline_options.get(CORPUS_OPTION, "")
        yield (
            f"the corpus {folder!r} changed since the candidate was measured{_documents(configuration, folder)}; its "
            "evidence is of the documents as they were: put them back for the same candidate, or evaluate it again "
            "and export it anew"
        )
    if configuration.pipeline_version not in (None, version_in(choice.signature)):
        yield (
            f"the code of the pipeline {choice.name!r} changed since the candidate was measured; its evidence is of "
            "the code as it was: put that back for the same candidate, or evaluate it again and export it anew"
        )


def _documents(configuration: CandidateConfiguration, folder: str) -> str:
    """Return which documents were added, removed or changed, in words that follow; empty where it is not known."""
    written = configuration.corpus_documents
    if not written:
        return f" (its documents had the hash {(configuration.corpus or '')[:DIGITS]})"
    parts = [f"{what} {listed(names, _MOST_NAMED)}" for what, names in _sorted_out(written, folder) if names]
    return f": {'; '.join(parts)}" if parts else ""


def _sorted_out(written: Mapping[str, str], folder: str) -> Iterator[tuple[str, list[str]]]:
    now = document_hashes(read_corpus(Path(folder)))
    yield "added", sorted(now.keys() - written.keys())
    yield "removed", sorted(written.keys() - now.keys())
    yield "changed", sorted(name for name in now.keys() & written.keys() if now[name] != written[name])
