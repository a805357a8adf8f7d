"""The `benchwright pipelines` commands: the pipelines that a candidate may name, and one tried on a single case."""

import json
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployments.cli.arguments import JsonOption, ProviderOption, RemoteOption, SlotsOption, TimeoutOption
from deployments.cli.show.case_page import print_case_page
from deployments.cli.terminal.output import EXIT_CHECK_FAILED, EXIT_DONE, EXIT_RUN_FAILED, print_json
from deployments.cli.terminal.tables import print_details, print_line, print_table
from evaluation.errors import ConfigurationError
from evaluation.results.as_json import as_json as results_as_json

if TYPE_CHECKING:
    from evaluation.pipelines.descriptions import PipelineDescription

pipelines = typer.Typer(no_args_is_help=True, help="Pipelines: list, show, try.")
EXAMPLE_MODEL = "llama3.1:8b"


@pipelines.command("list")
def list_pipelines(as_json: JsonOption = False) -> None:
    """List the pipelines that a candidate may name: what each does, and its options."""
    described = available_pipelines()
    if as_json:
        print_json([results_as_json(each) for each in described])
        return
    print_table(
        ("pipeline", "what it does", "options"),
        [(each.name, each.summary, [option.name for option in each.options]) for each in described],
    )
    print_line()
    print_line(f"For example: `--candidate '{EXAMPLE_MODEL} pipeline=self_consistency n=5'`")


def available_pipelines() -> list["PipelineDescription"]:
    """Return every pipeline of the catalogue."""
    from evaluation.pipelines.catalogue import PIPELINES
    from evaluation.pipelines.descriptions import description_of

    return [description_of(kind) for kind in PIPELINES.values()]


@pipelines.command("show")
def show(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A pipeline, as `pipelines list` names it, or a class: mine.py:Mine.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Show what a pipeline does, where it comes from, and its options with their defaults."""
    described = pipeline_details(name)
    if as_json:
        print_json(results_as_json(described))
        return
    models = [option.name for option in described.options if option.is_model]
    print_details(
        {
            "pipeline": described.name,
            "what it does": described.summary,
            "source": described.source or None,
            "other models": models,
            "version": described.version,
        }
    )
    if described.options:
        print_line()
        print_line("options")
        print_details({f"  {option.name}": f"{option.type}\n{option.meaning}".rstrip() for option in described.options})
    print_line()
    print_line(described.docstring)
    print_line()
    print_line(f"For example: `--candidate {quote(_example(described, name))}`")


def pipeline_details(name: str) -> "PipelineDescription":
    """Return what is told of a pipeline, which may be a class in a file: `mine.py:Mine`.

    Raises:
        UnknownNameError: there is no such pipeline.
        ConfigurationError: the file cannot be used.
    """
    from evaluation.pipelines.parsing import described_pipeline

    return described_pipeline(name)


def _example(described: "PipelineDescription", name: str) -> str:
    """Return a candidate with this pipeline, as it was named, with the options that it needs."""
    return " ".join(filter(None, (EXAMPLE_MODEL, f"pipeline={name}", described.example)))


@pipelines.command("try")
def try_pipeline(
    candidate: Annotated[
        str,
        typer.Argument(metavar="CANDIDATE", help="A model with its pipeline: 'llama3.1:8b pipeline=refine'."),
    ],
    benchmark: Annotated[
        str | None, typer.Option("--benchmark", metavar="NAME", help="A suite or file, of which one case is asked.")
    ] = None,
    prompt: Annotated[str | None, typer.Option(metavar="TEXT", help="A prompt to ask in place of a benchmark.")] = None,
    endpoint: Annotated[
        list[str] | None, typer.Option(metavar="URL", help="Name or URL of a server; may be repeated.")
    ] = None,
    embedded: Annotated[bool, typer.Option("--embedded", help="Use the embedded server too.")] = False,
    provider: ProviderOption = None,
    allow_remote: RemoteOption = False,
    slots: SlotsOption = None,
    timeout: TimeoutOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Chooses the case of the benchmark.")] = 0,
) -> None:
    """Run a candidate's pipeline on one case, and print its trace; nothing is stored."""
    if (benchmark is None) == (prompt is None):
        raise ConfigurationError(
            "give either a benchmark or a prompt to try the pipeline on",
            "For example --prompt 'Why is the sky blue?', or --benchmark summarization.",
        )
    request_fields: dict[str, Any] = {
        "candidates": [candidate],
        "limit": 1,
        "seed": seed,
        "endpoints": endpoint or [],
        "embedded": embedded,
        "allow_remote": allow_remote,
    }
    optional_fields = {"provider": provider, "slots": slots, "timeout_s": timeout}
    request_fields |= {name: value for name, value in optional_fields.items() if value is not None}
    with TemporaryDirectory(prefix="benchwright-try-") as folder:
        if prompt is not None:
            path = Path(folder) / "prompt.jsonl"
            path.write_text(json.dumps({"id": "prompt", "prompt": prompt}) + "\n", encoding="utf-8")
            request_fields |= {"metrics": ["overall_quality"]}
            benchmark = str(path)
        code = _evaluate_and_show({**request_fields, "benchmarks": [benchmark]}, str(Path(folder) / "try.db"))
    raise typer.Exit(code)


def _evaluate_and_show(request_fields: dict[str, Any], database: str) -> int:
    """Evaluate the request on a database of its own, print the trace of its case, and return the exit code."""
    from deployments.cli.evaluate.run import run_evaluation
    from evaluation.run_results.case_result import case_result
    from evaluation.store.run_cases import run_case_ids
    from evaluation.store.runs import find_run
    from evaluation.store.session import open_store

    with open_store(database):  # made here, so that nobody is told of a database that is gone afterwards
        code = run_evaluation(request_fields, database=database, as_json=False)
    if code in (EXIT_DONE, EXIT_CHECK_FAILED, EXIT_RUN_FAILED):
        with open_store(database) as store:
            run_id = find_run(store, "last").plan.run_id
            case_id = next(case_id for page in run_case_ids(store, run_id) for case_id in page)
            print_case_page(case_result(store, run_id, case_id))
    return code
