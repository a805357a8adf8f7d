"""Columns of the chats of pipelines, many cases at once: what replaying a pipeline and summing its costs need."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from evaluation.generation import Generation
from evaluation.outcome_fields import TEXTS, texts_of
from evaluation.pipelines.stages import ModelReply
from evaluation.store.session import Store
from evaluation.store.tables import generation, stage

_IDS_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class ChatColumns:
    """Chats of a candidate, by case and repeat and in the order of asking; every column has shape (n_chats,)."""

    case_ids: tuple[str, ...]
    repeats: tuple[int, ...]
    names: tuple[str, ...]
    models: tuple[str | None, ...]
    replies: tuple[ModelReply, ...]
    """Without their figures."""
    prompt_tokens: NDArray[np.float64]
    """NaN where the server told none, as in the other numbers."""
    output_tokens: NDArray[np.float64]
    energy_j: NDArray[np.float64]
    seconds: NDArray[np.float64]
    """From sending to the last byte."""
    seconds_loading: NDArray[np.float64]
    is_cold: NDArray[np.bool_]
    is_reused: NDArray[np.bool_]
    finished_at: NDArray[np.float64]
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEnd:
    """How one repeat of a case ended."""

    case_id: str
    repeat: int
    answer: Generation | None
    """Without its figures; None where a server failed."""
    is_reused: bool
    """True if taken from an earlier run."""


def load_chats(store: Store, run_candidate_id: int, case_ids: Sequence[str]) -> ChatColumns:
    """Return the stored chats of these cases."""
    columns = (
        *(stage.c.case_id, stage.c.repeat, stage.c.name, stage.c.model),
        *(stage.c.mean_logprob, stage.c.cold, stage.c.reused, stage.c.finished_at),
        *(stage.c.prompt_tokens, stage.c.output_tokens, stage.c.energy_j, stage.c.total_s, stage.c.load_s),
    )
    query = (
        sa.select(*columns, *(stage.c[name] for name in TEXTS))
        .where(stage.c.run_candidate_id == run_candidate_id, stage.c.kind == "chat")
        .order_by(stage.c.case_id, stage.c.repeat, stage.c.position, stage.c.id)
    )
    rows = _rows(store, query, stage.c.case_id, case_ids)
    of_rows = list(zip(*rows, strict=True)) if rows else [()] * (len(columns) + len(TEXTS))
    case_of, repeats, names, models, logprobs, cold, reused, moments = of_rows[:8]
    numbers = [np.array(each, dtype=np.float64) for each in of_rows[8 : len(columns)]]
    answers = _answers(zip(*of_rows[len(columns) :], strict=True))
    return ChatColumns(
        case_ids=case_of,
        repeats=repeats,
        names=names,
        models=models,
        replies=tuple(
            ModelReply(generation=answer, mean_logprob=logprob)
            for answer, logprob in zip(answers, logprobs, strict=True)
        ),
        prompt_tokens=numbers[0],
        output_tokens=numbers[1],
        energy_j=numbers[2],
        seconds=numbers[3],
        seconds_loading=numbers[4],
        is_cold=np.array(cold, dtype=bool),
        is_reused=np.array(reused, dtype=bool),
        finished_at=np.array([_timestamp(moment) for moment in moments], dtype=np.float64),
    )


def load_ends(store: Store, run_candidate_id: int, case_ids: Sequence[str]) -> tuple[StoredEnd, ...]:
    """Return how each stored repeat of these cases ended, by case and repeat."""
    columns = (generation.c.case_id, generation.c.repeat, generation.c.failure_kind, generation.c.reused)
    query = (
        sa.select(*columns, *(generation.c[name] for name in TEXTS))
        .where(generation.c.run_candidate_id == run_candidate_id)
        .order_by(generation.c.case_id, generation.c.repeat)
    )
    return tuple(
        StoredEnd(
            case_id=row.case_id,
            repeat=row.repeat,
            answer=texts_of(row._mapping) if row.failure_kind is None else None,
            is_reused=row.failure_kind is None and row.reused,
        )
        for row in _rows(store, query, generation.c.case_id, case_ids)
    )


def _answers(rows: Iterable[tuple[Any, ...]]) -> Iterator[Generation]:
    """Yield the answers of these texts, in the order of `TEXTS`; equal ones, such as votes, are one object."""
    made: dict[tuple[Any, ...], Generation] = {}
    for texts in rows:
        if (answer := made.get(texts)) is None:
            answer = made[texts] = texts_of(dict(zip(TEXTS, texts, strict=True)))
        yield answer


def _rows(
    store: Store, query: "sa.Select[Any]", case_id: "sa.ColumnElement[str]", case_ids: Sequence[str]
) -> list["sa.Row[Any]"]:
    rows: list[sa.Row[Any]] = []
    with store.read() as connection:
        for start in range(0, len(case_ids), _IDS_AT_ONCE):
            page = query.where(case_id.in_(case_ids[start : start + _IDS_AT_ONCE]))
            rows += connection.execute(page).all()
    return rows


def _timestamp(moment: datetime) -> float:
    return moment.astimezone(UTC).timestamp()
