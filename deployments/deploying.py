"""Bring the definitions to a Prefect server. What people changed there stays: schedules, defaults, pools, tags.

Prefect forgets the parameters of a schedule that is changed through its API without naming them, and such a schedule
of evaluations can only fail.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from deployments.definitions import Definition, Timing, chosen, for_place, runner_deployment
from deployments.forms import Choices, form
from evaluation.errors import ConfigurationError

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import DeploymentSchedule
    from prefect.client.schemas.responses import DeploymentResponse
    from prefect.deployments.runner import RunnerDeployment

Parameters = Mapping[str, Any]


def variable_name(deployment: str) -> str:
    """Return the name of a deployment's variable, which Prefect's pages show."""
    return f"benchwright_schedules_of_{deployment}"


def remembered(client: "SyncPrefectClient", deployment: str) -> dict[str, Parameters]:
    """Return the parameters of each schedule after the last deploy, by its slug."""
    variable = client.read_variable_by_name(variable_name(deployment))
    if variable is None or not isinstance(variable.value, dict):
        return {}
    return {str(slug): kept for slug, kept in variable.value.items() if isinstance(kept, dict) and kept}


def remember(client: "SyncPrefectClient", deployment: str, schedules: "Iterable[DeploymentSchedule]") -> None:
    """Store the current parameters of the schedules; those too long for a variable are left out."""
    from prefect.client.schemas.actions import VariableCreate, VariableUpdate
    from prefect.exceptions import PrefectHTTPStatusError

    kept = {schedule.slug: dict(schedule.parameters) for schedule in schedules if schedule.slug and schedule.parameters}
    name = variable_name(deployment)
    is_there = client.read_variable_by_name(name) is not None
    if not kept and not is_there:
        return
    with suppress(ValueError, PrefectHTTPStatusError):
        if is_there:
            client.update_variable(VariableUpdate(name=name, value=kept))
        else:
            client.create_variable(VariableCreate(name=name, value=kept, tags=["benchwright"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployRequest:
    """Values of a new or updated deployment. Values that are None stay as they are on the server."""

    choices: Choices
    work_pool: str | None = None
    timezone: str | None = None
    production: Mapping[str, Any] | None = None
    """Benchmarks and candidates to evaluate every night and every week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """Current state of a deployment on the server."""

    name: str
    deployment_id: str
    is_new: bool
    work_pool: str | None
    schedules: tuple[str, ...]
    """Schedules as text, such as `nightly: 0 2 * * * UTC (off)`."""
    restored: tuple[str, ...] = ()
    """Schedules whose parameters were lost and were restored from the last deploy."""


def deploy(definitions: Sequence[Definition], request: DeployRequest) -> tuple[Deployed, ...]:
    """Deploy the definitions to the configured server, and return their state there.

    Raises:
        ConfigurationError: the server refuses, or there is no work pool of that name.
    """
    from prefect.client.orchestration import get_client
    from prefect.exceptions import PrefectHTTPStatusError

    with get_client(sync_client=True) as client:
        try:
            _must_have_pool(client, request.work_pool)
            return tuple(_deploy(client, definition, request) for definition in definitions)
        except PrefectHTTPStatusError as error:
            raise _refused(error.response.status_code, _detail(error)) from error


def _must_have_pool(client: "SyncPrefectClient", name: str | None) -> None:
    from prefect.exceptions import ObjectNotFound

    if name is None:
        return
    try:
        client.read_work_pool(name)
    except ObjectNotFound:
        raise ConfigurationError(
            f"there is no work pool {name!r}", f"`prefect work-pool create --type process {name}`"
        ) from None


def _deploy(client: "SyncPrefectClient", definition: Definition, request: DeployRequest) -> Deployed:
    from prefect.exceptions import ObjectNotFound
    from prefect.utilities.callables import ParameterSchema

    definition = for_place(
        definition, work_pool=request.work_pool, timezone=request.timezone, production=request.production
    )
    deployment = runner_deployment(definition)
    flow_schema = deployment._parameter_openapi_schema.model_dump(exclude_unset=True)
    schema = form(flow_schema, request.choices, left_empty=definition.left_empty)
    try:
        standing = client.read_deployment_by_name(deployment.full_name)
    except ObjectNotFound:
        deployment._parameter_openapi_schema = ParameterSchema(**schema)
        return _as_deployed(client, _created(deployment), is_new=True)
    _refresh(client, standing.id, definition, deployment, schema)
    kept = remembered(client, standing.name)
    restored = [
        timing.slug
        for timing in definition.timings
        if _set_timing(client, standing, timing, request, kept=kept.get(timing.slug))
    ]
    return _as_deployed(client, standing.id, is_new=False, restored=restored)


def refresh_choices(client: "SyncPrefectClient", deployment_id: UUID, name: str, choices: Choices) -> None:
    """Have the form of a standing deployment offer these names; nothing else of it changes."""
    from prefect.client.schemas.actions import DeploymentUpdate

    (definition,) = chosen((name,))
    flow_schema = runner_deployment(definition)._parameter_openapi_schema.model_dump(exclude_unset=True)
    schema = form(flow_schema, choices, left_empty=definition.left_empty)
    client.update_deployment(deployment_id, DeploymentUpdate(parameter_openapi_schema=schema))


def _created(deployment: "RunnerDeployment") -> UUID:
    from prefect.deployments.runner import DeploymentApplyError

    try:
        made = deployment.apply()
    except DeploymentApplyError as error:
        raise ConfigurationError(f"the Prefect server refuses {deployment.full_name}: {error}", _LOOK) from error
    if not isinstance(made, UUID):
        raise TypeError("a deployment is made from outside an event loop")
    return made


def _refresh(
    client: "SyncPrefectClient",
    deployment_id: UUID,
    definition: Definition,
    deployment: "RunnerDeployment",
    schema: Mapping[str, Any],
) -> None:
    """Update an existing deployment's texts and choices to this version, and its work pool if requested."""
    from prefect.client.schemas.actions import DeploymentUpdate

    changes: dict[str, Any] = {
        "description": definition.description,
        "entrypoint": deployment.entrypoint,
        "version": deployment.version,
        "parameter_openapi_schema": schema,
        "enforce_parameter_schema": True,
    }
    if definition.work_pool is not None:
        changes["work_pool_name"] = definition.work_pool
    client.update_deployment(deployment_id, DeploymentUpdate(**changes))


def _set_timing(
    client: "SyncPrefectClient",
    standing: "DeploymentResponse",
    timing: Timing,
    request: DeployRequest,
    *,
    kept: Mapping[str, Any] | None,
) -> bool:
    """Add a missing schedule, or change only what was requested of an existing one.

    Return True if it had lost its parameters, without which there is nothing to evaluate, and got the remembered ones.
    """
    from prefect.client.schemas.schedules import CronSchedule

    stored_schedule = next((schedule for schedule in standing.schedules if schedule.slug == timing.slug), None)
    if stored_schedule is None:
        _add_timing(client, standing.id, timing)
        return False
    is_set = request.production is not None and timing.of_production is not None
    is_lost = (
        timing.of_production is not None and not is_set and bool(kept) and "request" not in stored_schedule.parameters
    )
    parameters = {**(kept or {}), **stored_schedule.parameters} if is_lost else stored_schedule.parameters
    when = stored_schedule.schedule
    if request.timezone is not None and isinstance(when, CronSchedule):
        when = CronSchedule(cron=when.cron, timezone=request.timezone)
    if is_set or is_lost or when != stored_schedule.schedule:
        client.update_deployment_schedule(
            standing.id,
            stored_schedule.id,
            active=timing.active if is_set else stored_schedule.active,
            schedule=when,
            # The server forgets the parameters of a schedule that is updated without them.
            parameters=dict(timing.parameters) if is_set else parameters,
        )
    return is_lost


def _add_timing(client: "SyncPrefectClient", deployment_id: UUID, timing: Timing) -> None:
    added = {
        "schedule": {"cron": timing.cron, "timezone": timing.timezone},
        "active": timing.active,
        "parameters": dict(timing.parameters),
        "slug": timing.slug,
    }
    client.request("POST", "/deployments/{id}/schedules", path_params={"id": deployment_id}, json=[added])


def _as_deployed(
    client: "SyncPrefectClient", deployment_id: UUID, *, is_new: bool, restored: Sequence[str] = ()
) -> Deployed:
    deployment = client.read_deployment(deployment_id)
    remember(client, deployment.name, deployment.schedules)
    return Deployed(
        name=deployment.name,
        deployment_id=str(deployment.id),
        is_new=is_new,
        work_pool=deployment.work_pool_name,
        schedules=tuple(sorted(_in_words(schedule) for schedule in deployment.schedules)),
        restored=tuple(restored),
    )


def _in_words(schedule: "DeploymentSchedule") -> str:
    return f"{schedule.slug or 'unnamed'}: {_when(schedule.schedule)}{'' if schedule.active else ' (off)'}"


def _when(rule: object) -> str:
    from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule

    if isinstance(rule, CronSchedule):
        return f"{rule.cron} {rule.timezone or 'UTC'}"
    if isinstance(rule, IntervalSchedule):
        return f"every {_interval(rule.interval.total_seconds())}"
    return "by a rule of the server's"


def _interval(seconds: float) -> str:
    """Return the interval in its largest unit without a remainder, such as `90 s` or `2 h`."""
    units = (("d", 86_400), ("h", 3600), ("min", 60))
    # A minute is what people type as seconds.
    name, length = next(
        ((name, length) for name, length in units if seconds > length and seconds % length == 0), ("s", 1)
    )
    return f"{seconds / length:g} {name}"


_LOOK = "Fix or delete the deployment in the Prefect UI, and deploy again."


def _refused(status: int, detail: str) -> ConfigurationError:
    if status in (401, 403):
        return ConfigurationError(
            "the Prefect server requires its password", "`export PREFECT_API_AUTH_STRING=user:password`"
        )
    if status == 409:
        detail = f"a parameter of a deployment is no longer among the choices: {detail}"
    return ConfigurationError(f"the Prefect server refuses ({status}): {detail}", _LOOK)


def _detail(error: Any) -> str:
    with suppress(ValueError, AttributeError):
        return str(error.response.json().get("detail", error))
    return str(error)
