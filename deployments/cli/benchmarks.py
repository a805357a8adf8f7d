"""The `benchwright benchmarks` commands: list, show and add benchmarks, and validate a benchmark file."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from deployments.cli.arguments import (
    DatabaseOption,
    FieldsOption,
    IgnoredFieldsOption,
    JsonOption,
    open_results,
    open_to_list,
)
from deployments.cli.completion import benchmark_names
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.tables import print_details, print_line, print_table
from evaluation.benchmarks.rendering import check_renderable, render
from evaluation.case import Benchmark, Case
from evaluation.errors import ConfigurationError
from evaluation.files.field_mapping import read_mapping
from evaluation.records.candidates import BenchmarkRecord

benchmarks = typer.Typer(no_args_is_help=True, help="Benchmarks: list, show, add, validate.")

PathArgument = Annotated[
    Path, typer.Argument(metavar="PATH", help="JSONL, CSV, TSV, Parquet, JSON or YAML; also as .gz.")
]
NameOption = Annotated[
    str | None, typer.Option("--name", metavar="NAME", help="The name of the benchmark; default: that of the file.")
]


@benchmarks.command("list")
def list_benchmarks(db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """List the standard suites and the stored benchmarks."""
    from evaluation.benchmarks.suites import load_suite, standard_suites
    from evaluation.store.benchmarks import list_benchmarks as stored_benchmarks

    suites = standard_suites()
    with open_to_list(db) as store:
        stored = [_record_as_json(record) for record in stored_benchmarks(store) if record.name not in suites]
    descriptions = [_as_json(load_suite(name)) for name in suites] + stored
    if as_json:
        print_json(descriptions)
        return
    print_table(
        ("benchmark", "task", "cases", "headline", "version", "source"),
        [
            (item["name"], item["task_type"], item["n_cases"], item["headline"], item["version"][:12], item["source"])
            for item in descriptions
        ],
    )


def _as_json(benchmark: Benchmark) -> dict[str, Any]:
    return {
        "name": benchmark.name,
        "version": benchmark.version,
        "task_type": benchmark.task_type,
        "n_cases": len(benchmark.cases),
        "headline": benchmark.headline,
        "metrics": list(benchmark.metrics),
        "options": dict(benchmark.options),
        "prompt": {"system": benchmark.prompt.system, "template": benchmark.prompt.template},
        "description": benchmark.description,
        "criteria": benchmark.criteria,
        "licence": benchmark.licence,
        "source": benchmark.source,
        "format": benchmark.format,
        "fields": asdict(benchmark.fields),
    }


def _record_as_json(record: BenchmarkRecord) -> dict[str, Any]:
    return {
        "name": record.name,
        "version": record.version,
        "task_type": record.task_type,
        "n_cases": record.n_cases,
        "headline": record.headline,
        "metrics": list(record.metrics),
        "options": dict(record.options),
        "description": record.description,
        "criteria": record.criteria,
        "licence": record.licence,
        "source": record.source,
        "format": record.format,
        "fields": asdict(record.fields),
        "saved_at": record.saved_at.isoformat(),
    }


@benchmarks.command("show")
def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME|PATH", autocompletion=benchmark_names, help="A suite, a stored benchmark, or a file."
        ),
    ],
    cases: Annotated[int, typer.Option("--cases", min=0, metavar="N", help="How many cases to show.")] = 3,
    field: FieldsOption = None,
    ignore_field: IgnoredFieldsOption = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a benchmark's metrics and its first cases as a model receives them. Options marked * may be repeated."""
    from evaluation.resolution.benchmarks import find_benchmark

    with open_to_list(db) as store:
        benchmark = find_benchmark(name, store=store, fields=read_mapping(field or []), ignore=ignore_field or ())
    shown = benchmark.cases[:cases]
    if as_json:
        print_json(_as_json(benchmark) | {"cases": [_case_as_json(benchmark, case) for case in shown]})
        return
    details = _as_json(benchmark)
    prompt = details.pop("prompt")
    details["fields"] = "; ".join(benchmark.fields.as_sentences()) or "the format's own names"
    print_details(details | {"system": prompt["system"], "template": prompt["template"]})
    for case in shown:
        print_line()
        _print_case(benchmark, case)


def _case_as_json(benchmark: Benchmark, case: Case) -> dict[str, Any]:
    messages = [{"role": message.role, "content": message.content} for message in render(benchmark, case)]
    return {"case_id": case.case_id, "rendered": messages} | case.content


def _print_case(benchmark: Benchmark, case: Case) -> None:
    turns = {message.role: message.content for message in render(benchmark, case)}
    print_details({"case": case.case_id, **turns, "references": "\n".join(case.references), "tags": case.tags})


@benchmarks.command("add")
def add(
    path: PathArgument,
    name: NameOption = None,
    field: FieldsOption = None,
    ignore_field: IgnoredFieldsOption = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Store a file's cases under its name: all of them, or none. Options marked * may be repeated."""
    from evaluation.benchmarks.suites import standard_suites
    from evaluation.store.benchmarks import save_benchmark

    benchmark = _checked(path, name=name, fields=field, ignored=ignore_field)
    if benchmark.name in standard_suites():
        raise ConfigurationError(
            f"{benchmark.name!r} is the name of a standard suite, which cannot be replaced", "Give --name another."
        )
    with open_results(db) as store:
        _tell_of_another_version(benchmark, store)
        save_benchmark(store, benchmark)
    if as_json:
        print_json(_as_json(benchmark))
    else:
        _print(benchmark, f"stored as {benchmark.name}, version {benchmark.version[:12]}")


def _tell_of_another_version(benchmark: Benchmark, store: Any) -> None:
    from evaluation.store.benchmarks import find_benchmark

    before = find_benchmark(store, benchmark.name)
    if before is not None and before.version != benchmark.version:
        print_status(
            f"{benchmark.name} was version {before.version[:12]} with {before.n_cases} cases; its runs keep that "
            "version, and results of the two versions are not comparable"
        )


@benchmarks.command("validate")
def validate(
    path: PathArgument,
    name: NameOption = None,
    field: FieldsOption = None,
    ignore_field: IgnoredFieldsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check whether a file can be evaluated; nothing is stored. Options marked * may be repeated."""
    from evaluation.benchmarks.loading import equal_contents

    benchmark = _checked(path, name=name, fields=field, ignored=ignore_field)
    if as_json:
        equal = [list(ids) for ids in equal_contents(benchmark)]
        print_json({"status": "ok"} | _as_json(benchmark) | {"equal_contents": equal})
    else:
        _print(benchmark, "OK")


def _checked(path: Path, *, name: str | None, fields: Sequence[str] | None, ignored: Sequence[str] | None) -> Benchmark:
    """Return the benchmark in the file, complete, with metrics that can be measured on it."""
    from evaluation.benchmarks.loading import load_benchmark

    if name is not None and not name.strip():
        raise ConfigurationError("--name is empty", "Give a name.")
    benchmark = load_benchmark(path, fields=read_mapping(fields or []), ignore=ignored or (), name=name)
    check_renderable(benchmark)
    for text in benchmark.metrics:
        if (lacking := _asks_for(text, benchmark)) is not None:
            print_status(f"note: {benchmark.name}: {lacking}")
    return benchmark


def _asks_for(text: str, benchmark: Benchmark) -> str | None:
    """Return what an evaluation needs beside the benchmark; None: nothing.

    Raises:
        ConfigurationError: no such metric, or cases without the fields that it needs.
    """
    from evaluation.metrics.metric import Need
    from evaluation.metrics.needs import missing_needs
    from evaluation.metrics.parsing import parse_metric
    from evaluation.resolution.metric_models import how_to_offer

    metric = parse_metric(text)
    if lacking := missing_needs(metric, benchmark.cases, offered=frozenset(Need)):
        raise ConfigurationError(f"{benchmark.source}: {lacking}", "Name other metrics in the file's header.")
    lacking = missing_needs(metric, benchmark.cases, offered={Need.SANDBOX})
    return None if lacking is None else f"{lacking}. {how_to_offer(metric)}"


def _print(benchmark: Benchmark, verdict: str) -> None:
    from evaluation.benchmarks.loading import equal_contents, recognised_line

    print_line(recognised_line(benchmark))
    for sentence in benchmark.fields.as_sentences():
        print_line(sentence)
    for ids in equal_contents(benchmark):
        print_status(
            f"{len(ids)} cases have the same prompt and references: {', '.join(ids[:5])}{', …' if len(ids) > 5 else ''}"
        )
    print_line(verdict)
