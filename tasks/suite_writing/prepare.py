"""The task that finds everything that can be wrong before a token is spent: corpus, models, target, plan."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.benchmarks.suites import standard_suites
from evaluation.errors import ConfigurationError
from evaluation.files.allowed_files import allowed_path
from evaluation.planning.plan import MetricModelPlan
from evaluation.requests.writing_request import WritingRequest
from evaluation.resolution.suite_writing import WritingModels, resolve_writing
from evaluation.retrieval.documents import Corpus, read_corpus
from evaluation.retrieval.search import Index
from evaluation.settings import Settings
from evaluation.store.session import open_store
from evaluation.suite_writing.drafts import WritingTask
from evaluation.suite_writing.writing_plan import all_passages, writing_tasks
from tasks.block_values import with_pools
from tasks.metric_models import models_for_metrics
from tasks.store_calls import call_store

TEMPERATURE = 0.7
"""Of both models: the writer is to vary, and the checker's tries are three only where they can differ."""


@dataclass(frozen=True, kw_only=True)
class PreparedWriting:
    """What is written from what, by which models."""

    corpus: Corpus
    index: Index
    tasks: tuple[WritingTask, ...]
    writer: MetricModelPlan
    checker: MetricModelPlan
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Material:
    """The documents, and what is to be written about them."""

    corpus: Corpus
    index: Index
    tasks: tuple[WritingTask, ...]


@task(name="prepare", task_run_name="read the documents", cache_policy=NO_CACHE, persist_result=False)
async def prepare(request: WritingRequest) -> PreparedWriting:
    """Return the plan of a suite.

    Raises:
        ConfigurationError: something for the user to correct; nothing was asked of a model yet.
    """
    material = read_material(request)
    settings = Settings()
    with await call_store(open_store, settings.database) as store:
        models = await resolve_writing(await with_pools(request, store), settings=settings, store=store)
    writer, checker = _plans(models, request)
    return PreparedWriting(
        corpus=material.corpus,
        index=material.index,
        tasks=material.tasks,
        writer=writer,
        checker=checker,
        notes=(*models.notes, *notes_on(material)),
    )


def read_material(request: WritingRequest) -> Material:
    """Return the documents, their index and the tasks.

    Raises:
        ConfigurationError: the corpus is empty or unreadable, or the suite cannot be kept where it is to be.
    """
    refuse_target(request)
    corpus = read_corpus(Path(request.corpus).expanduser())
    index = Index(passages=all_passages(corpus))
    tasks = writing_tasks(index, n=request.n_drafts, kinds=request.kinds, seed=request.seed)
    return Material(corpus=corpus, index=index, tasks=tasks)


def notes_on(material: Material) -> tuple[str, ...]:
    """Return a line on what was left out of the corpus; empty where nothing was."""
    summary = material.corpus.summary
    return (summary.line,) if summary.n_left_out else ()


def refuse_target(request: WritingRequest) -> None:
    """Check that the suite can be kept where it is to be.

    Raises:
        ConfigurationError: the file is there already or in no folder, or the name is that of a standard suite.
    """
    if request.out is None:
        if request.suite_name in standard_suites():
            raise ConfigurationError(f"{request.suite_name!r} is the name of a standard suite", "Give --name another.")
        return
    file = allowed_path(Path(request.out).expanduser(), what="the suite's file")
    if os.path.exists(file):
        raise ConfigurationError(f"{request.out!r} is there already", "Name a new file with --out.")
    if file.suffix != ".jsonl":
        raise ConfigurationError(f"{request.out!r} does not end in .jsonl", "For example --out suite.jsonl")
    if not os.path.isdir(file.parent):
        raise ConfigurationError(f"there is no folder {str(file.parent)!r}", "Make it, or name a file elsewhere.")


def _plans(models: WritingModels, request: WritingRequest) -> tuple[MetricModelPlan, MetricModelPlan]:
    """Return how both models are asked."""
    both = (models.writer, models.checker)
    plans = [models_for_metrics([model], allow_remote=request.allow_remote)[0] for model in both]
    writer, checker = (replace(plan, options=_options(plan)) for plan in plans)
    return writer, checker


def _options(plan: MetricModelPlan) -> dict[str, Any]:
    return {**plan.options, "temperature": TEMPERATURE}
