"""Conversion of outcomes to rows and back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from evaluation.errors import FailureKind
from evaluation.generation import Failure, Generation, Outcome
from evaluation.outcome_fields import KINDS, answer_of, failure_of, flat_values
from evaluation.passage import Passage
from evaluation.records.outcomes import OutcomeRow, StoredOutcome
from evaluation.records.stages import Trace
from evaluation.store.record_rows import record_of
from evaluation.store.stage_rows import insert_passages, listed_passages, passages_by_hash, with_relevance
from evaluation.store.statements import upsert
from evaluation.store.tables import generation, trace

_KEY = ("run_candidate_id", "case_id", "repeat")
_MEASURED_LATER = ("energy_j",)
"""Columns that are filled after an answer is stored."""
_NOTHING = {name: False if kind is bool else None for name, kind in KINDS.items() if name not in _MEASURED_LATER}
_CHANGING = tuple(column.name for column in generation.c if column.name not in ("id", *_KEY))


def insert_outcomes(connection: Connection, rows: Sequence[OutcomeRow]) -> None:
    """Store outcomes in the caller's transaction; a server failure may be replaced, an answer never."""
    replaceable = generation.c.failure_kind.is_not(None)
    values = [outcome_values(row) for row in rows]
    upsert(connection, generation, values, key=_KEY, update=_CHANGING, where=replaceable)
    for row in rows:
        if row.trace is not None:
            _insert_trace(connection, row, row.trace)


def _insert_trace(connection: Connection, row: OutcomeRow, of_pipeline: Trace) -> None:
    sources = row.outcome.sources if isinstance(row.outcome, Generation) else None
    same = [generation.c[name] == getattr(row, name) for name in _KEY]
    values = {
        "generation_id": connection.execute(sa.select(generation.c.id).where(*same)).scalar_one(),
        "confidence": of_pipeline.confidence,
        "sources": None if sources is None else listed_passages(sources),
        "wait_s": row.outcome.wait_s if isinstance(row.outcome, Generation) else None,
        "notes": dict(of_pipeline.notes),
    }
    insert_passages(connection, passages_by_hash(sources or ()))
    key, *others = values
    upsert(connection, trace, [values], key=[key], update=others)


def outcome_values(row: OutcomeRow) -> dict[str, Any]:
    """Return the row's columns, the same for an answer and a failure.

    Raises:
        ValueError: a time without its zone.
    """
    for moment in (row.started_at, row.finished_at):
        if moment is not None and moment.tzinfo is None:
            raise ValueError(f"{moment!r} has no time zone; give datetime.now(UTC) or another aware datetime")
    return {
        "run_candidate_id": row.run_candidate_id,
        "case_id": row.case_id,
        "repeat": row.repeat,
        "endpoint": row.endpoint,
        "effective_context": row.effective_context,
        "vram_share": row.vram_share,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        **_NOTHING,
        **{name: value for name, value in flat_values(row.outcome).items() if name not in _MEASURED_LATER},
        "failure_kind": row.outcome.kind.value if isinstance(row.outcome, Failure) else None,
    }


def stored_outcome(
    row: RowMapping, of_pipeline: RowMapping | None = None, passages: Mapping[str, Passage] | None = None
) -> StoredOutcome:
    """Return the outcome from which `outcome_values` made the row.

    Args:
        row: The outcome's row.
        of_pipeline: Its row of the table of traces; None without a pipeline.
        passages: The passages that the trace lists, by their hashes.
    """
    outcome_row = OutcomeRow(
        run_candidate_id=row["run_candidate_id"],
        case_id=row["case_id"],
        repeat=row["repeat"],
        outcome=_with_trace(_outcome(row), of_pipeline, passages or {}),
        endpoint=row["endpoint"],
        finished_at=row["finished_at"],
        started_at=row["started_at"],
        effective_context=row["effective_context"],
        vram_share=row["vram_share"],
        trace=None if of_pipeline is None else record_of(Trace, of_pipeline),
    )
    return StoredOutcome(generation_id=row["id"], row=outcome_row)


def _outcome(row: RowMapping) -> Outcome:
    kind = row["failure_kind"]
    return answer_of(row) if kind is None else failure_of(FailureKind(kind), row)


def _with_trace(outcome: Outcome, of_pipeline: RowMapping | None, passages: Mapping[str, Passage]) -> Outcome:
    if of_pipeline is None or isinstance(outcome, Failure):
        return outcome
    sources = None if of_pipeline["sources"] is None else with_relevance(of_pipeline["sources"], passages)
    return replace(outcome, sources=sources, wait_s=of_pipeline["wait_s"])
