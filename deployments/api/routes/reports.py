"""Routes that return reports as files."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.description import PROBLEMS, text_answer
from deployments.api.reading_route import ReadingRoute
from deployments.api.reports import report_file
from evaluation.exports.source import comparison_source, experiment_source, run_source
from evaluation.reports.documents.formats import ReportFormat

router = APIRouter(route_class=ReadingRoute, dependencies=[READ], responses=PROBLEMS, tags=["reports"])
FILES = text_answer(*(each.media_type for each in ReportFormat), words="The file.")
Form = Annotated[ReportFormat, Query(alias="format", description="`html` is one file that needs no network.")]


@router.get("/runs/{run}/report", responses=FILES, response_class=Response)
def run_report(run: str, form: Form = ReportFormat.HTML) -> Response:
    """Return a report on a run as a file; of the run of a race or a sweep, on that."""
    return report_file(run_source, run, form)


@router.get("/comparisons/{comparison}/report", responses=FILES, response_class=Response)
def comparison_report(comparison: str, form: Form = ReportFormat.HTML) -> Response:
    """Return a report on a comparison as a file."""
    return report_file(comparison_source, comparison, form)


@router.get("/experiments/{experiment}/report", responses=FILES, response_class=Response)
def experiment_report(experiment: str, form: Form = ReportFormat.HTML) -> Response:
    """Return a report on an experiment as a file."""
    return report_file(experiment_source, experiment, form)
