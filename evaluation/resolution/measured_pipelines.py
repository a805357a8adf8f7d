"""The pipeline of a measured candidate for calls in production: as it was measured, or not at all."""

from dataclasses import dataclass, replace
from pathlib import Path

from evaluation.candidate import Candidate, PipelineChoice
from evaluation.case import Benchmark, PromptTemplate
from evaluation.errors import BenchwrightError, ConfigurationError
from evaluation.pipelines.parsing import LIMIT_S, parse_pipeline
from evaluation.pipelines.pipeline import Pipeline
from evaluation.resolution.deciding_benchmark import deciding_benchmark
from evaluation.resolution.resolved_candidate import signature_of
from evaluation.retrieval.documents import Corpus, read_corpus
from evaluation.store.session import Store


@dataclass(frozen=True, kw_only=True)
class MeasuredPipeline:
    """A pipeline as it was measured."""

    pipeline: Pipeline
    benchmark: Benchmark
    """The benchmark with the most cases on which it was measured, without its cases and its words around them."""
    corpus: Corpus | None


class NotServableError(ConfigurationError):
    """A candidate's pipeline cannot answer calls in production."""


def measured_pipeline(
    store: Store, candidate: Candidate, *, task: str | None, limit_s: float = LIMIT_S
) -> MeasuredPipeline:
    """Return the pipeline of a measured candidate, with the documents that it searched.

    Code of a user's file is run only if the file is the one that was measured.

    Args:
        store: The runs that measured it.
        candidate: A candidate with a pipeline.
        task: Task for which it answers; None: all tasks.
        limit_s: Seconds that a step of a pipeline of one's own may take.

    Raises:
        NotServableError: it needs what a call has not, or it is not what was measured any more.
    """
    if candidate.pipeline is None:
        raise ValueError(f"candidate {candidate.label!r} has no pipeline")
    choice = candidate.pipeline
    benchmark = deciding_benchmark(store, candidate.fingerprint, task=task)
    pipeline = _pipeline(choice, limit_s)
    missing = pipeline.missing_in_calls
    if missing is not None:
        raise NotServableError(
            f"the pipeline {choice.name!r} needs {missing}, which a call in production does not have",
            "Name a candidate with another pipeline, or without one.",
        )
    if benchmark is None:
        benchmark = Benchmark(name="calls", task_type=task or "chat", cases=())
    bare = replace(benchmark, prompt=PromptTemplate())
    return MeasuredPipeline(pipeline=pipeline, benchmark=bare, corpus=_corpus(choice, pipeline))


def _pipeline(choice: PipelineChoice, limit_s: float) -> Pipeline:
    try:
        pipeline = parse_pipeline(choice.name, choice.options, limit_s=limit_s, measured=choice.signature)
        signature = signature_of(pipeline)
    except BenchwrightError as error:
        raise NotServableError(f"the pipeline {choice.name!r}: {error.message}", error.next_step) from error
    if signature != choice.signature:
        raise NotServableError(
            f"the pipeline {choice.name!r} is not what was measured any more: its code, its defaults or a file that it "
            "names has changed",
            "Evaluate the candidate again.",
        )
    return pipeline


def _corpus(choice: PipelineChoice, pipeline: Pipeline) -> Corpus | None:
    if pipeline.corpus_path is None:
        return None
    try:
        corpus = read_corpus(Path(pipeline.corpus_path))
    except BenchwrightError as error:
        raise NotServableError(f"the pipeline {choice.name!r}: {error.message}", error.next_step) from error
    if choice.corpus is not None and corpus.digest != choice.corpus:
        raise NotServableError(
            f"the pipeline {choice.name!r} searches {corpus.name!r}, whose documents have changed since it was "
            "measured",
            "Evaluate the candidate again, or bring the documents back.",
        )
    return corpus
