"""Stored trials: comparisons of a policy's candidate with a challenger on calls in production."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from evaluation.errors import ConfigurationError
from evaluation.records.policies import Policy, Trial, TrialMode
from evaluation.store.record_rows import record_of
from evaluation.store.session import Store
from evaluation.store.statements import now, one_at_a_time
from evaluation.store.tables import recommendation, served_call, traffic, trial

_ID_BYTES = 8
SHADOWS_DROPPED = "shadows_dropped"
"""Key in a trial's details: shadows that were not asked, of all gateways."""
_OPEN = trial.c.ended_at.is_(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialCall:
    """One call of a trial, with what came of it."""

    call_id: str
    is_challenger: bool
    is_shadow: bool
    conversation: str | None
    prompt_hash: str | None
    candidate_key: str | None
    """Fingerprint of the candidate that was asked last: another than the arm's, where that one failed."""
    ok: bool
    """Whether the call was answered."""
    error_type: str | None
    started_at: datetime
    duration_s: float
    quality: float | None
    """Quality as reported for the call's recommendation, from 0 to 1; None: nobody reported it."""
    useful: bool | None
    """Whether somebody reported the answer as useful."""
    reported_at: datetime | None
    """When that was reported last."""


def start_trial(
    store: Store, policy: Policy, *, mode: TrialMode, challenger_key: str, challenger_label: str, share: float
) -> Trial:
    """Store a new trial of a policy, and return it.

    Raises:
        ConfigurationError: the policy has a trial already.
    """
    row: dict[str, Any] = {
        "id": secrets.token_hex(_ID_BYTES),
        "policy_id": policy.policy_id,
        "mode": mode.value,
        "champion_key": policy.candidate_key,
        "champion_label": policy.candidate_label,
        "challenger_key": challenger_key,
        "challenger_label": challenger_label,
        "share": share,
        "started_at": now(),
        "ended_at": None,
        "verdict": None,
        "details": {},
    }
    with store.write() as connection:
        one_at_a_time(connection, "trials")
        if connection.execute(sa.select(trial.c.id).where(_OPEN, trial.c.policy_id == policy.policy_id)).first():
            raise ConfigurationError(
                f"the policy {policy.name!r} tries a challenger already",
                f"End it first: `benchwright policies stop {policy.name}`",
            )
        connection.execute(sa.insert(trial).values(row))
    return _trial(row)


def end_trial(store: Store, trial_id: str, *, verdict: str, details: Mapping[str, Any]) -> bool:
    """End a trial; return False if it was over already, whose verdict then stays."""
    with store.write() as connection:
        kept = {name: n for name, n in _details(connection, trial_id).items() if name == SHADOWS_DROPPED}
        ended = connection.execute(
            sa.update(trial)
            .where(trial.c.id == trial_id, _OPEN)
            .values(ended_at=now(), verdict=verdict, details=kept | dict(details))
        )
    return bool(ended.rowcount)


def count_dropped_shadows(store: Store, trial_id: str, n: int) -> None:
    """Add shadows of a trial that were not asked to those that are stored."""
    with store.write() as connection:
        details = _details(connection, trial_id)
        details[SHADOWS_DROPPED] = int(details.get(SHADOWS_DROPPED, 0)) + n
        connection.execute(sa.update(trial).where(trial.c.id == trial_id).values(details=details))


def _details(connection: Connection, trial_id: str) -> dict[str, Any]:
    """Return the details of a trial, which nobody else changes until the transaction ends."""
    one_at_a_time(connection, "trials")
    return dict(connection.execute(sa.select(trial.c.details).where(trial.c.id == trial_id)).scalar() or {})


def list_trials(store: Store, *, policy_id: str | None = None, running: bool = False) -> tuple[Trial, ...]:
    """Return trials, the oldest first: those of a policy, or all; with `running` those that go on."""
    query = sa.select(trial).order_by(trial.c.started_at, trial.c.id)
    query = query if policy_id is None else query.where(trial.c.policy_id == policy_id)
    with store.read() as connection:
        return tuple(_trial(row) for row in connection.execute(query.where(_OPEN) if running else query).mappings())


def trial_calls(store: Store, trial_id: str) -> tuple[TrialCall, ...]:
    """Return the calls of a trial in the order in which they began, with their reported outcomes."""
    of = served_call.c
    query = (
        sa.select(
            traffic.c.call_id,
            of.is_challenger,
            of.is_shadow,
            of.conversation,
            of.prompt_hash,
            of.candidate_key,
            traffic.c.ok,
            traffic.c.error_type,
            of.started_at,
            traffic.c.duration_s,
            recommendation.c.quality,
            recommendation.c.ok.label("useful"),
            recommendation.c.reported_at,
        )
        .join(traffic, traffic.c.id == of.traffic_id)
        .outerjoin(recommendation, recommendation.c.id == of.recommendation_id)
        .where(of.trial_id == trial_id)
        .order_by(of.started_at, of.traffic_id)
    )
    with store.read() as connection:
        return tuple(TrialCall(**row) for row in connection.execute(query).mappings())


def trial_stamp(store: Store, trial_id: str) -> tuple[int, int, datetime | None]:
    """Return what changes with each new call and each reported outcome of a trial: two counts and a time."""
    query = (
        sa.select(
            sa.func.count(), sa.func.count(recommendation.c.reported_at), sa.func.max(recommendation.c.reported_at)
        )
        .select_from(served_call)
        .outerjoin(recommendation, recommendation.c.id == served_call.c.recommendation_id)
        .where(served_call.c.trial_id == trial_id)
    )
    with store.read() as connection:
        n_calls, n_reported, newest = connection.execute(query).one()
    return n_calls, n_reported, newest


def _trial(row: RowMapping | Mapping[str, Any]) -> Trial:
    return record_of(Trial, row, trial_id=row["id"], mode=TrialMode(row["mode"]))
