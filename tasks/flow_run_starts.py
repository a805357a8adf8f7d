"""Whether the process of a flow run that Prefect shows as taken up has begun to work, and when it counts as gone."""

from collections.abc import Sequence
from datetime import UTC, datetime

from prefect.client.schemas.objects import State, StateType

from evaluation.records.runs import HolderRecord

AT_WORK_WITHIN_S = {StateType.PENDING: 600.0, StateType.RUNNING: 180.0}
"""Seconds in a state after which a flow run that has not taken hold of its runs never will: its process is gone."""


def is_starting(state: State[object] | None, holders: Sequence[HolderRecord]) -> bool:
    """Return whether its process may still be on its way to its runs: to import the code takes a busy machine a minute.

    Args:
        state: State of the flow run.
        holders: All holders that the flow run has had. Those from before the state belong to an earlier process.
    """
    return state is not None and _is_taken_up(state, holders) and _age_s(state) < AT_WORK_WITHIN_S[state.type]


def never_began(state: State[object] | None, holders: Sequence[HolderRecord]) -> bool:
    """Return whether it was taken up so long ago that it would have begun, had its process not died before."""
    return state is not None and _is_taken_up(state, holders) and _age_s(state) >= AT_WORK_WITHIN_S[state.type]


def _is_taken_up(state: State[object], holders: Sequence[HolderRecord]) -> bool:
    return state.type in AT_WORK_WITHIN_S and not any(held.started_at >= state.timestamp for held in holders)


def _age_s(state: State[object]) -> float:
    return (datetime.now(UTC) - state.timestamp).total_seconds()
