"""Routes that read what there is to choose from: benchmarks, metrics, pipelines, profiles, models, endpoints."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.replies import PROBLEMS, Paging, paging, reply, sorted_page
from deployments.cli.arguments import open_stored
from deployments.python import catalogues
from evaluation.files.allowed_files import limit_files
from evaluation.store.models import list_models

router = APIRouter(dependencies=[READ], responses=PROBLEMS, tags=["catalogues"])
Page = Annotated[Paging, Depends(paging)]


@router.get("/benchmarks")
def benchmarks(request: Request, paging: Page) -> Response:
    """List the standard suites and the stored benchmarks."""
    return sorted_page(request, catalogues.list_benchmarks(), paging, key=lambda item: f"{item.name} {item.version}")


@router.get("/benchmarks/{name}")
def benchmark(request: Request, name: str) -> Response:
    """Return a standard suite or a stored benchmark with its cases."""
    limit_files(None)  # a reader names no files
    return reply(request, catalogues.load_benchmark(name))


@router.get("/metrics")
def metrics(request: Request, paging: Page) -> Response:
    """List the metrics, by family."""
    return sorted_page(request, catalogues.list_metrics(), paging, key=lambda item: item.name)


@router.get("/metrics/{name}")
def metric(request: Request, name: str) -> Response:
    """Return a metric: formula, range, source, needs, options, blind spots."""
    limit_files(None)  # a metric of a file is code that would run
    return reply(request, catalogues.load_metric(name))


@router.get("/pipelines")
def pipelines(request: Request, paging: Page) -> Response:
    """List the pipelines that come with Benchwright."""
    return sorted_page(request, catalogues.list_pipelines(), paging, key=lambda item: item.name)


@router.get("/pipelines/{name}")
def pipeline(request: Request, name: str) -> Response:
    """Return a pipeline with its options."""
    return reply(request, catalogues.load_pipeline(name))


@router.get("/profiles")
def profiles(request: Request, paging: Page) -> Response:
    """List the prompt profiles."""
    return sorted_page(request, catalogues.list_profiles(), paging, key=lambda item: item.name)


@router.get("/models")
def models(request: Request, paging: Page, retired: bool = False) -> Response:
    """List the models as their servers described them last; no server is asked."""
    with open_stored(None) as store:
        listed = list_models(store, include_retired=retired)
    return sorted_page(request, listed, paging, key=lambda item: f"{item.endpoint_name} {item.name} {item.digest}")


@router.get("/endpoints")
def endpoints(request: Request, paging: Page) -> Response:
    """List the model servers that are stored under a name."""
    return sorted_page(request, catalogues.list_endpoints(), paging, key=lambda item: item.name)
