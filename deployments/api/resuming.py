"""Which flow run does a piece of work now, and with what another one continues it.

A flow run that ended stays as it is: its worker holds its place until the process is gone, its hooks were looked for
and its end was reported, and one with a `--limit` ends where the same flow run comes back before that. So a resumption
is a flow run of its own, tagged with the first one, whose id stays the address of the work.
"""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from deployments.api.problems import ProblemError
from evaluation.errors import RunInUseError
from evaluation.planning.resuming import refuse_held
from evaluation.store.holders import holders_of_flow, is_alive, is_seen
from evaluation.store.plans import runs_of_flow
from evaluation.store.ratings import load_ratings
from evaluation.store.recoveries import give_up
from evaluation.store.reviews import find_session
from evaluation.store.runs import find_run
from evaluation.store.session import Store

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun
    from prefect.client.schemas.responses import DeploymentResponse

_WORK = "work:"
"""Tag of a flow run that continues another one, before the id of the first."""
_INVOCATION = "invocation_id"
_OF_INVOCATIONS = frozenset({"evaluate", "compare", "race", "sweep"})
"""Flows that are told by `invocation_id`, which their forms do not show, whose results they continue."""
_AGAIN_IN_S = 5


def work_id(flow_run: "FlowRun") -> str:
    """Return the id under which the work is followed: that of its first flow run."""
    first = (tag.removeprefix(_WORK) for tag in flow_run.tags if tag.startswith(_WORK))
    return next(first, str(flow_run.id))


def newest(client: "SyncPrefectClient", flow_run: "FlowRun") -> "FlowRun":
    """Return the flow run that does this work now: the last one that resumed it, or itself."""
    from prefect.client.schemas.filters import FlowRunFilter
    from prefect.client.schemas.sorting import FlowRunSort

    if flow_run.state is not None and not flow_run.state.is_final():
        return flow_run  # only what has ended is resumed
    tagged = FlowRunFilter.model_validate({"tags": {"all_": [f"{_WORK}{work_id(flow_run)}"]}})
    last = client.read_flow_runs(flow_run_filter=tagged, sort=FlowRunSort.EXPECTED_START_TIME_DESC, limit=1)
    return last[0] if last else flow_run


def is_known_dead(store: Store, flow_run: "FlowRun") -> bool:
    """Return whether a flow run's process is gone, so that nobody will end it."""
    holders = holders_of_flow(store, str(flow_run.id))
    open_ = [held for held in holders if held.ended_at is None]
    return bool(open_) and not any(is_alive(held) or is_seen(held) for held in open_)


def prepare_resumption(store: Store, deployment: "DeploymentResponse", flow_run: "FlowRun") -> dict[str, Any]:
    """Return the parameters of the flow run that continues an ended one; nobody else makes that one again from now on.

    Raises:
        ProblemError: 409, a process still works on its results.
    """
    flow_run_id, first = str(flow_run.id), work_id(flow_run)
    of_runs = {find_run(store, run_id).plan.invocation_id for run_id in runs_of_flow(store, flow_run_id)}
    try:
        for invocation_id in {*of_runs, UUID(first).hex}:
            refuse_held(store, invocation_id)
    except RunInUseError as error:
        headers = {"Retry-After": str(_AGAIN_IN_S)}
        raise ProblemError(409, error.message, error.next_step, kind="in-use", headers=headers) from None
    give_up(store, flow_run_id)
    parameters = dict(flow_run.parameters)
    request = dict(parameters.get("request") or {})
    request |= _of_session(store, flow_run_id, request)
    if (
        _entry(deployment.entrypoint) in _OF_INVOCATIONS and request.get("level") is None
    ):  # a level finds the runs that it goes on from
        parameters[_INVOCATION] = parameters.get(_INVOCATION) or UUID(first).hex
    return parameters | ({"request": request} if request else {})


def _entry(entrypoint: str | None) -> str:
    """Return the function of an entry point, written with a colon or a dot."""
    return (entrypoint or "").replace(":", ".").rpartition(".")[2]


def _of_session(store: Store, session_id: str, request: dict[str, Any]) -> dict[str, Any]:
    """Return the fields by which a review goes on where its earlier flow run was; none for any other work."""
    session = find_session(store, session_id)
    if session is None:
        return {}
    own = [rating.rater for rating in load_ratings(store, session.review_id) if rating.session_id == session_id]
    rater = request.get("rater") or (own[-1] if own else session.rater)
    return {"review": session.review_id} | ({} if rater is None else {"rater": rater})


def resumption_tags(flow_run: "FlowRun") -> list[str]:
    """Return the tags of the flow run that continues this one."""
    return sorted({*flow_run.tags, f"{_WORK}{work_id(flow_run)}"})
