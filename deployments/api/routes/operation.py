"""Routes for whoever operates the server: health, and figures for Prometheus."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from deployments.api import health
from deployments.api.access import READ
from deployments.api.answers import Health, Live
from deployments.api.description import PROBLEMS, answer, text_answer, unready_answer
from deployments.api.replies import reply

router = APIRouter(responses=PROBLEMS, tags=["operation"])


@router.get("/health/live", responses=answer(Live))
def live(request: Request) -> Response:
    """Return that this server answers. No key is needed."""
    return reply(request, Live(ok=True))


@router.get("/health/ready", responses=unready_answer(Health), dependencies=[READ])
def ready(request: Request) -> Response:
    """Return whether requests can be answered now; 503 where not."""
    return _checked(request, health.ready())


@router.get("/health/deep", responses=unready_answer(Health), dependencies=[READ])
def deep(request: Request) -> Response:
    """Check every part: database, Prefect, its workers, every endpoint, disk and clock, each with its time."""
    return _checked(request, health.deep(embedded_url=request.app.state.embedded_url))


@router.get(
    "/metrics", response_class=Response, responses=text_answer("text/plain", words="The figures."), dependencies=[READ]
)
def figures(request: Request) -> Response:
    """Return the figures in Prometheus' text format."""
    return Response(request.app.state.figures.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _checked(request: Request, checks: tuple[health.Check, ...]) -> Response:
    ok = all(check.ok or not check.needed for check in checks)
    return reply(request, Health(ok=ok, checks=checks), 200 if ok else 503)
