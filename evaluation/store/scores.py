"""Stored scores, score failures and estimates."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evaluation.errors import StoreError
from evaluation.fingerprint import fingerprint
from evaluation.records.candidates import MetricUse
from evaluation.records.scores import EstimateRow, ScoreRow, StoredScore
from evaluation.scores import Estimate, Measurement, ScoreFailure
from evaluation.store.record_rows import record_of
from evaluation.store.session import Store
from evaluation.store.statements import now, upsert
from evaluation.store.tables import estimate, generation, metric, run_candidate, score, score_failure

_PLACE = ("generation_id", "metric_key")
_CHUNK = 500
_LONGEST_MESSAGE = 4000


def save_scores(store: Store, rows: Sequence[ScoreRow]) -> None:
    """Store scores and score failures in one transaction; those of the same generation and metric are replaced."""
    moment = now()
    values, failures = [], []
    for row in rows:
        place = {"generation_id": row.generation_id, "metric_key": metric_key(row.metric.signature)}
        if isinstance(row.measurement, ScoreFailure):
            failures.append({**place, **_failure_values(row.measurement, row.scorer_version), "failed_at": moment})
        else:
            values.append({**place, **_score_values(row.measurement, row), "scored_at": moment})
    with store.write() as connection:
        save_metrics(connection, [row.metric for row in rows])
        for table, here, other in ((score, values, score_failure), (score_failure, failures, score)):
            if here:
                changing = [name for name in here[0] if name not in _PLACE]
                upsert(connection, table, here, key=_PLACE, update=changing)
                _remove(connection, other, here)


def _remove(connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Delete the scores and score failures of the same generations and metrics."""
    by_metric: dict[str, list[int]] = {}
    for row in rows:
        by_metric.setdefault(row["metric_key"], []).append(row["generation_id"])
    for key, ids in by_metric.items():
        for start in range(0, len(ids), _CHUNK):
            of_those = table.c.generation_id.in_(ids[start : start + _CHUNK])
            connection.execute(sa.delete(table).where(of_those, table.c.metric_key == key))


def judged_ids(store: Store, signature: str, generation_ids: Sequence[int]) -> frozenset[int]:
    """Return the ids of those generations that have a score on a metric."""
    scored_ids: set[int] = set()
    with store.read() as connection:
        for start in range(0, len(generation_ids), _CHUNK):
            some = generation_ids[start : start + _CHUNK]
            query = sa.select(score.c.generation_id).where(
                score.c.generation_id.in_(some), score.c.metric_key == metric_key(signature)
            )
            scored_ids.update(connection.execute(query).scalars())
    return frozenset(scored_ids)


def count_score_failures(store: Store, run_candidate_id: int) -> tuple[tuple[MetricUse, dict[str, int]], ...]:
    """Return how many of a candidate's scores failed, by metric and kind."""
    of_candidate = sa.select(generation.c.id).where(generation.c.run_candidate_id == run_candidate_id)
    first, last = (of_candidate.with_only_columns(end(generation.c.id)) for end in (sa.func.min, sa.func.max))
    # From the failures, of which there are few, and not from all answers of the candidate.
    query = (
        sa.select(metric.c.name, metric.c.signature, score_failure.c.kind, sa.func.count())
        .select_from(score_failure)
        .join(metric, metric.c.key == score_failure.c.metric_key)
        .where(
            score_failure.c.generation_id >= first.scalar_subquery(),
            score_failure.c.generation_id <= last.scalar_subquery(),
            of_candidate.where(generation.c.id == score_failure.c.generation_id).exists(),
        )
        .group_by(metric.c.name, metric.c.signature, score_failure.c.kind)
        .order_by(metric.c.name, metric.c.signature, score_failure.c.kind)
    )
    counts: dict[MetricUse, dict[str, int]] = {}
    with store.read() as connection:
        for name, signature, kind, n in connection.execute(query):
            counts.setdefault(MetricUse(name=name, signature=signature), {})[kind] = n
    return tuple(counts.items())


def iterate_scores(store: Store, run_candidate_id: int, signature: str, *, batch: int = 2000) -> Iterator[StoredScore]:
    """Yield a candidate's scores on one metric, by generation id; no transaction is open between pages."""
    page = (
        sa.select(score, generation.c.case_id, generation.c.repeat)
        .join(generation, generation.c.id == score.c.generation_id)
        .where(generation.c.run_candidate_id == run_candidate_id, score.c.metric_key == metric_key(signature))
        .order_by(generation.c.id)
        .limit(batch)
    )
    last = 0
    while True:
        with store.read() as connection:
            rows = connection.execute(page.where(generation.c.id > last)).all()
        for row in rows:
            yield StoredScore(case_id=row.case_id, repeat=row.repeat, measurement=_measurement(row))
        if len(rows) < batch:
            return
        last = rows[-1].generation_id


def scores_of_generations(
    store: Store, generation_ids: Sequence[int]
) -> dict[int, list[tuple[MetricUse, Measurement | ScoreFailure]]]:
    """Return all scores of these generations, failures too, by generation id; those without a score are left out."""
    scores: dict[int, list[tuple[MetricUse, Measurement | ScoreFailure]]] = {}
    with store.read() as connection:
        for start in range(0, len(generation_ids), _CHUNK):
            chunk = generation_ids[start : start + _CHUNK]
            for row in connection.execute(_rows_of(score, chunk)):
                use = MetricUse(name=row.name, signature=row.signature)
                scores.setdefault(row.generation_id, []).append((use, _measurement(row)))
            for row in connection.execute(_rows_of(score_failure, chunk)):
                use = MetricUse(name=row.name, signature=row.signature)
                failure = ScoreFailure(kind=row.kind, message=row.message)
                scores.setdefault(row.generation_id, []).append((use, failure))
    return scores


def _rows_of(table: sa.Table, generation_ids: Sequence[int]) -> sa.Select[Any]:
    return (
        sa.select(table, metric.c.name, metric.c.signature)
        .join(metric, metric.c.key == table.c.metric_key)
        .where(table.c.generation_id.in_(generation_ids))
        .order_by(table.c.generation_id, metric.c.name, metric.c.signature)
    )


def scored_metrics(store: Store, run_candidate_id: int) -> tuple[tuple[MetricUse, int], ...]:
    """Return the metrics on which a candidate has scores, each with its number of scores, by name and signature."""
    query = (
        sa.select(metric.c.name, metric.c.signature, sa.func.count())
        .select_from(score)
        .join(generation, generation.c.id == score.c.generation_id)
        .join(metric, metric.c.key == score.c.metric_key)
        .where(generation.c.run_candidate_id == run_candidate_id)
        .group_by(metric.c.name, metric.c.signature)
        .order_by(metric.c.name, metric.c.signature)
    )
    with store.read() as connection:
        return tuple((MetricUse(name=name, signature=signature), n) for name, signature, n in connection.execute(query))


def save_estimates(store: Store, rows: Sequence[EstimateRow]) -> None:
    """Store estimates in one transaction; those of the same candidate, signature and quantity are replaced."""
    moment = now()
    values = [{**_estimate_values(row), "estimated_at": moment} for row in rows]
    key = ("run_candidate_id", "metric_key", "quantity")
    changing = [column.name for column in estimate.c if column.name not in ("id", *key)]
    with store.write() as connection:
        save_metrics(connection, [row.metric for row in rows])
        upsert(connection, estimate, values, key=key, update=changing)


def forget_figures(store: Store, run_candidate_ids: Sequence[int], names: Collection[str]) -> None:
    """Delete the estimates of metrics of these names, some of which may have no value when computed again."""
    keys = sa.select(metric.c.key).where(metric.c.name.in_(sorted(names)))
    with store.write() as connection:
        connection.execute(
            sa.delete(estimate).where(
                estimate.c.run_candidate_id.in_(run_candidate_ids), estimate.c.metric_key.in_(keys)
            )
        )


def load_estimates(store: Store, run_id: str) -> tuple[EstimateRow, ...]:
    """Return all estimates of a run, by candidate, metric and quantity."""
    query = (
        sa.select(estimate, metric.c.name, metric.c.signature)
        .join(metric, metric.c.key == estimate.c.metric_key)
        .join(run_candidate, run_candidate.c.id == estimate.c.run_candidate_id)
        .where(run_candidate.c.run_id == run_id)
        .order_by(estimate.c.run_candidate_id, metric.c.name, metric.c.signature, estimate.c.quantity)
    )
    with store.read() as connection:
        rows = connection.execute(query).mappings()
        return tuple(
            record_of(EstimateRow, row, metric=record_of(MetricUse, row), estimate=record_of(Estimate, row))
            for row in rows
        )


def metric_key(signature: str) -> str:
    """Return the key under which the metric of that signature is stored."""
    return fingerprint(signature)[:32]


def save_metrics(connection: Connection, uses: Sequence[MetricUse]) -> None:
    """Store the signatures of metrics, to which scores and grades refer, in a transaction of `Store.write`."""
    rows = [{"key": metric_key(use.signature), "name": use.name, "signature": use.signature} for use in set(uses)]
    upsert(connection, metric, sorted(rows, key=lambda row: row["key"]), key=["key"])


def _score_values(measurement: Measurement, row: ScoreRow) -> dict[str, Any]:
    return {
        "value": _finite(measurement.value, row.metric),
        "label": measurement.label,
        "rationale": measurement.rationale,
        "evidence": list(measurement.evidence),
        "scorer_version": row.scorer_version,
    }


def _failure_values(failure: ScoreFailure, scorer_version: str) -> dict[str, Any]:
    return {"kind": failure.kind, "message": failure.message[:_LONGEST_MESSAGE], "scorer_version": scorer_version}


def _finite(value: float, use: MetricUse) -> float:
    if not isfinite(value):
        raise StoreError(
            f"{use.name!r} gave {value!r}, not a finite number", "This is a bug in the metric; please report it"
        )
    return float(value)


def _measurement(row: sa.Row[Any]) -> Measurement:
    return Measurement(value=row.value, label=row.label, rationale=row.rationale, evidence=tuple(row.evidence))


def _estimate_values(row: EstimateRow) -> dict[str, Any]:
    return {
        "run_candidate_id": row.run_candidate_id,
        "metric_key": metric_key(row.metric.signature),
        "quantity": row.quantity,
        "value": _finite(row.estimate.value, row.metric),
        "low": row.estimate.low,
        "high": row.estimate.high,
        "n_cases": row.estimate.n_cases,
        "method": row.estimate.method,
        "confidence_level": row.estimate.confidence_level,
        "details": dict(row.details),
    }


def count_unscored(store: Store, run_candidate_id: int, signatures: Sequence[str]) -> int:
    """Return how many scores are missing, over all these metrics, where each answer should have one.

    Args:
        store: The store.
        run_candidate_id: The candidate in its run.
        signatures: Signatures of the metrics.
    """
    answered = sa.and_(generation.c.run_candidate_id == run_candidate_id, generation.c.failure_kind.is_(None))
    n_answers = sa.select(sa.func.count()).select_from(generation).where(answered)
    n_scores = (
        sa.select(sa.func.count())
        .select_from(score)
        .join(generation, generation.c.id == score.c.generation_id)
        .where(answered, score.c.metric_key.in_([metric_key(signature) for signature in signatures]))
    )
    with store.read() as connection:
        n_wanted = int(connection.execute(n_answers).scalar_one()) * len(signatures)
        return n_wanted - int(connection.execute(n_scores).scalar_one())
