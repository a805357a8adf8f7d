"""Whether the process of a flow run that Prefect shows as taken up has begun to work, and when it counts as gone."""

from collections.abc import Sequence
from datetime import UTC, datetime

from prefect.client.schemas.objects import State, StateType

from evaluation.records.runs import HolderRecord

AT_WORK_WITHIN_S = {StateType.PENDING: 600.0, StateType.RUNNING: 180.0}
"""Seconds in a state after which a flow run that has not taken hold of its runs never will: its process is gone."""


def is_starting(state: State[object], holders: Sequence[HolderRecord]) -> bool:
    """Return whether its process may still be on its way to its runs: to import the code takes a busy machine a minute.

    Args:
        state: State of the flow run.
        holders: All holders that the flow run has had.
    """
    return state.type in AT_WORK_WITHIN_S and not is_overdue(state) and not has_begun(state, holders)


def is_overdue(state: State[object]) -> bool:
    """Return whether it was taken up so long ago that a process which has not begun by now is gone."""
    within_s = AT_WORK_WITHIN_S.get(state.type)
    return within_s is not None and (datetime.now(UTC) - state.timestamp).total_seconds() >= within_s


def has_begun(state: State[object], holders: Sequence[HolderRecord]) -> bool:
    """Return whether a process has taken hold of its runs in that state; earlier holders are of an earlier process."""
    return any(held.started_at >= state.timestamp for held in holders)
