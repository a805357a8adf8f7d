"""The pipeline of a measured candidate for calls in production: as it was measured, or not at all."""

from dataclasses import dataclass, replace
from pathlib import Path

from evaluation.benchmarks.rendering import render
from evaluation.candidate import Candidate, PipelineChoice
from evaluation.case import Benchmark, Case, PromptTemplate
from evaluation.errors import BenchwrightError, ConfigurationError
from evaluation.pipelines.parsing import LIMIT_S, parse_pipeline
from evaluation.pipelines.pipeline import MOST_EXAMPLES, Pipeline
from evaluation.resolution.deciding_benchmark import deciding_version
from evaluation.resolution.resolved_candidate import signature_of
from evaluation.retrieval.documents import Corpus, read_corpus
from evaluation.store.benchmarks import load_benchmark_version
from evaluation.store.session import Store


@dataclass(frozen=True, kw_only=True)
class MeasuredPipeline:
    """A pipeline as it was measured."""

    pipeline: Pipeline
    benchmark: Benchmark
    """The benchmark with the most cases on which it was measured, without its cases and its words around them."""
    corpus: Corpus | None
    examples: tuple[Case, ...] = ()
    """Its cases that may be shown to the model, in the words in which they were asked; empty where none are shown."""


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
    decided = deciding_version(store, candidate.fingerprint, task=task)
    pipeline = _pipeline(choice, limit_s)
    if decided is None and pipeline.shows_examples:
        raise NotServableError(
            f"the pipeline {choice.name!r} shows cases of the benchmark by which it was measured, and none is stored",
            "Evaluate the candidate again.",
        )
    benchmark = Benchmark(name="calls", task_type=task or "chat", cases=()) if decided is None else decided[1]
    return MeasuredPipeline(
        pipeline=pipeline,
        benchmark=replace(benchmark, prompt=PromptTemplate()),
        corpus=_corpus(choice, pipeline),
        examples=_examples(store, *decided) if decided is not None and pipeline.shows_examples else (),
    )


def _examples(store: Store, version: str, benchmark: Benchmark) -> tuple[Case, ...]:
    """Return the cases that evaluations show, each as a prompt in the benchmark's words.

    Calls are asked in the client's words, so that nothing is put around these prompts any more.
    """
    cases = load_benchmark_version(store, version, benchmark.name).cases[:MOST_EXAMPLES]
    return tuple(
        replace(case, prompt=render(benchmark, case)[-1].content, context=(), choices=())
        for case in cases
        if not case.messages
    )


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
