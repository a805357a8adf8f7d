"""Routes that read stored runs, their cases and stages, comparisons, races, sweeps and experiments."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response, StreamingResponse

from deployments.api.access import READ
from deployments.api.description import PROBLEMS, answer, page_of, text_answer
from deployments.api.exports import ExportRequest, export, export_request
from deployments.api.problems import ProblemError
from deployments.api.reading_route import ReadingRoute
from deployments.api.replies import Paging, page, paging, reply, sorted_page
from deployments.cli.arguments import open_stored
from deployments.python import cascades, catalogues, changes, stored
from deployments.python.stored import filters_of
from evaluation.exports.pages import Place, answer_page
from evaluation.exports.source import comparison_source, experiment_source, run_source
from evaluation.exports.writers import Format
from evaluation.records.experiments import ComparisonSummary
from evaluation.records.runs import RunSummary
from evaluation.results.cascade_curves import CascadeResult
from evaluation.results.cases import CaseResult
from evaluation.results.comparisons import ComparisonResult
from evaluation.results.experiments import ExperimentFacts, ExperimentResult, RunDiff
from evaluation.results.races import RaceResult
from evaluation.results.runs import RunResult
from evaluation.results.sweeps import SweepResult
from evaluation.store.experiments import find_experiment
from evaluation.store.summaries import list_runs

router = APIRouter(route_class=ReadingRoute, dependencies=[READ], responses=PROBLEMS)
Page = Annotated[Paging, Depends(paging)]
Names = Annotated[list[str] | None, Query(description="May be repeated.")]
Export = Annotated[ExportRequest, Depends(export_request)]
FILES = text_answer(*(each.media_type for each in Format), words="The file.")


@router.get("/runs", responses=page_of(RunSummary), tags=["runs"])
def runs(request: Request, paging: Page, experiment: str | None = None, archived: bool = False) -> Response:
    """List runs, the newest first."""
    with open_stored(None) as store:
        experiment_id = find_experiment(store, experiment).experiment_id if experiment is not None else None
        listed = list_runs(
            store,
            limit=paging.limit + 1,
            include_archived=archived,
            experiment_id=experiment_id,
            before=paging.place(str),
        )
    items = listed[: paging.limit]
    return page(request, items, paging, next_place=items[-1].run_id if len(listed) > len(items) else None)


@router.get("/runs/{run}", responses=answer(RunResult), tags=["runs"])
def run(request: Request, run: str) -> Response:
    """Return the result of a run: `last`, an id, or the beginning of one."""
    return reply(request, stored.load_run(run))


@router.get("/runs/{run}/cases", responses=page_of(Mapping[str, object]), tags=["runs"])
def cases(
    request: Request,
    paging: Page,
    run: str,
    candidate: Names = None,
    metric: Names = None,
    case: Names = None,
    failed: bool | None = None,
) -> Response:
    """List the answers of a run with their scores, by candidate."""
    place = paging.place(list)
    after = None if place is None else _place(place)
    with open_stored(None) as store:
        filters = filters_of(candidate or (), metric or (), case or (), failed)
        answers = answer_page(store, run, filters, after=after, limit=paging.limit)
    last = None if answers.last is None else [answers.last.run_candidate_id, answers.last.generation_id]
    return page(request, answers.rows, paging, next_place=last)


@router.get("/runs/{run}/cases/{case:path}", responses=answer(CaseResult), tags=["runs"])
def case(request: Request, run: str, case: str) -> Response:
    """Return a case of a run in full: prompt, answers, scores, timings, stages and sources."""
    return reply(request, stored.load_case(case, run=run))


@router.get("/runs/{run}/cascades", responses=answer(CascadeResult), tags=["runs"])
def cascade_curves(request: Request, run: str) -> Response:
    """Return quality and cost of the cascades of a run at every threshold."""
    return reply(request, cascades.load_cascades(run))


@router.get("/runs/{run}/export", responses=FILES, response_class=Response, tags=["exports"])
def run_export(run: str, table: Export) -> StreamingResponse:
    """Return answers, scores, stages or results of a run as a file."""
    return export(run_source, run, table)


@router.get("/comparisons/{comparison}/export", responses=FILES, response_class=Response, tags=["exports"])
def comparison_export(comparison: str, table: Export) -> StreamingResponse:
    """Return the pairs of a comparison as a file."""
    return export(comparison_source, comparison, table)


@router.get("/experiments/{experiment}/export", responses=FILES, response_class=Response, tags=["exports"])
def experiment_export(experiment: str, table: Export) -> StreamingResponse:
    """Return answers, scores, stages or results of the runs of an experiment as a file."""
    return export(experiment_source, experiment, table)


@router.get("/runs/{run}/race", responses=answer(RaceResult), tags=["runs"])
def race(request: Request, run: str) -> Response:
    """Return what a race found."""
    return reply(request, stored.load_race(run))


@router.get("/runs/{run}/sweep", responses=answer(SweepResult), tags=["runs"])
def sweep(request: Request, run: str) -> Response:
    """Return what a sweep found."""
    return reply(request, stored.load_sweep(run))


@router.get("/runs/{run}/diff/{other}", responses=answer(RunDiff), tags=["runs"])
def diff(request: Request, run: str, other: str) -> Response:
    """Return what differs between two runs: parameters, numbers and cases."""
    return reply(request, changes.diff_runs(run, other))


@router.get("/comparisons", responses=page_of(ComparisonSummary), tags=["comparisons"])
def comparisons(request: Request, paging: Page) -> Response:
    """List stored comparisons, the newest first."""
    return sorted_page(request, catalogues.list_comparisons(all=True), paging, key=lambda item: item.comparison_id)


@router.get("/comparisons/{comparison}", responses=answer(ComparisonResult), tags=["comparisons"])
def comparison(request: Request, comparison: str) -> Response:
    """Return a stored comparison with its pairs."""
    return reply(request, stored.load_comparison(comparison))


@router.get("/experiments", responses=page_of(ExperimentFacts), tags=["experiments"])
def experiments(request: Request, paging: Page, archived: bool = False, tag: Names = None) -> Response:
    """List experiments, favourites first, then the newest."""
    listed = catalogues.list_experiments(all=archived, tag=tag or ())
    return sorted_page(request, listed, paging, key=lambda item: item.experiment_id)


@router.get("/experiments/{name}", responses=answer(ExperimentResult), tags=["experiments"])
def experiment(request: Request, name: str) -> Response:
    """Return an experiment with its runs, comparisons and notes."""
    return reply(request, catalogues.load_experiment(name))


def _place(values: list[object]) -> Place:
    match values:
        case [int(candidate), int(generation)]:
            return Place(run_candidate_id=candidate, generation_id=generation)
    raise ProblemError(422, "cursor: it is not a cursor of this list", "Use `next` of a page.", kind="cursor")
