"""Pages of work on the Prefect server: flow runs, one of them as it goes on, schedules; cancelling and resuming."""

from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from deployments.api import flow_runs
from deployments.api.access import READ, RUN
from deployments.api.listed_work import listed_work, prefect_pages
from deployments.api.made_comparisons import comparisons_of_flow_run
from deployments.api.pages.home_view import HomeViews
from deployments.api.pages.live_part import if_changed
from deployments.api.pages.obstacles import obstacles_of
from deployments.api.pages.posted_forms import OWN_PAGE
from deployments.api.pages.rendering import PageRoute, page
from deployments.api.pages.sections import Link
from deployments.api.pages.starting import to_work
from deployments.api.problems import ProblemError
from deployments.api.start_obstacles import nothing_starts
from deployments.cli.arguments import open_stored
from evaluation.errors import UnknownNameError
from evaluation.results.flow_runs import FlowRunStatus
from evaluation.run_results.work_status import work_status
from evaluation.store.comparisons import find_comparison
from evaluation.store.session import Store

router = APIRouter(route_class=PageRoute, include_in_schema=False)
PREFECT_PAGES = (
    ("runs", "Runs"),
    ("artifacts", "Artifacts"),
    ("deployments", "Deployments and forms"),
    ("blocks", "Blocks"),
    ("concurrency-limits", "Limits"),
    ("work-pools", "Work pools"),
    ("automations", "Automations"),
)
"""Prefect's own pages, with what they are called here."""


@router.get("/work", dependencies=[READ])
def work(request: Request) -> Response:
    """List flow runs, schedules and Prefect's pages."""
    obstacles, listed = obstacles_of(request), None
    obstacle = obstacles.to_start()
    try:
        listed = None if obstacles.away() else listed_work()
    except ProblemError as error:
        obstacle = nothing_starts(error.detail, error.next_step)
    return page(request, "work.html", listed=listed, obstacle=obstacle, prefect=prefect_pages(), pages=PREFECT_PAGES)


@router.get("/work/{flow_run}", dependencies=[READ])
def one_work(request: Request, flow_run: str) -> Response:
    """Show a flow run as it goes on."""
    return _status_page(request, "one_work.html", flow_run)


@router.get("/parts/work/{flow_run}", dependencies=[READ])
def work_part(request: Request, flow_run: str) -> Response:
    """Return the part of a flow run's page that changes."""
    views: HomeViews = request.app.state.home_views
    made = views.parts.get(f"work {flow_run}", lambda: _status_page(request, "parts/work.html", flow_run))
    return if_changed(request, made)


@router.post("/work/{flow_run}/cancellation", dependencies=[RUN, OWN_PAGE])
def cancel(request: Request, flow_run: str) -> Response:
    """Cancel a flow run; what is stored stays, and can be resumed."""
    return to_work(flow_runs.cancel(flow_run).id)


@router.post("/work/{flow_run}/resumption", dependencies=[RUN, OWN_PAGE])
def resume(request: Request, flow_run: str) -> Response:
    """Have a flow run that failed or was cancelled made again: it asks only what is not stored."""
    return to_work(flow_runs.resume(flow_run).id)


def _status_page(request: Request, template: str, flow_run: str) -> Response:
    obstacles_of(request).refuse_if_away()
    with open_stored(None) as store:
        status = work_status(store, flow_runs.find(flow_run))
        comparisons = _comparisons(store, status.flow_run)
    prefect = prefect_pages()
    link = None if prefect is None else f"{prefect}/runs/flow-run/{quote(status.flow_run.flow_run_id, safe='')}"
    return page(request, template, status=200, work=status, comparisons=comparisons, prefect_link=link)


def _comparisons(store: Store, flow_run: FlowRunStatus) -> list[Link]:
    """Return links to the comparisons that a flow run made, with what they found."""
    links = list[Link]()
    for comparison_id in comparisons_of_flow_run(flow_run.flow_run_id) if flow_run.state_type == "COMPLETED" else ():
        try:
            compared = find_comparison(store, comparison_id).result
        except UnknownNameError:  # deleted since
            continue
        sentence = next(iter(compared.sentences), comparison_id)
        links.append(Link(text=sentence, address=f"/comparisons/{compared.comparison_id}"))
    return links
