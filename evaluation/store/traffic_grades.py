"""Grades that a judge gave calls in production, and the calls that can be graded."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from evaluation.records.candidates import MetricUse
from evaluation.records.question_context import MOST_KEPT_CHARACTERS, context_from_json
from evaluation.records.traffic_grades import CallPlace, DayOfGrades, GradableCall, TrafficGrade
from evaluation.scores import Measurement, ScoreFailure
from evaluation.store.record_rows import record_of
from evaluation.store.scores import metric_key, save_metrics
from evaluation.store.session import Store
from evaluation.store.statements import now, upsert
from evaluation.store.tables import metric, policy, recommendation, served_call, traffic, traffic_grade

_AT_ONCE = 500
_PLACE = ("traffic_id", "metric_key")
_LONGEST_MESSAGE = 2_000


def production_calls(
    store: Store,
    *,
    since: datetime,
    until: datetime,
    tasks: Collection[str] = (),
    policies: Collection[str] = (),
) -> tuple[list[CallPlace], int]:
    """Return the calls in production that can be graded, and the number of those whose texts are not stored whole.

    Calls that failed, and shadows, whose answers went to nobody, are left out.

    Args:
        store: Where they are.
        since: Begun at this moment or later.
        until: Begun before this moment.
        tasks: Of these tasks alone; empty: of all.
        policies: Answered by policies of these names alone; empty: all calls.
    """
    of = traffic.c
    is_whole = [sa.func.length(text) < MOST_KEPT_CHARACTERS for text in (of.input, of.output)]
    has_texts = sa.and_(of.input.is_not(None), of.output.is_not(None), of.input != "", *is_whole)
    is_shown = sa.or_(served_call.c.is_shadow.is_(None), served_call.c.is_shadow.is_(False))
    query = (
        sa.select(of.call_id, of.candidate, policy.c.name, of.id, of.task, has_texts.label("has_texts"))
        .outerjoin(served_call, served_call.c.traffic_id == of.id)
        .outerjoin(policy, policy.c.id == served_call.c.policy_id)
        .where(_begun(since, until), of.ok.is_(True), is_shown)
    )
    if tasks:
        query = query.where(of.task.in_(sorted(tasks)))
    if policies:
        query = query.where(policy.c.name.in_(sorted(policies)))
    with store.read() as connection:
        rows = connection.execute(query.order_by(of.id)).all()
    calls = [
        CallPlace(row_id=row.id, call_id=row.call_id, task=row.task, candidate=row.candidate, policy=row.name)
        for row in rows
        if row.has_texts
    ]
    return calls, len(rows) - len(calls)


def load_gradable(store: Store, row_ids: Sequence[int]) -> tuple[GradableCall, ...]:
    """Return calls with their texts, in the order of these rows; calls that are gone are left out."""
    calls: dict[int, GradableCall] = {}
    query = sa.select(traffic.c.id, traffic.c.call_id, traffic.c.input, traffic.c.output, traffic.c.context)
    with store.read() as connection:
        for start in range(0, len(row_ids), _AT_ONCE):
            page = query.where(traffic.c.id.in_(row_ids[start : start + _AT_ONCE]))
            for row in connection.execute(page).mappings():
                context = context_from_json(row["context"])
                calls[row["id"]] = record_of(GradableCall, row, row_id=row["id"], context=context)
    return tuple(calls[row_id] for row_id in row_ids if row_id in calls)


def graded_rows(store: Store, signature: str, row_ids: Sequence[int]) -> frozenset[int]:
    """Return those of the calls that have a grade by this judge; failed gradings are none."""
    graded: set[int] = set()
    of = traffic_grade.c
    with store.read() as connection:
        for start in range(0, len(row_ids), _AT_ONCE):
            some = of.traffic_id.in_(row_ids[start : start + _AT_ONCE])
            query = sa.select(of.traffic_id).where(some, of.metric_key == metric_key(signature), of.value.is_not(None))
            graded.update(connection.execute(query).scalars())
    return frozenset(graded)


def save_grades(store: Store, grades: Sequence[TrafficGrade]) -> None:
    """Store grades in one transaction; those of the same call and judge are replaced.

    Calls that were deleted meanwhile get none.
    """
    moment = now()
    with store.write() as connection:
        present: set[int] = set()
        ids = [grade.row_id for grade in grades]
        for start in range(0, len(ids), _AT_ONCE):
            query = sa.select(traffic.c.id).where(traffic.c.id.in_(ids[start : start + _AT_ONCE]))
            present.update(connection.execute(query).scalars())
        rows = [_values(grade) | {"graded_at": moment} for grade in grades if grade.row_id in present]
        if rows:
            save_metrics(connection, [grade.metric for grade in grades])
            changing = [name for name in rows[0] if name not in _PLACE]
            upsert(connection, traffic_grade, rows, key=_PLACE, update=changing)


def _values(grade: TrafficGrade) -> dict[str, Any]:
    outcome = grade.measurement
    failure = outcome if isinstance(outcome, ScoreFailure) else None
    measurement = outcome if isinstance(outcome, Measurement) else None
    return {
        "traffic_id": grade.row_id,
        "metric_key": metric_key(grade.metric.signature),
        "value": None if measurement is None else float(measurement.value),
        "label": None if measurement is None else measurement.label,
        "rationale": None if measurement is None else measurement.rationale,
        "failure_kind": None if failure is None else failure.kind,
        "failure_message": None if failure is None else failure.message[:_LONGEST_MESSAGE],
        "scorer_version": grade.scorer_version,
        "flow_run_id": grade.flow_run_id,
    }


def days_of_grades(
    store: Store, *, since: datetime, until: datetime, signature: str | None = None
) -> tuple[DayOfGrades, ...]:
    """Return the grades of calls begun in that time, by task, candidate, policy, judge and day, in this order.

    Args:
        store: Where they are.
        since: Begun at this moment or later.
        until: Begun before this moment.
        signature: Of the judge whose grades are wanted; None: of all.
    """
    of = traffic.c
    reported = sa.func.coalesce(
        recommendation.c.quality, sa.case((recommendation.c.ok.is_(True), 1.0), (recommendation.c.ok.is_(False), 0.0))
    )
    query = (
        sa.select(
            of.task,
            of.candidate,
            policy.c.name.label("policy"),
            metric.c.name,
            metric.c.signature,
            of.started_at,
            traffic_grade.c.value,
            reported.label("outcome"),
        )
        .join(traffic_grade, traffic_grade.c.traffic_id == of.id)
        .join(metric, metric.c.key == traffic_grade.c.metric_key)
        .outerjoin(served_call, served_call.c.traffic_id == of.id)
        .outerjoin(policy, policy.c.id == served_call.c.policy_id)
        .outerjoin(recommendation, recommendation.c.id == served_call.c.recommendation_id)
        .where(_begun(since, until), traffic_grade.c.value.is_not(None))
        .order_by(of.started_at, of.id)
    )
    if signature is not None:
        query = query.where(traffic_grade.c.metric_key == metric_key(signature))
    by_day: defaultdict[tuple[Any, ...], list[Any]] = defaultdict(list)
    with store.read() as connection:
        for row in connection.execute(query):
            place = (row.task, row.candidate, row.policy or "", row.name, row.signature, row.started_at.date())
            by_day[place].append(row)
    return tuple(
        DayOfGrades(
            task=task,
            candidate=candidate,
            policy=named or None,
            metric=MetricUse(name=name, signature=signed),
            day=day,
            values=tuple(float(row.value) for row in rows),
            outcomes=tuple(None if row.outcome is None else float(row.outcome) for row in rows),
        )
        for (task, candidate, named, name, signed, day), rows in sorted(by_day.items())
    )


def _begun(since: datetime, until: datetime) -> ColumnElement[bool]:
    return sa.and_(traffic.c.started_at >= since, traffic.c.started_at < until)
