"""Stored outcomes and their scores as plain values by column, for tables of many: no objects are made of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evaluation.outcome_fields import FIELDS_OF_A_FAILURE, KINDS
from evaluation.store.scores import metric_key
from evaluation.store.session import Store
from evaluation.store.tables import generation, score, score_failure

_CHUNK = 500
_PLACE = (
    "endpoint", "case_id", "repeat", "effective_context", "vram_share", "started_at", "finished_at", "failure_kind",
)  # fmt: skip
_COLUMNS = (*_PLACE, *KINDS)
_NOT_OF_A_FAILURE = tuple(name for name in KINDS if name not in FIELDS_OF_A_FAILURE)


class OutcomeValues(NamedTuple):
    """One outcome."""

    generation_id: int
    values: dict[str, Any]
    """By column; `failure_kind` is None for an answer, and what only answers have is None for a failure."""


class ScoreCell(NamedTuple):
    """One score of an outcome, or why there is none."""

    generation_id: int
    signature: str
    value: float | None
    label: str | None
    failure: str | None
    """Kind of the score's failure; None where there is a value."""


def iterate_outcome_values(
    store: Store, run_candidate_id: int, *, failed: bool | None = None, batch: int = 500
) -> Iterator[list[OutcomeValues]]:
    """Yield a candidate's outcomes in pages, by generation id; no transaction is open between pages."""
    last = 0
    while page := outcome_values_after(store, run_candidate_id, last, limit=batch, failed=failed):
        yield page
        if len(page) < batch:
            return
        last = page[-1].generation_id


def outcome_values_after(
    store: Store,
    run_candidate_id: int,
    generation_id: int,
    *,
    limit: int,
    failed: bool | None = None,
    case_ids: Sequence[str] | None = None,
) -> list[OutcomeValues]:
    """Return a page of a candidate's outcomes, by generation id.

    Args:
        store: Where they are.
        run_candidate_id: The candidate.
        generation_id: Only outcomes with a higher id.
        limit: Number of outcomes at most.
        failed: True: only failures of the server; False: only answers; None: both.
        case_ids: Only these cases; None: all.
    """
    conditions = [*_of_candidate(run_candidate_id, failed), generation.c.id > generation_id]
    if case_ids is not None:
        conditions.append(generation.c.case_id.in_(case_ids))
    with store.read() as connection:
        return _select(connection, conditions, limit)


def outcome_values_of_cases(
    store: Store, run_candidate_id: int, case_ids: Sequence[str], *, failed: bool | None = None
) -> list[OutcomeValues]:
    """Return a candidate's outcomes of these cases, in the order of `case_ids` and by repeat."""
    of_candidate = _of_candidate(run_candidate_id, failed)
    outcomes: list[OutcomeValues] = []
    with store.read() as connection:
        for start in range(0, len(case_ids), _CHUNK):
            of_cases = generation.c.case_id.in_(case_ids[start : start + _CHUNK])
            outcomes += _select(connection, [*of_candidate, of_cases], None)
    place = {case_id: position for position, case_id in enumerate(case_ids)}
    return sorted(outcomes, key=lambda each: (place[each.values["case_id"]], each.values["repeat"]))


def _of_candidate(run_candidate_id: int, failed: bool | None) -> list[sa.ColumnElement[bool]]:
    conditions = [generation.c.run_candidate_id == run_candidate_id]
    if failed is not None:
        conditions.append(generation.c.failure_kind.is_not(None) if failed else generation.c.failure_kind.is_(None))
    return conditions


def _select(
    connection: Connection, conditions: Sequence[sa.ColumnElement[bool]], limit: int | None
) -> list[OutcomeValues]:
    columns = (generation.c.id, *(generation.c[name] for name in _COLUMNS))
    query = sa.select(*columns).where(*conditions).order_by(generation.c.id).limit(limit)
    return [_values(generation_id, row) for generation_id, *row in connection.execute(query)]


def _values(generation_id: int, row: Iterable[Any]) -> OutcomeValues:
    values = dict(zip(_COLUMNS, row, strict=True))
    if values["failure_kind"] is not None:
        values.update(dict.fromkeys(_NOT_OF_A_FAILURE))
    return OutcomeValues(generation_id, values)


def score_cells(store: Store, generation_ids: Sequence[int], signatures: Iterable[str]) -> Iterator[ScoreCell]:
    """Yield the scores of these outcomes on the metrics of these signatures, and why there are none."""
    by_key = {metric_key(signature): signature for signature in signatures}
    for start in range(0, len(generation_ids), _CHUNK):
        some = generation_ids[start : start + _CHUNK]
        with store.read() as connection:
            scores = connection.execute(_scores_of(score, some, by_key, score.c.value, score.c.label)).all()
            failures = connection.execute(_scores_of(score_failure, some, by_key, score_failure.c.kind)).all()
        for generation_id, key, value, label in scores:
            yield ScoreCell(generation_id, by_key[key], value, label, None)
        for generation_id, key, kind in failures:
            yield ScoreCell(generation_id, by_key[key], None, None, kind)


def _scores_of(
    table: sa.Table, generation_ids: Sequence[int], by_key: Mapping[str, str], *columns: sa.Column[Any]
) -> sa.Select[Any]:
    return sa.select(table.c.generation_id, table.c.metric_key, *columns).where(
        table.c.generation_id.in_(generation_ids), table.c.metric_key.in_(list(by_key))
    )
