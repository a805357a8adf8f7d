"""Work through Prefect: flow runs of the deployments that forms and schedules start, so that they share one queue."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx

from deployments.api.prefect_problems import NOT_A_CHOICE, detail_of, errors_as_problems
from deployments.api.problems import ProblemError
from deployments.api.resuming import is_known_dead, newest, prepare_resumption, resumption_tags, work_id
from deployments.api.workers import with_reason, workers_of
from deployments.cli.arguments import open_stored
from deployments.cli.blocks_in_use import with_blocks_of_server
from deployments.cli.deploy.model_choices import with_models_of_servers
from deployments.definitions import DEFINITIONS
from deployments.deploying import refresh_choices
from deployments.forms import Choices, choices_in
from evaluation.formatting import excerpt
from evaluation.providers.model_names import full_name
from evaluation.results.flow_runs import FlowRunStatus
from evaluation.store.recoveries import request_recovery

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun
    from prefect.client.schemas.responses import GlobalConcurrencyLimitResponse

NEXT_STEP = "Start `benchwright serve`, or name a Prefect server with PREFECT_API_URL and run `benchwright deploy`."
OUR_FLOWS = frozenset(each.entrypoint.rpartition(":")[2].replace("_", "-") for each in DEFINITIONS) | {"score"}
"""Names of the flows that commands start too."""
_MOST_LIMITS = 200
"""Limits that a Prefect server tells at once, unless it is set otherwise."""
ANSWERS_WITHIN_S = 15.0
"""Seconds for an answer of the Prefect server; a request that got none is sent once more."""
_QUEUE_WITHIN_S = 3.0
"""Seconds for an answer about the queue, for which Prometheus waits ten seconds in all."""
_SILENT_S = 60.0
"""Seconds after which a flow run that was to end and has not, is taken for one whose worker is gone."""
_TAKEN_UP = ("PENDING", "RUNNING", "CANCELLING")
_ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def start(deployment: str, parameters: Mapping[str, Any], *, idempotency_key: str | None = None) -> FlowRunStatus:
    """Start a flow run of a deployment.

    Args:
        deployment: Its name, as `benchwright deploy` gives it.
        parameters: Of the flow.
        idempotency_key: A second start with it returns the first flow run. One of its own is made where there is none:
            a request that Prefect took and did not answer in time is sent once more.

    Raises:
        ProblemError: 503, no Prefect server or no such deployment there; 422, Prefect refuses the parameters.
    """
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName

    entrypoint = next(each.entrypoint for each in DEFINITIONS if each.name == deployment)
    with prefect_client() as client:
        named = DeploymentFilter(name=DeploymentFilterName(any_=[deployment]))
        ours = [each for each in client.read_deployments(deployment_filter=named) if _is_ours(each, entrypoint)]
        if not ours:
            raise ProblemError(
                503, f"the deployment {deployment!r} is not on the Prefect server", NEXT_STEP, kind="not-deployed"
            )
        options = {"parameters": dict(parameters), "idempotency_key": idempotency_key or str(uuid4()), "tags": ["api"]}
        return _status(_created(client, ours[0].id, deployment, options))


def _created(
    client: "SyncPrefectClient", deployment_id: UUID, deployment: str, options: Mapping[str, Any]
) -> "FlowRun":
    from prefect.exceptions import PrefectHTTPStatusError

    create = partial(client.create_flow_run_from_deployment, deployment_id)
    try:
        return create(**options)
    except PrefectHTTPStatusError as error:
        if NOT_A_CHOICE not in detail_of(error.response):
            raise
    # The names offered are those of the last deployment: a model or benchmark may have come since.
    choices = _current_choices()
    refresh_choices(client, deployment_id, deployment, choices)
    return create(**{**options, "parameters": _named_as_listed(options["parameters"], choices.models)})


def _named_as_listed(value: Any, models: Collection[str]) -> Any:
    """Return parameters in which models without a tag have the one that servers list, as commands take them."""
    if isinstance(value, Mapping):
        return {
            key: [_listed(name, models) for name in each]
            if key == "models" and isinstance(each, list)
            else _named_as_listed(each, models)
            for key, each in value.items()
        }
    return value


def _listed(name: str, models: Collection[str]) -> str:
    return full_name(name) if name not in models and full_name(name) in models else name


def _current_choices() -> Choices:
    """Return the names that are stored, the blocks of the Prefect server and the models that the servers have now."""
    with open_stored(None) as store:
        return with_blocks_of_server(with_models_of_servers(choices_in(store), store))


def find(flow_run_id: str) -> FlowRunStatus:
    """Return the status of a flow run, or of the one that continued it last.

    Raises:
        ProblemError: 404, there is none of this id; 503, no Prefect server.
    """
    with prefect_client() as client:
        flow_run = _read(client, flow_run_id)
        return with_reason(_status(flow_run), flow_run, client)


def cancel(flow_run_id: str) -> FlowRunStatus:
    """Cancel a flow run of one of our deployments; what is stored stays, and can be resumed.

    Raises:
        ProblemError: 404, there is none of this id; 409, it has ended, or a command started it; 503, no Prefect server.
    """
    with prefect_client() as client:
        flow_run = _read(client, flow_run_id)
        status = _status(flow_run)
        if status.has_ended:
            raise ProblemError(409, f"the flow run has ended: {status.state}", kind="ended")
        if flow_run.deployment_id is None:
            raise ProblemError(
                409,
                "the flow run was started by a command or by Python, which alone ends it",
                "End it where it was started: Ctrl+C in its terminal.",
                kind="not-deployed",
            )
        _propose_end(client, flow_run)
        return _status(client.read_flow_run(flow_run.id))


def _propose_end(client: "SyncPrefectClient", flow_run: "FlowRun") -> None:
    """Have the worker of a flow run end it; where none ever will, say that it has ended.

    Only Prefect knows whether a worker has taken a scheduled flow run up in the meantime: it makes `Cancelling` of one
    that none has into `Cancelled` itself. Set here, one just taken up would begin all the same.
    """
    from prefect.states import Cancelled, Cancelling

    state = flow_run.state
    kind = None if state is None else state.type.value
    if kind in _TAKEN_UP and _is_recovered(flow_run):
        client.set_flow_run_state(flow_run.id, Cancelled(message="cancelled; its process is gone"), force=True)
    elif state is None or kind != "CANCELLING":
        client.set_flow_run_state(flow_run.id, Cancelling())
    elif datetime.now(UTC) - state.timestamp > timedelta(seconds=_SILENT_S):
        client.set_flow_run_state(flow_run.id, Cancelled(message="cancelled; nobody reported its end"), force=True)


def _is_recovered(flow_run: "FlowRun") -> bool:
    """Have the runs of a flow run whose process is gone ended by whoever reconciles next; False where it may live."""
    with open_stored(None) as store:
        if not is_known_dead(store, flow_run):
            return False
        request_recovery(store, str(flow_run.id))
    return True


def resume(flow_run_id: str) -> FlowRunStatus:
    """Have an ended flow run continued by another one of its deployment: it asks only what is not stored.

    Raises:
        ProblemError: 404, there is none of this id; 409, it is at work, complete or not of a deployment; 503, no
            Prefect server.
    """
    with prefect_client() as client:
        flow_run = _read(client, flow_run_id)
        status = _status(flow_run)
        if not status.has_ended or status.state_type == "COMPLETED":
            raise ProblemError(
                409,
                f"only what failed or was cancelled is resumed: it is {status.state}",
                None
                if status.has_ended
                else "Cancel it first; where its worker is gone, cancel it again a minute later.",
                kind="state",
            )
        if flow_run.deployment_id is None:
            raise ProblemError(
                409,
                "the flow run was started by a command or by Python, and no worker would take it up",
                "Run `benchwright evaluate --resume RUN`.",
                kind="not-deployed",
            )
        deployment = client.read_deployment(flow_run.deployment_id)
        with open_stored(None) as store:
            parameters = prepare_resumption(store, deployment, flow_run)
        options = {
            "parameters": parameters,
            "idempotency_key": f"resumption of {flow_run.id}",  # two who resume at once get one
            "tags": resumption_tags(flow_run),
            "work_queue_name": flow_run.work_queue_name,
            "job_variables": flow_run.job_variables,
        }
        return _status(_created(client, deployment.id, deployment.name, options))


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What works and what waits on the Prefect server."""

    slots: Mapping[str, tuple[int, int]]
    """Slots of each GPU that evaluations have used, and how many of them are taken."""
    waiting: Mapping[str, int]
    """Evaluations that wait for their turn on each GPU."""
    n_waiting: int
    """Flow runs of ours that are due and have not begun."""


def queue() -> Queue:
    """Return what works and what waits on the Prefect server.

    Raises:
        ProblemError: 503, no Prefect server.
    """
    from prefect.client.schemas.filters import (
        FlowFilter,
        FlowFilterName,
        FlowRunFilter,
        FlowRunFilterExpectedStartTime,
        FlowRunFilterState,
        FlowRunFilterStateType,
    )
    from prefect.client.schemas.objects import StateType

    from tasks.slots.tag_limits import waiting_name

    with prefect_client(answers_within_s=_QUEUE_WITHIN_S, n_retries=0) as client:
        limits = _all_limits(client)
        not_begun = FlowRunFilterStateType(any_=[StateType.SCHEDULED, StateType.PENDING])
        due: Any = FlowRunFilterExpectedStartTime(before_=datetime.now(UTC))
        n_waiting = client.count_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=sorted(OUR_FLOWS))),
            flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=not_begun), expected_start_time=due),
        )
    by_name = {each.name: each for each in limits}
    gpus = [name for name in by_name if waiting_name(name) in by_name]
    return Queue(
        slots={name: (by_name[name].limit, by_name[name].active_slots) for name in gpus},
        waiting={name: by_name[waiting_name(name)].active_slots for name in gpus},
        n_waiting=n_waiting,
    )


def deployed() -> frozenset[str]:
    """Return the names of our deployments that are on the Prefect server.

    Raises:
        ProblemError: 503, no Prefect server.
    """
    with prefect_client(answers_within_s=_QUEUE_WITHIN_S, n_retries=0) as client:
        deployments = client.read_deployments(limit=_MOST_LIMITS)
    entrypoints = {each.name: each.entrypoint for each in DEFINITIONS}
    return frozenset(
        each.name for each in deployments if each.name in entrypoints and _is_ours(each, entrypoints[each.name])
    )


def workers() -> str:
    """Return which workers take up the flow runs of our deployments.

    Raises:
        ProblemError: 503, no Prefect server.
        ValueError: a work pool has none; says what to do.
    """
    with prefect_client(answers_within_s=_QUEUE_WITHIN_S, n_retries=0) as client:
        deployments = client.read_deployments(limit=_MOST_LIMITS)
        entrypoints = [each.entrypoint for each in DEFINITIONS]
        ours = [each for each in deployments if any(_is_ours(each, entrypoint) for entrypoint in entrypoints)]
        return workers_of(client, frozenset(each.work_pool_name for each in ours))


def _all_limits(client: "SyncPrefectClient") -> "list[GlobalConcurrencyLimitResponse]":
    """Return all limits, of which the server tells so many at once."""
    limits: list[GlobalConcurrencyLimitResponse] = []
    while len(page := client.read_global_concurrency_limits(limit=_MOST_LIMITS, offset=len(limits))) == _MOST_LIMITS:
        limits += page
    return [*limits, *page]


def prefect_api() -> str | None:
    """Return the address of the Prefect server; None where none is named."""
    from prefect.settings import get_current_settings

    return get_current_settings().api.url


@contextmanager
def prefect_client(*, answers_within_s: float = ANSWERS_WITHIN_S, n_retries: int = 1) -> "Iterator[SyncPrefectClient]":
    """Yield a client of the Prefect server; its errors are problems.

    Prefect's own patience, six times a minute, would keep a thread of this server for that long, and its callers.
    """
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

    if not prefect_api():
        raise ProblemError(503, "no Prefect server is named", NEXT_STEP, kind="no-prefect-server")
    timeout = {"timeout": httpx.Timeout(answers_within_s)}
    with (
        errors_as_problems(),
        temporary_settings({PREFECT_CLIENT_MAX_RETRIES: n_retries}),
        get_client(httpx_settings=timeout, sync_client=True) as client,
    ):
        yield client


def _is_ours(deployment: Any, entrypoint: str) -> bool:
    """Return whether a deployment runs our flow, whoever wrote its entry point: with a dot, or with a colon."""
    return str(deployment.entrypoint or "").replace(":", ".") == entrypoint.replace(":", ".")


def _read(client: "SyncPrefectClient", flow_run_id: str) -> "FlowRun":
    """Return the flow run that does a piece of work now: of one of our deployments, or started by a command of ours.

    Raises:
        ProblemError: 404, there is none of this id: those of others on the same Prefect server are none of ours.
    """
    try:
        flow_run = client.read_flow_run(UUID(flow_run_id))
    except ValueError:
        raise ProblemError(
            404,
            f"{excerpt(flow_run_id, 80)!r} is not the id of a flow run",
            "A start answers with its `id`.",
            kind="unknown-name",
        ) from None
    if not _is_of_our_flows(client, flow_run):
        raise ProblemError(404, "there is no flow run of Benchwright with this id", kind="unknown-name")
    return newest(client, flow_run)


def _is_of_our_flows(client: "SyncPrefectClient", flow_run: "FlowRun") -> bool:
    if flow_run.deployment_id is None:
        return client.read_flow(flow_run.flow_id).name in OUR_FLOWS
    deployment = client.read_deployment(flow_run.deployment_id)
    return any(_is_ours(deployment, each.entrypoint) for each in DEFINITIONS)


def _status(flow_run: "FlowRun") -> FlowRunStatus:
    state = flow_run.state
    state_type = "" if state is None else state.type.value
    return FlowRunStatus(
        id=work_id(flow_run),
        flow_run_id=str(flow_run.id),
        name=flow_run.name,
        state="" if state is None else str(state.name),
        state_type=state_type,
        message=None if state is None else state.message,
        has_ended=state_type in _ENDED,
        created_at=flow_run.created,
        started_at=flow_run.start_time,
        ended_at=flow_run.end_time,
    )
