"""The `benchwright benchmarks` commands: list, show and add benchmarks, validate a file, write and confirm a suite."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from deployments.cli.arguments import (
    DatabaseOption,
    EndpointsOption,
    FieldsOption,
    GpuTagOption,
    IgnoredFieldsOption,
    JsonOption,
    ProviderOption,
    RemoteOption,
    SlotsOption,
    TimeoutOption,
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
from evaluation.formatting import counted
from evaluation.results.as_json import as_json as results_as_json
from evaluation.results.catalogue_entries import BenchmarkFacts

benchmarks = typer.Typer(no_args_is_help=True, help="Benchmarks: list, show, add, validate, write, confirm.")

PathArgument = Annotated[
    Path, typer.Argument(metavar="PATH", help="JSONL, CSV, TSV, Parquet, JSON or YAML; also as .gz.")
]
NameOption = Annotated[
    str | None, typer.Option("--name", metavar="NAME", help="The name of the benchmark; default: that of the file.")
]


@benchmarks.command("list")
def list_benchmarks(db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """List the standard suites and the stored benchmarks."""
    benchmark_list = known_benchmarks(db)
    if as_json:
        print_json([_as_json(facts) for facts in benchmark_list])
        return
    print_table(
        ("benchmark", "task", "cases", "headline", "version", "source"),
        [
            (facts.name, facts.task_type, facts.n_cases, facts.headline, facts.version[:12], facts.source)
            for facts in benchmark_list
        ],
    )


def known_benchmarks(db: str | None) -> list[BenchmarkFacts]:
    """Return the standard suites, then the stored benchmarks."""
    from evaluation.benchmarks.suites import load_suite, standard_suites
    from evaluation.store.benchmarks import list_benchmarks as stored_benchmarks

    suites = standard_suites()
    with open_to_list(db) as store:
        stored = [record for record in stored_benchmarks(store) if record.name not in suites]
    of_suites = [BenchmarkFacts.of(load_suite(name)) for name in suites]
    return [*of_suites, *map(BenchmarkFacts.of, stored)]


def found_benchmark(
    name: str, *, fields: Sequence[str] | None, ignored: Sequence[str] | None, db: str | None
) -> Benchmark:
    """Return a suite, a stored benchmark or that of a file.

    Raises:
        BenchwrightError: there is none of this name, or the file cannot be read.
    """
    from evaluation.resolution.benchmarks import find_benchmark

    with open_to_list(db) as store:
        return find_benchmark(name, store=store, fields=read_mapping(fields or []), ignore=ignored or ())


def _as_json(benchmark: Benchmark | BenchmarkFacts) -> dict[str, Any]:
    """Return the facts of a benchmark; only a suite or a file has a prompt, only a stored one a date."""
    facts = BenchmarkFacts.of(benchmark) if isinstance(benchmark, Benchmark) else benchmark
    plain: dict[str, Any] = results_as_json(facts)
    return {key: value for key, value in plain.items() if value is not None or key not in ("prompt", "saved_at")}


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
    benchmark = found_benchmark(name, fields=field, ignored=ignore_field, db=db)
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
    benchmark = add_benchmark_file(path, name=name, fields=field, ignored=ignore_field, db=db)
    if as_json:
        print_json(_as_json(benchmark))
    else:
        _print(benchmark, f"stored as {benchmark.name}, version {benchmark.version[:12]}")


def add_benchmark_file(
    path: Path,
    *,
    name: str | None,
    fields: Sequence[str] | None,
    ignored: Sequence[str] | None,
    db: str | None,
    source: str | None = None,
) -> Benchmark:
    """Store the cases of a file under its name, and return the benchmark.

    Args:
        path: The file.
        name: Name of the benchmark; None: that of the file.
        fields: Names of its fields.
        ignored: Fields to ignore.
        db: Where it is stored.
        source: Where it comes from; None: from this path.

    Raises:
        BenchwrightError: the file cannot be evaluated, or its name is that of a suite.
    """
    from evaluation.benchmarks.suites import standard_suites
    from evaluation.store.benchmarks import save_benchmark

    benchmark = checked_file(path, name=name, fields=fields, ignored=ignored)
    if source is not None:
        benchmark = replace(benchmark, source=source)
    if benchmark.name in standard_suites():
        raise ConfigurationError(
            f"{benchmark.name!r} is the name of a standard suite, which cannot be replaced", "Give --name another."
        )
    with open_results(db) as store:
        _tell_of_another_version(benchmark, store)
        save_benchmark(store, benchmark)
    return benchmark


def _tell_of_another_version(benchmark: Benchmark, store: Any) -> None:
    from evaluation.store.benchmarks import find_benchmark

    before = find_benchmark(store, benchmark.name)
    if before is not None and before.version != benchmark.version:
        print_status(
            f"{benchmark.name} was version {before.version[:12]} with {counted(before.n_cases, 'case')}; its runs "
            "keep that version, and results of the two versions are not comparable"
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

    benchmark = checked_file(path, name=name, fields=field, ignored=ignore_field)
    if as_json:
        equal = [list(ids) for ids in equal_contents(benchmark)]
        print_json({"status": "ok"} | _as_json(benchmark) | {"equal_contents": equal})
    else:
        _print(benchmark, "OK")


@benchmarks.command("write")
def write(
    corpus: Annotated[str, typer.Option("--corpus", metavar="FOLDER", help="A folder of documents, or one document.")],
    model: Annotated[str, typer.Option("--model", metavar="MODEL[@ENDPOINT]", help="The model that writes the cases.")],
    check: Annotated[
        str, typer.Option("--check", metavar="MODEL[@ENDPOINT]", help="Another model, which checks them.")
    ],
    cases: Annotated[int | None, typer.Option("--cases", metavar="N", help="Number of cases; default 60.")] = None,
    spare: Annotated[
        float | None, typer.Option("--spare", metavar="0.5", help="Drafts beyond that number, as a share of it.")
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", metavar="KIND", help="fact, two_passages, table, unanswerable; default: all.*"),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Name of the benchmark; `synthetic` is added.")
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", metavar="FILE.jsonl", help="A new file to write; default: store the suite.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="S", help="The random seed of the passages; default 0.")
    ] = None,
    endpoint: EndpointsOption = None,
    provider: ProviderOption = None,
    allow_remote: RemoteOption = False,
    slots: SlotsOption = None,
    gpu_tag: GpuTagOption = None,
    timeout: TimeoutOption = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have a model write a suite from documents, and rules and another model check it. Marked as synthetic.

    Ended early, the same command goes on: every reply is kept. Options marked * may be repeated.
    """
    from deployments.cli.written_suites.writing import write as write_suite

    option_values: dict[str, Any] = {
        "corpus": corpus,
        "model": model,
        "check": check,
        "cases": cases,
        "spare": spare,
        "kind": kind,
        "name": name,
        "out": out,
        "seed": seed,
        "endpoint": endpoint,
        "provider": provider,
        "allow_remote": allow_remote or None,
        "slots": slots,
        "gpu_tag": gpu_tag,
        "timeout": timeout,
    }
    raise typer.Exit(write_suite(option_values, db=db, as_json=as_json))


@benchmarks.command("confirm")
def confirm(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME|PATH", autocompletion=benchmark_names, help="A suite that `write` wrote."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE.jsonl", help="A new file to write; default: store the suite's next version."
        ),
    ] = None,
    rater: Annotated[str | None, typer.Option("--rater", metavar="NAME", help="Your name; default: asked for.")] = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Confirm or drop each case of a written suite, without seeing who wrote it or what the checks said.

    Each decision is kept at once: leave with q or Ctrl-C at any time. The suite then holds the confirmed cases.
    """
    from deployments.cli.written_suites.confirmation import Target, confirm_suite

    benchmark = found_benchmark(name, fields=None, ignored=None, db=db)
    raise typer.Exit(confirm_suite(benchmark, Target(db=db, out=out), rater=rater, as_json=as_json))


def checked_file(
    path: Path, *, name: str | None, fields: Sequence[str] | None, ignored: Sequence[str] | None
) -> Benchmark:
    """Return the benchmark in the file, complete, with metrics that can be measured on it.

    Raises:
        BenchwrightError: it cannot be evaluated.
    """
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
    offer = (how_to_offer(metric) or "").removesuffix(".")
    return None if lacking is None else f"{lacking}. {offer} of `benchwright evaluate`"


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
