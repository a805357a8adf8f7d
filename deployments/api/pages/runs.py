"""Pages of runs: the list, one run, its answers side by side, and one case."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.pages.case_view import AskedAgain, case_view
from deployments.api.pages.obstacles import obstacles_of
from deployments.api.pages.open_elsewhere import raw_request, snippets
from deployments.api.pages.prefect_links import prefect_links
from deployments.api.pages.recent_runs import listed_runs
from deployments.api.pages.rendering import PageRoute, page
from deployments.api.pages.run_alarms import shown_alarms
from deployments.api.pages.run_extras import run_extras, shared_run
from deployments.api.pages.run_verdicts import RunVerdicts
from deployments.api.stored_calls import stored_calls
from deployments.cli.arguments import open_stored
from deployments.python.stored import load_case
from evaluation.answer_matrix.page import FiguresInUse, MatrixPage, matrix_page, run_pairs
from evaluation.answer_matrix.selection import MatrixView, Showing, Sorting
from evaluation.errors import UnknownNameError
from evaluation.glossary import find_term
from evaluation.records.status import Status
from evaluation.reports.runs.gpu import gpu_lines
from evaluation.reports.runs.tables import remarks
from evaluation.run_results.ranking import ranked
from evaluation.store.plans import run_flows
from evaluation.store.summaries import list_runs

router = APIRouter(route_class=PageRoute, dependencies=[READ], include_in_schema=False)
ROWS_OF_A_PAGE = 50
RUNS_OF_A_PAGE = 50
run_verdicts = RunVerdicts()
figures_in_use = FiguresInUse()
"""Figures of the runs that people look at."""


def matrix_view(
    text: Annotated[str, Query(max_length=500)] = "",
    tag: Annotated[str, Query(max_length=500)] = "",
    showing: Showing = Showing.ALL,
    better: Annotated[str, Query(max_length=1000)] = "",
    worse: Annotated[str, Query(max_length=1000)] = "",
    equal: bool = False,
    candidate: Annotated[str, Query(max_length=1000)] = "",
    sort: Sorting = Sorting.CASE,
    descending: bool = False,
) -> MatrixView:
    """Return the view that an address names."""
    return MatrixView(
        text=text.strip(),
        tag=tag.strip(),
        showing=showing,
        better=better,
        worse=worse,
        equal=equal,
        candidate=candidate,
        sort=sort,
        descending=descending,
    )


View = Annotated[MatrixView, Depends(matrix_view)]


@router.get("/runs")
def runs(request: Request, before: str | None = None, archived: bool = False) -> Response:
    """List runs, the newest first."""
    with open_stored(None) as store:
        listed = list_runs(store, limit=RUNS_OF_A_PAGE + 1, before=before, include_archived=archived)
        shown = listed_runs(store, listed[:RUNS_OF_A_PAGE])
    following = listed[RUNS_OF_A_PAGE - 1].run_id if len(listed) > RUNS_OF_A_PAGE else None
    return page(request, "runs.html", runs=shown, following=following, archived=archived)


@router.get("/runs/{run}")
def run(request: Request, run: str) -> Response:
    """Show the result of a run."""
    result = shared_run(run)
    has_ended = result.status not in (Status.PLANNED, Status.RUNNING)
    with open_stored(None) as store:
        pairs = run_pairs(store, result.run_id, in_use=figures_in_use) if has_ended else None
        verdict = run_verdicts.of(store, result)
    return page(
        request,
        "run.html",
        run=result,
        verdict=verdict,
        notes=remarks(result),
        gpu_lines=gpu_lines(result),
        alarms=shown_alarms(result),
        candidates=ranked(result),
        extras=run_extras(result),
        pairs=pairs,
        flow_runs=prefect_links(result.flow_run_ids),
    )


@router.get("/runs/{run}/answers")
def answers(
    request: Request,
    run: str,
    view: View,
    columns: Annotated[tuple[Annotated[str, Query(max_length=1000)], ...], Query(max_length=1000)] = (),
    metric: Annotated[str, Query(max_length=500)] = "",
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> Response:
    """Show the answers of a run side by side."""
    with open_stored(None) as store:
        shown = matrix_page(store, run, view, in_use=figures_in_use, metric=metric, offset=offset, limit=ROWS_OF_A_PAGE)
    return page(
        request,
        "answers.html",
        matrix=shown,
        view=view,
        columns=columns,
        labels=_explained_labels(shown),
        places=_places(shown.labels, columns, view),
        showings=list(Showing),
        sortings=list(Sorting),
        n_rows=ROWS_OF_A_PAGE,
    )


def _explained_labels(shown: MatrixPage) -> list[str]:
    """Return the labels beside scores that need explaining; classes that answers name need none."""
    labels = dict.fromkeys(cell.label for row in shown.rows for cell in row.cells if cell.label)
    return [label for label in labels if find_term(label) is not None]


def _places(labels: Sequence[str], columns: Sequence[str], view: MatrixView) -> list[int]:
    """Return the places of the candidates to show: the chosen ones, else the two that are compared, else all.

    Raises:
        UnknownNameError: the run has no such candidate.
    """
    chosen = columns or ((view.better, view.worse) if view.better and view.worse else labels)
    if unknown := [label for label in chosen if label not in labels]:
        raise UnknownNameError("candidate", unknown[0], labels)
    return [labels.index(label) for label in dict.fromkeys(chosen)]


@router.get("/runs/{run}/case")
def case(
    request: Request,
    run: str,
    case: Annotated[str, Query(alias="id", max_length=5000)],
    against: Annotated[str, Query(max_length=1000)] = "",
    is_formatted: Annotated[bool, Query(alias="formatted")] = False,
) -> Response:
    """Show one case in full."""
    return case_page(request, run, case, against=against, is_formatted=is_formatted)


def case_page(
    request: Request,
    run: str,
    case_id: str,
    *,
    against: str = "",
    is_formatted: bool = False,
    asked_again: AskedAgain | None = None,
) -> Response:
    """Return the page of a case.

    Args:
        request: The request that it answers.
        run: Id of the run, the beginning of one, or `last`.
        case_id: Id of the case.
        against: What the answers are compared with.
        is_formatted: Show answers as Markdown shows them.
        asked_again: A new answer, which stands beside the stored one.
    """
    shown = case_view(load_case(case_id, run=run), against=against, is_formatted=is_formatted)
    with open_stored(None) as store:
        calls = stored_calls(store, shown.case, embedded_url=request.app.state.embedded_url)
        flow_runs = prefect_links(run_flows(store, shown.case.run_id))
    urls = {call.url for call in calls if not (call.has_pipeline or call.allow_remote)}
    own_address = str(request.base_url)
    return page(
        request,
        "case.html",
        shown=shown,
        asked_again=asked_again,
        calls={call.fingerprint: (call, snippets(call, own_address=own_address)) for call in calls},
        requests={call.fingerprint: raw_request(call) for call in calls},
        flow_runs=flow_runs,
        server_obstacles=obstacles_of(request).to_ask(sorted(urls)),
    )
