"""What was asked for, by whom is it worked on, and how far is it?"""

from collections.abc import Mapping, Sequence
from typing import Any
from evaluation.store.records import *  # stub
from evaluation.store.session import Store


def create_invocation(store: Store, *, invocation_id: str, request: Mapping[str, Any], code_version: str) -> None:
    """Stores what was asked for; an existing id is left as it is, so that a retry finds its own."""
    raise NotImplementedError


def find_invocation(store: Store, invocation_id: str) -> InvocationRecord | None:
    """What was asked for under that id."""
    raise NotImplementedError


def create_run(store: Store, plan: RunPlan) -> None:
    """Stores a planned run; an existing id is left as it is."""
    raise NotImplementedError


def add_run_candidate(store: Store, plan: RunCandidatePlan) -> int:
    """Id of the run's candidate, the same when it was added before."""
    raise NotImplementedError


def set_run_status(store: Store, run_id: str, status: Status, *, reason: str | None = None) -> None:
    """Sets status and reason; `running` sets the start once, an end sets the finish, `running` again clears it."""
    raise NotImplementedError


def set_run_candidate_status(
    store: Store, run_candidate_id: int, status: Status, *, given_up_reason: str | None = None
) -> None:
    """The same for one candidate of a run."""
    raise NotImplementedError


def record_run_flow(store: Store, run_id: str, flow_run_id: str) -> None:
    """Notes that a Prefect flow run works on a run; noting it again changes nothing."""
    raise NotImplementedError


def run_flows(store: Store, run_id: str) -> tuple[str, ...]:
    """Ids of the flow runs that worked on a run, oldest first."""
    raise NotImplementedError


def runs_of_flow(store: Store, flow_run_id: str) -> tuple[str, ...]:
    """Ids of the runs that a flow run worked on."""
    raise NotImplementedError


def list_runs(store: Store, *, limit: int | None = 20, include_archived: bool = False) -> tuple[RunSummary, ...]:
    """Runs, newest first, with their counts over all candidates."""
    raise NotImplementedError


def find_run(store: Store, wanted: str) -> RunRecord:
    """The newest run for `last`, else the run of that id or unique prefix of one. Raises UnknownNameError."""
    raise NotImplementedError


def runs_of_invocation(store: Store, invocation_id: str) -> tuple[RunRecord, ...]:
    """All runs of an invocation, in the order in which they were planned."""
    raise NotImplementedError


def tag_run(
    store: Store, run_id: str, *, add: Sequence[str] = (), remove: Sequence[str] = (), favourite: bool | None = None
) -> tuple[str, ...]:
    """The run's tags after the change."""
    raise NotImplementedError


def archive_run(store: Store, run_id: str, *, archived: bool = True) -> None:
    """Takes a run out of lists, or back into them."""
    raise NotImplementedError


def delete_run(store: Store, run_id: str) -> None:
    """Removes a run with its outcomes, scores and estimates. Raises StoreError while it is running and held."""
    raise NotImplementedError


def progress(store: Store, invocation_id: str) -> tuple[CandidateProgress, ...]:
    """How far each candidate of each run is; cheap enough to ask once a second."""
    raise NotImplementedError
