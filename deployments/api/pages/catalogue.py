"""Pages of what there is to choose from: models, servers, benchmarks with their cases, metrics, pipelines."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.pages.recent_runs import ListedRun, listed_runs
from deployments.api.pages.rendering import PageRoute, address
from deployments.api.pages.section_page import section_page
from deployments.api.pages.sections import Cell, Link, Section, State, Table, filled
from deployments.cli.arguments import open_stored
from deployments.python import catalogues
from evaluation.case import Case
from evaluation.files.allowed_files import limit_files
from evaluation.formatting import counted, size
from evaluation.records.candidates import EndpointRecord, ModelRecord
from evaluation.resolution.benchmarks import benchmark_page
from evaluation.results.catalogue_entries import BenchmarkFacts, MetricFacts
from evaluation.results.estimates import shown_estimate
from evaluation.store.models import list_models
from evaluation.store.summaries import list_runs

router = APIRouter(prefix="/catalogue", route_class=PageRoute, dependencies=[READ], include_in_schema=False)
CASES_OF_A_PAGE, RUNS_OF_A_BENCHMARK = 50, 10
_LINKS = (
    Link(text="Models", address="/catalogue"),
    Link(text="Servers", address="/catalogue/endpoints"),
    Link(text="Benchmarks", address="/catalogue/benchmarks"),
    Link(text="Metrics", address="/catalogue/metrics"),
    Link(text="Pipelines", address="/catalogue/pipelines"),
    Link(text="Policies and upgrades", address="/policies"),
)


@router.get("")
def models(request: Request) -> Response:
    """List the models as their servers described them last; no server is asked."""
    with open_stored(None) as store:
        listed = list_models(store)
    columns = ("Model", "Parameters", "Size", "Quantisation", "Context", "Capabilities", "Weights", "Server", "Seen")
    table = Table(label="Models", columns=columns, rows=tuple(map(_model, listed)))
    return section_page(
        request,
        "Models",
        filled(Section(table=table)),
        choices=_LINKS,
        empty="No models are stored.",
        next_step="`benchwright models list` asks the servers and stores what they have.",
    )


def _model(model: ModelRecord) -> tuple[Cell, ...]:
    return (
        Link(text=model.name, address=address("/catalogue/model", name=model.name)),
        model.parameter_size,
        size(model.size_bytes),
        model.quantization,
        model.context_length,
        ", ".join(model.capabilities),
        (model.digest or "unverified").removeprefix("sha256:")[:12],
        model.endpoint_name or "none yet",
        model.last_seen,
    )


@router.get("/endpoints")
def endpoints(request: Request) -> Response:
    """List the model servers that are stored under a name."""
    columns = ("Server", "Address", "Kind", "Slots", "GPU", "Key")
    rows = tuple(map(_endpoint, catalogues.list_endpoints()))
    return section_page(
        request,
        "Servers",
        filled(Section(table=Table(label="Servers", columns=columns, rows=rows))),
        choices=_LINKS,
        empty="No servers are stored; commands use OLLAMA_HOST.",
        next_step="`benchwright endpoints add NAME URL` stores one.",
    )


def _endpoint(each: EndpointRecord) -> tuple[Cell, ...]:
    key = f"in the variable {each.key_variable}" if each.key_variable else None
    return each.name, each.url, each.provider or "detected each time", each.slots, each.gpu_tag, key


@router.get("/benchmarks")
def benchmarks(request: Request) -> Response:
    """List the standard suites and the stored benchmarks."""
    columns = ("Benchmark", "Task", "Cases", "Headline", "Version", "Source")
    rows = tuple(map(_benchmark, catalogues.list_benchmarks()))
    table = Table(label="Benchmarks", columns=columns, rows=rows)
    return section_page(request, "Benchmarks", filled(Section(table=table)), choices=_LINKS)


def _benchmark(facts: BenchmarkFacts) -> tuple[Cell, ...]:
    name = Link(text=facts.name, address=address("/catalogue/benchmark", name=facts.name))
    return name, facts.task_type, facts.n_cases, facts.headline, facts.version[:12], facts.source


@router.get("/benchmark")
def benchmark(
    request: Request,
    name: Annotated[str, Query(max_length=5000)],
    after: Annotated[int, Query(ge=-1, le=2**31)] = -1,
) -> Response:
    """Show a standard suite or a stored benchmark with a page of its cases."""
    limit_files(None)  # a reader names no files
    with open_stored(None) as store:
        shown = benchmark_page(name, store=store, after=after, limit=CASES_OF_A_PAGE)
        runs = listed_runs(store, list_runs(store, limit=RUNS_OF_A_BENCHMARK, benchmark=shown.facts.name))
    facts = shown.facts
    following = None
    if shown.last is not None:
        further = address("/catalogue/benchmark", name=name, after=shown.last)
        following = Link(text="More cases", address=further)
    about = [
        facts.task_type,
        counted(facts.n_cases, "case"),
        f"ranked by {facts.headline} unless a run names another metric",
        facts.licence,
        facts.source,
    ]
    words = {"": facts.description, "A good answer": facts.criteria}
    return section_page(
        request,
        facts.name,
        filled(
            *(Section(title=title, lines=(text,)) for title, text in words.items() if text),
            Section(
                title="Newest runs" if runs else "",
                table=_runs(runs),
                after=("Each with the metric that it was ranked by; the best mean is no verdict.",) if runs else (),
            ),
            Section(title="Cases", table=_cases(shown.cases)),
        ),
        up=Link(text="Benchmark", address="/catalogue/benchmarks"),
        about=" · ".join(each for each in about if each),
        following=following,
        empty="It has no more cases.",
    )


def _runs(runs: Sequence[ListedRun]) -> Table:
    rows = tuple(
        (
            Link(text=each.run.run_id[:8], address=f"/runs/{each.run.run_id}"),
            each.run.created_at,
            State(word=each.run.status.value),
            each.run.headline,
            each.best_names or None,
            None if each.best is None else shown_estimate(each.best),
        )
        for each in runs
    )
    columns = ("Run", "Begun", "Status", "Ranked by", "Candidate", "Best mean")
    return Table(label="Newest runs", columns=columns, rows=rows)


def _cases(cases: tuple[Case, ...]) -> Table:
    return Table(
        label="Cases",
        columns=("Case", "Question", "References", "Tags"),
        rows=tuple((case.case_id, _question(case), "\n".join(case.references), ", ".join(case.tags)) for case in cases),
    )


def _question(case: Case) -> str:
    return case.prompt or "\n".join(f"{message.role}: {message.content}" for message in case.messages)


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """List the metrics, by family."""
    listed = catalogues.list_metrics()
    columns = ("Metric", "Unit", "Better", "Needs", "What it is")
    families = dict.fromkeys(facts.family for facts in listed)
    sections = [
        Section(
            title=family.capitalize(),
            table=Table(
                label=family, columns=columns, rows=tuple(_metric(facts) for facts in listed if facts.family == family)
            ),
        )
        for family in families
    ]
    return section_page(request, "Metrics", sections, choices=_LINKS)


def _metric(facts: MetricFacts) -> tuple[Cell, ...]:
    better = "higher" if facts.higher_is_better else "lower"
    return facts.name, facts.unit, better, ", ".join(facts.needs) or None, facts.summary


@router.get("/pipelines")
def pipelines(request: Request) -> Response:
    """List the pipelines that come with Benchwright."""
    rows = tuple(
        (each.name, each.summary, ", ".join(option.name for option in each.options), each.example)
        for each in catalogues.list_pipelines()
    )
    columns = ("Pipeline", "What it does", "Options", "Example")
    table = Table(label="Pipelines", columns=columns, rows=rows)
    return section_page(request, "Pipelines", filled(Section(table=table)), choices=_LINKS)
