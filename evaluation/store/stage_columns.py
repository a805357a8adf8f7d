"""Columns of the chats of pipelines, many cases at once: what replaying a pipeline and summing its costs need."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from evaluation.errors import FailureKind
from evaluation.generation import Generation
from evaluation.pipelines.stages import ModelReply
from evaluation.store.session import Store
from evaluation.store.tables import generation, stage

_IDS_AT_ONCE = 500
_NUMBERS = ("prompt_tokens", "output_tokens", "energy_j", "total_s", "load_s")
_OTHERS = (
    "case_id",
    "repeat",
    "name",
    "model",
    "answer",
    "finish_reason",
    "own_failure",
    "mean_logprob",
    "cold",
    "reused",
    "finished_at",
)


@dataclass(frozen=True, kw_only=True)
class ChatColumns:
    """Chats of a candidate, by case and repeat and in the order of asking; every column has shape (n_chats,)."""

    case_ids: tuple[str, ...]
    repeats: tuple[int, ...]
    names: tuple[str, ...]
    models: tuple[str | None, ...]
    replies: tuple[ModelReply, ...]
    """Only the answer, how it ended and its log-probability."""
    prompt_tokens: NDArray[np.float64]
    """NaN where the server told none, as in the other numbers."""
    output_tokens: NDArray[np.float64]
    energy_j: NDArray[np.float64]
    total_s: NDArray[np.float64]
    load_s: NDArray[np.float64]
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
    """Its text, its own failure, and whether it was reused; None where a server failed."""


def load_chats(store: Store, run_candidate_id: int, case_ids: Sequence[str]) -> ChatColumns:
    """Return the stored chats of these cases."""
    columns = [stage.c[name] for name in (*_OTHERS, *_NUMBERS)]
    query = (
        sa.select(*columns)
        .where(stage.c.run_candidate_id == run_candidate_id, stage.c.kind == "chat")
        .order_by(stage.c.case_id, stage.c.repeat, stage.c.position, stage.c.id)
    )
    rows = _rows(store, query, stage.c.case_id, case_ids)
    by_name = dict(zip((*_OTHERS, *_NUMBERS), zip(*rows, strict=True) if rows else [()] * len(columns), strict=True))
    replies = (by_name[name] for name in ("answer", "finish_reason", "own_failure", "mean_logprob"))
    numbers: dict[str, Any] = {name: np.array(by_name[name], dtype=np.float64) for name in _NUMBERS}
    return ChatColumns(
        case_ids=by_name["case_id"],
        repeats=by_name["repeat"],
        names=by_name["name"],
        models=by_name["model"],
        replies=tuple(_reply(*values) for values in zip(*replies, strict=True)),
        is_cold=np.array(by_name["cold"], dtype=bool),
        is_reused=np.array(by_name["reused"], dtype=bool),
        finished_at=np.array([_seconds(moment) for moment in by_name["finished_at"]], dtype=np.float64),
        **numbers,
    )


def load_ends(store: Store, run_candidate_id: int, case_ids: Sequence[str]) -> tuple[StoredEnd, ...]:
    """Return how each stored repeat of these cases ended, by case and repeat."""
    names = ("case_id", "repeat", "answer", "own_failure", "failure_kind", "reused")
    query = (
        sa.select(*(generation.c[name] for name in names))
        .where(generation.c.run_candidate_id == run_candidate_id)
        .order_by(generation.c.case_id, generation.c.repeat)
    )
    return tuple(
        StoredEnd(
            case_id=case_id,
            repeat=repeat,
            answer=None
            if failure_kind is not None
            else Generation(answer=answer, text=answer, own_failure=_kind(own_failure), reused=reused),
        )
        for case_id, repeat, answer, own_failure, failure_kind, reused in _rows(
            store, query, generation.c.case_id, case_ids
        )
    )


def _rows(
    store: Store, query: "sa.Select[Any]", case_id: "sa.ColumnElement[str]", case_ids: Sequence[str]
) -> list["sa.Row[Any]"]:
    rows: list[sa.Row[Any]] = []
    with store.read() as connection:
        for start in range(0, len(case_ids), _IDS_AT_ONCE):
            page = query.where(case_id.in_(case_ids[start : start + _IDS_AT_ONCE]))
            rows += connection.execute(page).all()
    return rows


def _reply(answer: str, finish_reason: str | None, own_failure: str | None, mean_logprob: float | None) -> ModelReply:
    reply = Generation(answer=answer, text=answer, finish_reason=finish_reason, own_failure=_kind(own_failure))
    return ModelReply(generation=reply, mean_logprob=mean_logprob)


def _kind(name: str | None) -> FailureKind | None:
    return None if name is None else FailureKind(name)


def _seconds(moment: datetime) -> float:
    return moment.astimezone(UTC).timestamp()
