"""An outcome as a row, and back."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from evaluation.errors import FailureKind
from evaluation.generation import Failure, Generation, Outcome, PromptState, Timing
from evaluation.records import OutcomeRow, Stage, StoredOutcome
from evaluation.store.statements import upsert
from evaluation.store.tables import generation, stage

_KEY = ("run_candidate_id", "case_id", "repeat")
_CHANGING = tuple(column.name for column in generation.c if column.name not in ("id", *_KEY))


def insert_outcomes(connection: Connection, rows: Sequence[OutcomeRow]) -> None:
    """Stores outcomes in the caller's transaction. A failure of the server's may be replaced, an answer never."""
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
    """The row's columns, the same ones for an answer and a failure.

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
        **(_failure_values(row.outcome) if isinstance(row.outcome, Failure) else _answer_values(row.outcome)),
    }


_ANSWER = (
    *("text", "answer", "thinking", "finish_reason", "message"),
    *("prompt_tokens", "output_tokens", "cached_tokens"),
)
_TIMING = ("total_s", "ttft_s", "queue_s", "load_s", "prompt_s", "generate_s")
_SHARED = ("n_attempts", "seed")


def _answer_values(answer: Generation) -> dict[str, Any]:
    return {
        **{name: getattr(answer, name) for name in (*_ANSWER, *_SHARED, "cold", "reused")},
        **{name: getattr(answer.timing, name, None) for name in _TIMING},
        "prompt_state": None if answer.prompt_state is None else answer.prompt_state.value,
        "own_failure": None if answer.own_failure is None else answer.own_failure.value,
        "failure_kind": None,
    }


def _failure_values(failure: Failure) -> dict[str, Any]:
    nothing: dict[str, Any] = dict.fromkeys((*_ANSWER, *_TIMING, "own_failure", "prompt_state"))
    return {
        **nothing,
        **{name: getattr(failure, name) for name in (*_SHARED, "message", "total_s")},
        "cold": False,
        "reused": False,
        "failure_kind": failure.kind.value,
    }


def stored_outcome(row: RowMapping, stages: Sequence[Stage]) -> StoredOutcome:
    """The outcome that `outcome_values` was given."""
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
    shared = {name: row[name] for name in _SHARED}
    if row["failure_kind"] is not None:
        kind = FailureKind(row["failure_kind"])
        return Failure(kind=kind, message=row["message"], total_s=row["total_s"], **shared)
    own_failure = None if row["own_failure"] is None else FailureKind(row["own_failure"])
    timing = None if row["total_s"] is None else Timing(**{name: row[name] for name in _TIMING})
    answer = {name: row[name] for name in (*_ANSWER, "cold", "reused", "energy_j")}
    state = None if row["prompt_state"] is None else PromptState(row["prompt_state"])
    return Generation(own_failure=own_failure, timing=timing, prompt_state=state, **answer, **shared)
