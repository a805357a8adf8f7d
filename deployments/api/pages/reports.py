"""Reports under the addresses of pages: a link from another page, such as a Prefect artifact, may open these.

The HTTP API answers nothing that another page asks for.
"""

from fastapi import APIRouter

from deployments.api.access import READ
from deployments.api.pages.rendering import PageRoute
from deployments.api.routes.reports import comparison_report, experiment_report, run_report

router = APIRouter(route_class=PageRoute, dependencies=[READ], include_in_schema=False)
router.get("/runs/{run}/report")(run_report)
router.get("/comparisons/{comparison}/report")(comparison_report)
router.get("/experiments/{experiment}/report")(experiment_report)
