"""Stored stages of pipelines: conversion to rows and back."""

import hashlib
from array import array
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from sys import byteorder
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from evaluation.fingerprint import fingerprint
from evaluation.generation import Generation
from evaluation.outcome_fields import answer_of, flat_values
from evaluation.passage import Passage
from evaluation.pipelines.stages import ModelReply, Passages, StageReply, TokenCounts, Vectors
from evaluation.records.outcomes import OutcomeRow
from evaluation.records.stages import StageRow
from evaluation.store.session import Store
from evaluation.store.statements import upsert
from evaluation.store.tables import passage, stage

CaseKey = tuple[str, int]
"""Case id, and repeat from 0."""
_KEY = ("run_candidate_id", "case_id", "repeat", "name")
_OWN = (
    "run_candidate_id",
    "case_id",
    "repeat",
    "position",
    "name",
    "kind",
    "request_hash",
    "model",
    "digest",
    "endpoint",
)
_OF_A_PASSAGE = ("document", "position", "page", "last_page", "text")
_IDS_AT_ONCE = 500


def insert_stages(connection: Connection, rows: Sequence[StageRow]) -> None:
    """Store stages in the caller's transaction; one that is there already stays."""
    passages = {
        _passage_hash(each): each for row in rows if isinstance(row.reply, Passages) for each in row.reply.passages
    }
    insert_passages(connection, passages)
    upsert(connection, stage, [stage_values(row) for row in rows], key=_KEY)


def insert_passages(connection: Connection, passages: Mapping[str, Passage]) -> None:
    """Store passages by their hashes; those that are there already stay."""
    rows = [
        {"hash": key, **{name: getattr(each, name) for name in _OF_A_PASSAGE}} for key, each in sorted(passages.items())
    ]
    upsert(connection, passage, rows, key=["hash"])


def stage_values(row: StageRow) -> dict[str, Any]:
    """Return the row's columns, the same for all kinds of stages."""
    return {
        **{name: getattr(row, name) for name in _OWN},
        **flat_values(row.generation),
        "reply": _reply_json(row.reply),
        "mean_logprob": row.reply.mean_logprob if isinstance(row.reply, ModelReply) else None,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
    }


def load_stages(store: Store, run_candidate_id: int, case_ids: Sequence[str]) -> dict[CaseKey, tuple[StageRow, ...]]:
    """Return the stored stages of these cases by case and repeat, each in the order in which they were asked."""
    rows: list[RowMapping] = []
    with store.read() as connection:
        for start in range(0, len(case_ids), _IDS_AT_ONCE):
            query = (
                sa.select(stage)
                .where(stage.c.run_candidate_id == run_candidate_id)
                .where(stage.c.case_id.in_(case_ids[start : start + _IDS_AT_ONCE]))
                .order_by(stage.c.case_id, stage.c.repeat, stage.c.position, stage.c.id)
            )
            rows += connection.execute(query).mappings().all()
        passages = load_passages(connection, [hash_ for row in rows for hash_, _ in _listed(row)])
    stages: dict[CaseKey, list[StageRow]] = defaultdict(list)
    for row in rows:
        stages[row["case_id"], row["repeat"]].append(_stage(row, passages))
    return {key: tuple(rows_of_case) for key, rows_of_case in stages.items()}


def staged_candidates(store: Store, run_candidate_ids: Sequence[int], case_id: str) -> frozenset[int]:
    """Return those of the candidates that have stages of this case."""
    staged: set[int] = set()
    with store.read() as connection:
        for start in range(0, len(run_candidate_ids), _IDS_AT_ONCE):
            some = stage.c.run_candidate_id.in_(run_candidate_ids[start : start + _IDS_AT_ONCE])
            query = sa.select(stage.c.run_candidate_id).where(some, stage.c.case_id == case_id).distinct()
            staged.update(connection.execute(query).scalars())
    return frozenset(staged)


def copy_stages(connection: Connection, originals: Sequence[OutcomeRow], run_candidate_id: int) -> None:
    """Copy the stages of these outcomes, which another run has, to the same cases of a candidate of a run."""
    replaced = {"run_candidate_id": sa.literal(run_candidate_id)}
    names = [column.name for column in stage.c if column.name != "id"]
    for original in originals:
        copied = sa.select(*(replaced.get(name, stage.c[name]) for name in names)).where(
            stage.c.run_candidate_id == original.run_candidate_id,
            stage.c.case_id == original.case_id,
            stage.c.repeat == original.repeat,
        )
        connection.execute(sa.insert(stage).from_select(names, copied))


def load_passages(connection: Connection, hashes: Sequence[str]) -> dict[str, Passage]:
    """Return stored passages by their hashes, without relevance."""
    unique = sorted(set(hashes))
    passages = {}
    for start in range(0, len(unique), _IDS_AT_ONCE):
        query = sa.select(passage).where(passage.c.hash.in_(unique[start : start + _IDS_AT_ONCE]))
        for row in connection.execute(query).mappings():
            passages[row["hash"]] = Passage(**{name: row[name] for name in _OF_A_PASSAGE})
    return passages


def listed_passages(passages: Sequence[Passage]) -> list[list[Any]]:
    """Return the hash and the relevance of each passage, as they are stored."""
    return [[_passage_hash(each), each.relevance] for each in passages]


def passages_by_hash(passages: Sequence[Passage]) -> dict[str, Passage]:
    """Return passages by the hashes under which they are stored."""
    return {_passage_hash(each): each for each in passages}


def with_relevance(listed: Sequence[Sequence[Any]], passages: Mapping[str, Passage]) -> tuple[Passage, ...]:
    """Return the passages that `listed_passages` listed."""
    return tuple(replace(passages[key], relevance=relevance) for key, relevance in listed)


def _passage_hash(each: Passage) -> str:
    text = hashlib.sha256(each.text.encode("utf-8", "surrogatepass")).hexdigest()
    # Without pages it is the hash of all versions; one whose last page an earlier version did not know stays apart.
    last_page = [] if each.last_page is None else [each.last_page]
    return fingerprint([each.document, each.position, each.page, text, *last_page])


def _reply_json(reply: StageReply) -> Any:
    if isinstance(reply, Vectors):
        return [b64encode(_little_endian(vector).tobytes()).decode("ascii") for vector in reply.values]
    if isinstance(reply, TokenCounts):
        return None if reply.values is None else list(reply.values)
    if isinstance(reply, Passages):
        return listed_passages(reply.passages)
    return None


def _little_endian(vector: Sequence[float]) -> "array[float]":
    numbers = array("f", vector)
    if byteorder == "big":
        numbers.byteswap()
    return numbers


def _vector(packed: str) -> tuple[float, ...]:
    numbers = array("f")
    numbers.frombytes(b64decode(packed))
    if byteorder == "big":
        numbers.byteswap()
    return tuple(numbers)


def _listed(row: RowMapping) -> list[list[Any]]:
    return row["reply"] if row["kind"] == "search" else []


def _stage(row: RowMapping, passages: Mapping[str, Passage]) -> StageRow:
    generation = replace(answer_of(row), mean_logprob=row["mean_logprob"])
    return StageRow(
        **{name: row[name] for name in _OWN},
        reply=_reply(row, generation, passages),
        generation=generation,
        started_at=row["started_at"],
        finished_at=row["finished_at"],
    )


def _reply(row: RowMapping, generation: Generation, passages: Mapping[str, Passage]) -> StageReply:
    kind, reply = row["kind"], row["reply"]
    if kind == "embed":
        return Vectors(values=tuple(_vector(packed) for packed in reply))
    if kind == "count":
        return TokenCounts(values=None if reply is None else tuple(reply))
    if kind == "search":
        return Passages(passages=with_relevance(reply, passages))
    return ModelReply(generation=generation, mean_logprob=row["mean_logprob"])
