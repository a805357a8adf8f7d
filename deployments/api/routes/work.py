"""Routes that start work, follow it, cancel and resume it. All of it is flow runs of the deployments."""

import hashlib
import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from deployments.api import flow_runs
from deployments.api.access import READ, RUN, Access
from deployments.api.description import PROBLEMS, answer, events_answer
from deployments.api.events import event_stream
from deployments.api.idempotency import HEADER, IdempotentRoute, accepted
from deployments.api.replies import reply
from deployments.api.startable import KINDS, parameters_of, start_request
from deployments.cli.arguments import open_stored
from evaluation.requests.request_model import RequestModel
from evaluation.results.flow_runs import FlowRunStatus, WorkStatus
from evaluation.run_results.work_status import work_status

router = APIRouter(route_class=IdempotentRoute, responses=PROBLEMS, tags=["work"])
STARTED = answer(FlowRunStatus, 202, "The flow run; `Location` is the address of its progress.")


def _add_start(path: str, deployment: str, kind: type[RequestModel]) -> None:
    def start(request: Request, body: Any) -> Response:
        begun = start_request(deployment, body, idempotency_key=_start_key(request, parameters_of(body)))
        return accepted(reply(request, begun, 202))

    start.__annotations__["body"] = kind
    start.__doc__ = f"Start the deployment `{deployment}`: the request is that of its form."
    router.post(
        f"/{path}", status_code=202, responses=STARTED, dependencies=[RUN], name=f"start_{deployment.replace('-', '_')}"
    )(start)


def _start_key(request: Request, parameters: object) -> str | None:
    """Return the key under which Prefect starts once: of this sender, this path and this content; None without one."""
    access: Access = request.scope["state"]["access"]
    idempotency_key = request.headers.get(HEADER)
    if idempotency_key is None:
        return None
    parts = [access.owner, request.url.path, idempotency_key, parameters]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


for _path, (_deployment, _kind) in KINDS.items():
    _add_start(_path, _deployment, _kind)


@router.get("/work/{flow_run}", responses=answer(WorkStatus), dependencies=[READ])
def status(request: Request, flow_run: str) -> Response:
    """Return the state of a flow run and its progress: cases, pace, time left, the newest answer."""
    with open_stored(None) as store:
        return reply(request, work_status(store, flow_runs.find(flow_run)))


@router.get(
    "/work/{flow_run}/events",
    response_class=Response,
    responses=events_answer("Events, until the end."),
    dependencies=[READ],
)
async def events(request: Request, flow_run: str) -> Response:
    """Follow a flow run by server-sent events until it ends; `Last-Event-ID` goes on where a client was."""
    return await event_stream(request, flow_run)


@router.post("/work/{flow_run}/cancellation", status_code=202, responses=STARTED, dependencies=[RUN])
def cancellation(request: Request, flow_run: str) -> Response:
    """Cancel a flow run. What is stored stays, and can be resumed."""
    return accepted(reply(request, flow_runs.cancel(flow_run), 202))


@router.post("/work/{flow_run}/resumption", status_code=202, responses=STARTED, dependencies=[RUN])
def resumption(request: Request, flow_run: str) -> Response:
    """Have a flow run that failed or was cancelled made again: it asks only what is not stored."""
    return accepted(reply(request, flow_runs.resume(flow_run), 202))
