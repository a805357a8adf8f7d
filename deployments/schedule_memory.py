"""What the schedules of a deployment were to ask for, kept in a Prefect variable from one deploy to the next.

Prefect forgets the parameters of a schedule that is changed through its API without naming them, and such a schedule
of evaluations can only fail.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import DeploymentSchedule

Parameters = Mapping[str, Any]


def variable_name(deployment: str) -> str:
    """Return the variable of a deployment, which Prefect's pages show."""
    return f"benchwright_schedules_of_{deployment}"


def remembered(client: "SyncPrefectClient", deployment: str) -> dict[str, Parameters]:
    """Return the parameters that each schedule had after the last deploy, by its slug."""
    variable = client.read_variable_by_name(variable_name(deployment))
    if variable is None or not isinstance(variable.value, dict):
        return {}
    return {str(slug): kept for slug, kept in variable.value.items() if isinstance(kept, dict) and kept}


def remember(client: "SyncPrefectClient", deployment: str, schedules: "Iterable[DeploymentSchedule]") -> None:
    """Keep the parameters that the schedules have now; what is too long for a variable is not kept."""
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
