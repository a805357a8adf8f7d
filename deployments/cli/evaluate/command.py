"""The `benchwright evaluate` command: candidates asked a benchmark's cases, with the uncertainty of the numbers."""

from pathlib import Path
from typing import Annotated, Any

import typer

from deployments.cli.arguments import (
    DatabaseOption,
    EmbedderOption,
    FieldsOption,
    GpuTagOption,
    IgnoredFieldsOption,
    JsonOption,
    JudgesOption,
    PricesOption,
    ProviderOption,
    RemoteOption,
    SandboxOption,
    SlotsOption,
    TimeoutOption,
    accept_sandbox,
    read_price_file,
    usual_prices,
)
from deployments.cli.completion import benchmark_names, metric_names

Words = list[str] | None


def evaluate(
    # Each option's help ends with * where it may be repeated.
    benchmark: Annotated[
        Words,
        typer.Option(
            metavar="NAME|PATH", autocompletion=benchmark_names, help="A suite, a stored benchmark or a file.*"
        ),
    ] = None,
    field: FieldsOption = None,
    ignore_field: IgnoredFieldsOption = None,
    model: Annotated[Words, typer.Option(metavar="NAME", help="A model, asked with the options below.*")] = None,
    candidate: Annotated[
        Words,
        typer.Option(
            metavar="'NAME key=value …'|@FILE",
            help="A model with options, a profile or think of its own, or an exported candidate's file.*",
        ),
    ] = None,
    option: Annotated[Words, typer.Option(metavar="KEY=VALUE", help="An option for every --model.*")] = None,
    system: Annotated[str | None, typer.Option(metavar="TEXT", help="System prompt for every --model.")] = None,
    profile: Annotated[str | None, typer.Option(metavar="NAME", help="Prompt profile for every --model.")] = None,
    endpoint: Annotated[
        Words, typer.Option(metavar="URL|NAME", help="A server's name or address; default OLLAMA_HOST.*")
    ] = None,
    slots: SlotsOption = None,
    gpu_tag: GpuTagOption = None,
    provider: ProviderOption = None,
    embedded: Annotated[
        bool, typer.Option("--embedded", help="Use the embedded server, alone or with others.")
    ] = False,
    allow_remote: RemoteOption = False,
    metric: Annotated[
        Words,
        typer.Option(metavar="NAME", autocompletion=metric_names, help="A metric to use instead of the benchmark's.*"),
    ] = None,
    judge: JudgesOption = None,
    embedder: EmbedderOption = None,
    sandbox: SandboxOption = None,
    prices: PricesOption = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", help="Run only the first N cases, in the seed's order.")
    ] = None,
    level: Annotated[
        str | None,
        typer.Option(
            metavar="smoke|quick|full",
            help="Run 5 cases, 50 or all; goes on from the level before, and asks nothing twice.",
        ),
    ] = None,
    repeats: Annotated[int | None, typer.Option(metavar="K", help="Ask each case K times.")] = None,
    seed: Annotated[
        int | None,
        typer.Option(metavar="S", help="The random seed. Most servers repeat a text only with one slot."),
    ] = None,
    max_failures: Annotated[
        str | None, typer.Option(metavar="10%|N", help="Server failures allowed per candidate; default 10%.")
    ] = None,
    fail_under: Annotated[Words, typer.Option(metavar="METRIC=VALUE", help="Exit with 1 if a value is lower.*")] = None,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the checks of --fail-under as JUnit XML.")
    ] = None,
    timeout: TimeoutOption = None,
    case_timeout: Annotated[
        float | None, typer.Option(metavar="S", help="Time limit of all attempts of a case; default 1800.")
    ] = None,
    spread: Annotated[
        int | None, typer.Option(metavar="N", help="Number of worker flow runs to split the run across; default 1.")
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option(metavar="RUN|last", help="Resume the invocation of this run; only missing cases are asked."),
    ] = None,
    reuse: Annotated[
        bool, typer.Option("--reuse", help="Reuse answers of earlier runs to identical requests; they are marked.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan, its model loads and its cost, and exit.")
    ] = False,
    experiment: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Add the runs to this experiment; its template supplies omitted options."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("-f", "--file", metavar="FILE.yaml", help="Read these options from a file.")
    ] = None,
    db: DatabaseOption = None,
    json_: JsonOption = False,
) -> None:
    """Run models on a benchmark, score their answers, and report each number with its uncertainty.

    Options marked * may be repeated.
    """
    from deployments.cli.evaluate.run import run_evaluation

    option_values: dict[str, Any] = {
        "benchmarks": benchmark,
        "fields": field,
        "ignore_fields": ignore_field,
        "models": model,
        "candidates": candidate,
        "options": option,
        "system": system,
        "profile": profile,
        "endpoints": endpoint,
        "slots": slots,
        "gpu_tag": gpu_tag,
        "provider": provider,
        "embedded": embedded or None,
        "allow_remote": allow_remote or None,
        "metrics": metric,
        "judges": judge,
        "embedder": embedder,
        "limit": limit,
        "level": level,
        "repeats": repeats,
        "seed": seed,
        "max_failures": max_failures,
        "fail_under": fail_under,
        "timeout_s": timeout,
        "case_timeout_s": case_timeout,
        "reuse": reuse or None,
        "spread": spread,
        "experiment": experiment,
        "prices": read_price_file(prices),
    }
    accept_sandbox(sandbox)
    source = f"the command line with {file}" if file else "the command line"
    request_fields = _merged(option_values, file)
    if resume is None and "prices" not in request_fields:
        request_fields |= usual_prices()
    code = run_evaluation(
        request_fields, database=db, as_json=json_, source=source, resume=resume, dry_run=dry_run, junit=junit
    )
    raise typer.Exit(code)


def _merged(option_values: dict[str, Any], file: Path | None) -> dict[str, Any]:
    """Return the options of the file, overridden by those of the command line."""
    from evaluation.requests.request_file import read_request_file

    typed = {key: value for key, value in option_values.items() if value is not None and value != []}
    return {**(read_request_file(file) if file else {}), **typed}
