"""The `benchwright recommend` command: the candidate to use for a task or a prompt."""

from pathlib import Path
from typing import Annotated, cast

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption
from deployments.cli.candidate_exports import OF_MODELS, checked_form, form_and_file
from deployments.cli.recommend.option_values import (
    read_dollars,
    read_gigabytes,
    read_joules,
    read_names,
    read_percentile,
    read_prompt,
    read_quality,
    read_seconds,
    read_weights,
)
from deployments.cli.recommend.run import RecommendOptions, run_recommendation
from selection.preferences import Constraints, LogPrompt, OnLittleEvidence, OnTie, checked_choice

Words = list[str] | None


def recommend(
    task: Annotated[
        str | None, typer.Option(metavar="TASK", help="The task: summarization, code, …, or a name of your own.")
    ] = None,
    prompt: Annotated[str | None, typer.Option(metavar="TEXT", help="The prompt to answer.")] = None,
    prompt_file: Annotated[
        Path | None,
        typer.Option("--prompt-file", metavar="FILE", help="A file with the prompt; - reads standard input."),
    ] = None,
    max_latency: Annotated[
        str | None, typer.Option(metavar="2s", help="Maximum time for an answer, at --percentile.")
    ] = None,
    percentile: Annotated[
        str, typer.Option(metavar="p95", help="Latency percentile that --max-latency limits: p95, 95%, 95 or .95.")
    ] = "p95",
    max_memory: Annotated[str | None, typer.Option(metavar="8GB", help="Maximum memory of the loaded model.")] = None,
    max_cost_per_1k: Annotated[
        str | None,
        typer.Option("--max-cost-per-1k", metavar="USD", help="Maximum cost of 1,000 answers, in US dollars."),
    ] = None,
    max_energy: Annotated[str | None, typer.Option(metavar="50J", help="Maximum mean energy of an answer.")] = None,
    min_quality: Annotated[
        str | None, typer.Option(metavar="60%", help="Minimum expected quality, from 0 to 1: 60% or 0.6.")
    ] = None,
    capability: Annotated[
        Words, typer.Option(metavar="NAME", help="A capability of the model: vision, tools, thinking.*")
    ] = None,
    endpoint: Annotated[
        Words,
        typer.Option(
            metavar="URL", help="Name or URL of a server that must have the model; with several, any of them.*"
        ),
    ] = None,
    models_only: Annotated[
        bool,
        typer.Option("--models-only", help="Never recommend a program; implied by --export python|openai|modelfile."),
    ] = False,
    weight: Annotated[
        Words,
        typer.Option(
            metavar="NAME=N", help="Points of quality that it is worth to halve latency, cost or energy: latency=2.*"
        ),
    ] = None,
    on_tie: Annotated[
        str,
        typer.Option(metavar="cheapest|fastest|best", help="Which candidate to recommend among those near the best."),
    ] = "cheapest",
    tolerance: Annotated[
        float,
        typer.Option(metavar="POINTS", help="Points of expected quality below the best that still count as near it."),
    ] = 0.5,
    on_little_evidence: Annotated[
        str,
        typer.Option(
            metavar="abstain|rules", help=("With fewer than 10 measured cases: recommend nothing, or follow a rule.")
        ),
    ] = "abstain",
    log: Annotated[
        str, typer.Option(metavar="hash|prompt", help="What to store of the prompt: hash and length, or its text too.")
    ] = "hash",
    explain: Annotated[
        bool, typer.Option("--explain", help="Explain in detail what the recommendation rests on.")
    ] = False,
    export: Annotated[
        str | None,
        typer.Option(
            metavar="FORMAT|FILE",
            help="Print the candidate as yaml, python, openai, modelfile, json or env instead, or write this file.",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it to this new file.")] = None,
    db: DatabaseOption = None,
    json_: JsonOption = False,
) -> None:
    """Recommend a candidate for a task or a prompt from measured results, and explain why.

    Options marked * may be repeated.
    """
    form_name, out = form_and_file(export, out, option="--export")
    form = checked_form(form_name, out, option="--export", as_json=json_)
    constraints = Constraints(
        max_latency_s=read_seconds(max_latency, option="--max-latency"),
        percentile=read_percentile(percentile, option="--percentile"),
        max_memory_gb=read_gigabytes(max_memory, option="--max-memory"),
        max_cost_per_1k=read_dollars(max_cost_per_1k, option="--max-cost-per-1k"),
        max_energy_j=read_joules(max_energy, option="--max-energy"),
        min_quality=read_quality(min_quality, option="--min-quality"),
        capabilities=read_names(capability, option="--capability"),
        endpoints=read_names(endpoint, option="--endpoint"),
        models_only=models_only or form in OF_MODELS,
    )
    options = RecommendOptions(
        task=task,
        prompt=read_prompt(prompt, prompt_file),
        constraints=constraints,
        weights=read_weights(weight or ()),
        on_tie=cast("OnTie", checked_choice("--on-tie", on_tie, OnTie)),
        tolerance=tolerance,
        on_little_evidence=cast(
            "OnLittleEvidence", checked_choice("--on-little-evidence", on_little_evidence, OnLittleEvidence)
        ),
        log=cast("LogPrompt", checked_choice("--log", log, LogPrompt)),
        explain=explain,
        form=form,
        out=out,
    )
    raise typer.Exit(run_recommendation(options, database=db, as_json=json_))
