"""Conversion of outcomes to rows and back."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from evaluation.errors import FailureKind
from evaluation.generation import Failure, Outcome
from evaluation.outcome_fields import KINDS, answer_of, failure_of, flat_values
from evaluation.records.outcomes import OutcomeRow, Stage, StoredOutcome
from evaluation.store.statements import upsert
from evaluation.store.tables import generation, stage

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
        if row.stages:
            _insert_stages(connection, row)


def _insert_stages(connection: Connection, row: OutcomeRow) -> None:
    same = [generation.c[name] == getattr(row, name) for name in _KEY]
    generation_id = connection.execute(sa.select(generation.c.id).where(*same)).scalar_one()
    rows = [
        {
            "generation_id": generation_id,
            "position": position,
            "name": step.name,
            "duration_s": step.duration_s,
            "n_tokens": step.n_tokens,
        }
        for position, step in enumerate(row.stages)
    ]
    upsert(connection, stage, rows, key=["generation_id", "position"])


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


def stored_outcome(row: RowMapping, stages: Sequence[Stage]) -> StoredOutcome:
    """Return the outcome from which `outcome_values` made the row."""
    outcome_row = OutcomeRow(
        run_candidate_id=row["run_candidate_id"],
        case_id=row["case_id"],
        repeat=row["repeat"],
        outcome=_outcome(row),
        endpoint=row["endpoint"],
        finished_at=row["finished_at"],
        started_at=row["started_at"],
        effective_context=row["effective_context"],
        vram_share=row["vram_share"],
        stages=tuple(stages),
    )
    return StoredOutcome(generation_id=row["id"], row=outcome_row)


def _outcome(row: RowMapping) -> Outcome:
    kind = row["failure_kind"]
    return answer_of(row) if kind is None else failure_of(FailureKind(kind), row)
