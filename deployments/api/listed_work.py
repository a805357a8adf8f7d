"""What the Prefect server has of our work: newest flow runs, schedules with their next time, and its pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from deployments.api import flow_runs
from deployments.api.form_schemas import FORMS
from deployments.definitions import DEFINITIONS

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.filters import FlowFilter
    from prefect.client.schemas.responses import DeploymentResponse

WITHIN_S = 4.0
MOST_LISTED = 30
_MOST_DEPLOYMENTS = 200
_API = "/api"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFlowRun:
    """A flow run of a list."""

    flow_run_id: str
    name: str
    deployment: str
    """Empty: a command started it."""
    state: str
    state_type: str
    message: str | None
    begun_at: datetime | None
    """When it began, or was to begin."""
    can_cancel: bool
    can_resume: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSchedule:
    """A schedule of a deployment."""

    deployment: str
    deployment_id: str
    name: str
    rule: str
    """When, in cron syntax or in words."""
    is_active: bool
    next_at: datetime | None
    """Next time of its deployment; None: none is planned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedWork:
    """Work on the Prefect server."""

    flow_runs: tuple[ListedFlowRun, ...]
    schedules: tuple[ListedSchedule, ...]


def listed_work() -> ListedWork:
    """Return the newest flow runs of our flows, commands' included, and all schedules of our deployments.

    Raises:
        ProblemError: 503, no Prefect server.
    """
    with flow_runs.prefect_client(answers_within_s=WITHIN_S, n_retries=0) as client:
        deployments = {each.id: each for each in client.read_deployments(limit=_MOST_DEPLOYMENTS) if _is_ours(each)}
        return ListedWork(
            flow_runs=tuple(_flow_runs(client, deployments)), schedules=tuple(_schedules(client, deployments))
        )


def prefect_pages() -> str | None:
    """Return the address of Prefect's pages; None where no server is named."""
    from prefect.settings import get_current_settings

    settings = get_current_settings()
    parts = urlsplit(settings.ui_url or settings.api.url or "")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    path = parts.path.rstrip("/").removesuffix(_API)
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    host = name if parts.port is None else f"{name}:{parts.port}"  # without user and password
    return urlunsplit((parts.scheme, host, path, "", ""))


def _is_ours(deployment: "DeploymentResponse") -> bool:
    entrypoint = str(deployment.entrypoint or "").replace(":", ".")
    return any(entrypoint == each.entrypoint.replace(":", ".") for each in DEFINITIONS if each.name in FORMS)


def _flow_runs(client: "SyncPrefectClient", deployments: "Mapping[Any, DeploymentResponse]") -> list[ListedFlowRun]:
    """Return the newest flow runs of our deployments, and those that commands and Python started."""
    from prefect.client.schemas.filters import FlowFilter, FlowFilterName

    of_commands = {"deployment_id": {"is_null_": True}, "parent_task_run_id": {"is_null_": True}}
    our_flows = FlowFilter(name=FlowFilterName(any_=sorted(flow_runs.OUR_FLOWS)))
    newest = _newest(client, of_commands, flow_filter=our_flows)
    if deployments:
        newest += _newest(client, {"deployment_id": {"any_": list(deployments)}})
    listed = [_listed(each, deployments) for each in newest]
    return sorted(listed, key=_begun, reverse=True)[:MOST_LISTED]


def _newest(
    client: "SyncPrefectClient", fields: Mapping[str, Any], flow_filter: "FlowFilter | None" = None
) -> list[Any]:
    """Return the newest flow runs that were due, by their fields and the names of their flows."""
    from prefect.client.schemas.filters import FlowRunFilter
    from prefect.client.schemas.sorting import FlowRunSort

    due = FlowRunFilter.model_validate({**fields, "expected_start_time": {"before_": datetime.now(UTC)}})
    return client.read_flow_runs(
        flow_filter=flow_filter, flow_run_filter=due, sort=FlowRunSort.EXPECTED_START_TIME_DESC, limit=MOST_LISTED
    )


def _begun(flow_run: ListedFlowRun) -> float:
    return 0.0 if flow_run.begun_at is None else flow_run.begun_at.timestamp()


def _listed(flow_run: Any, deployments: "Mapping[Any, DeploymentResponse]") -> ListedFlowRun:
    state = flow_run.state
    kind = "" if state is None else state.type.value
    has_ended = kind in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
    return ListedFlowRun(
        flow_run_id=str(flow_run.id),
        name=flow_run.name,
        deployment="" if flow_run.deployment_id is None else deployments[flow_run.deployment_id].name,
        state="" if state is None else str(state.name),
        state_type=kind,
        message=None if state is None else state.message,
        begun_at=flow_run.start_time or flow_run.expected_start_time,
        can_cancel=not has_ended and flow_run.deployment_id is not None,
        can_resume=has_ended and kind != "COMPLETED" and flow_run.deployment_id is not None,
    )


def _schedules(client: "SyncPrefectClient", deployments: "Mapping[Any, DeploymentResponse]") -> list[ListedSchedule]:
    from prefect.client.schemas.filters import FlowRunFilter
    from prefect.client.schemas.sorting import FlowRunSort

    next_at: dict[Any, datetime] = {}
    if any(each.schedules for each in deployments.values()):
        planned = FlowRunFilter.model_validate(
            {
                "deployment_id": {"any_": list(deployments)},
                "state": {"type": {"any_": ["SCHEDULED"]}},
                "expected_start_time": {"after_": datetime.now(UTC)},
            }
        )
        for each in client.read_flow_runs(
            flow_run_filter=planned, sort=FlowRunSort.EXPECTED_START_TIME_ASC, limit=_MOST_DEPLOYMENTS
        ):
            if each.deployment_id is not None and each.expected_start_time is not None:
                next_at.setdefault(each.deployment_id, each.expected_start_time)
    return [
        ListedSchedule(
            deployment=deployment.name,
            deployment_id=str(key),
            name=schedule.slug or "",
            rule=_rule(schedule.schedule),
            is_active=schedule.active,
            next_at=next_at.get(key) if schedule.active else None,
        )
        for key, deployment in sorted(deployments.items(), key=lambda pair: pair[1].name)
        for schedule in deployment.schedules
    ]


def _rule(schedule: Any) -> str:
    """Return when a schedule starts something: a cron expression, a recurrence rule or an interval."""
    words = getattr(schedule, "cron", None) or getattr(schedule, "rrule", None)
    words = words or f"every {getattr(schedule, 'interval', '?')}"
    return f"{words} {getattr(schedule, 'timezone', None) or 'UTC'}"
