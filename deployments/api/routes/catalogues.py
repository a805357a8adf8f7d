"""Routes that read what there is to choose from: benchmarks, metrics, pipelines, models, candidates, endpoints."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.answers import BenchmarkCases
from deployments.api.description import PROBLEMS, answer, page_of
from deployments.api.reading_route import ReadingRoute
from deployments.api.replies import Cursor, Limit, Paging, cursor_of, paging, reply, sorted_page
from deployments.cli.arguments import open_stored
from deployments.python import catalogues
from evaluation.errors import UnknownNameError
from evaluation.files.allowed_files import limit_files
from evaluation.pipelines.descriptions import PipelineDescription
from evaluation.records.candidates import EndpointRecord, ModelRecord
from evaluation.resolution.benchmarks import benchmark_page
from evaluation.results.catalogue_entries import (
    BenchmarkFacts,
    CandidateFacts,
    MetricDetails,
    MetricFacts,
    ProfileFacts,
)
from evaluation.run_results.candidate_list import list_candidates
from evaluation.store.models import list_models

router = APIRouter(route_class=ReadingRoute, dependencies=[READ], responses=PROBLEMS, tags=["catalogues"])
Page = Annotated[Paging, Depends(paging)]


@router.get("/benchmarks", responses=page_of(BenchmarkFacts))
def benchmarks(request: Request, paging: Page) -> Response:
    """List the standard suites and the stored benchmarks."""
    return sorted_page(request, catalogues.list_benchmarks(), paging, key=lambda item: f"{item.name} {item.version}")


@router.get("/benchmarks/{name}", responses=answer(BenchmarkCases))
def benchmark(request: Request, name: str, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Return a standard suite or a stored benchmark with a page of its cases."""
    limit_files(None)  # a reader names no files
    place = Paging(limit=limit, cursor=cursor, fields=()).place(int)
    with open_stored(None) as store:
        page = benchmark_page(name, store=store, after=-1 if place is None else max(place, -1), limit=limit)
    next_page = None if page.last is None else cursor_of(page.last)
    return reply(request, BenchmarkCases(facts=page.facts, cases=page.cases, next=next_page))


@router.get("/metrics", responses=page_of(MetricFacts))
def metrics(request: Request, paging: Page) -> Response:
    """List the metrics, by family."""
    return sorted_page(request, catalogues.list_metrics(), paging, key=lambda item: item.name)


@router.get("/metrics/{name}", responses=answer(MetricDetails))
def metric(request: Request, name: str) -> Response:
    """Return a metric: formula, range, source, needs, options, blind spots."""
    limit_files(None)  # a metric of a file is code that would run
    return reply(request, catalogues.load_metric(name))


@router.get("/pipelines", responses=page_of(PipelineDescription))
def pipelines(request: Request, paging: Page) -> Response:
    """List the pipelines that come with Benchwright."""
    return sorted_page(request, catalogues.list_pipelines(), paging, key=lambda item: item.name)


@router.get("/pipelines/{name}", responses=answer(PipelineDescription))
def pipeline(request: Request, name: str) -> Response:
    """Return a pipeline with its options."""
    return reply(request, catalogues.load_pipeline(name))


@router.get("/profiles", responses=page_of(ProfileFacts))
def profiles(request: Request, paging: Page) -> Response:
    """List the prompt profiles."""
    return sorted_page(request, catalogues.list_profiles(), paging, key=lambda item: item.name)


@router.get("/models", responses=page_of(ModelRecord))
def models(request: Request, paging: Page, retired: bool = False) -> Response:
    """List the models as their servers described them last; no server is asked."""
    with open_stored(None) as store:
        listed = list_models(store, include_retired=retired)
    return sorted_page(request, listed, paging, key=lambda item: f"{item.endpoint_name} {item.name} {item.digest}")


@router.get("/candidates", responses=page_of(CandidateFacts))
def candidates(request: Request, paging: Page) -> Response:
    """List the candidates that runs asked, by label, with the servers that have them."""
    with open_stored(None) as store:
        listed = list_candidates(store)
    return sorted_page(request, listed, paging, key=lambda item: f"{item.label} {item.fingerprint}")


@router.get("/candidates/{fingerprint}", responses=answer(CandidateFacts))
def candidate(request: Request, fingerprint: str) -> Response:
    """Return a candidate, by its fingerprint or its label."""
    with open_stored(None) as store:
        listed = list_candidates(store)
    named = {each.fingerprint: each for each in listed} | {each.label: each for each in listed}
    if fingerprint not in named:
        raise UnknownNameError("candidate", fingerprint, [each.label for each in listed])
    return reply(request, named[fingerprint])


@router.get("/endpoints", responses=page_of(EndpointRecord))
def endpoints(request: Request, paging: Page) -> Response:
    """List the model servers that are stored under a name."""
    return sorted_page(request, catalogues.list_endpoints(), paging, key=lambda item: item.name)


@router.get("/endpoints/{endpoint}", responses=answer(EndpointRecord))
def endpoint(request: Request, endpoint: str) -> Response:
    """Return a model server that is stored under a name."""
    listed = {each.name: each for each in catalogues.list_endpoints()}
    if endpoint not in listed:
        raise UnknownNameError("endpoint", endpoint, listed)
    return reply(request, listed[endpoint])
