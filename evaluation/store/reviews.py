"""Stored reviews: the cases shown, and whose answers they are. Blinding is implemented only here."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.records.reviews import (
    ReviewItem,
    ReviewQuestion,
    ReviewRecord,
    ReviewSession,
    ReviewSummary,
    ShownOutput,
)
from evaluation.results.as_json import as_json, from_json
from evaluation.store.record_rows import record_of
from evaluation.store.session import Store
from evaluation.store.statements import now, upsert
from evaluation.store.tables import rating, review, review_item, review_output, review_session

_NEWEST = "last"
_OF_ITEM = ("position", "case_id", "cluster", "reason", "why")
_OF_OUTPUT = ("candidate", "run_id", "generation_id", "answer", "total_s")


def save_review(
    store: Store,
    *,
    review_id: str,
    benchmark: tuple[str, str],
    kind: str,
    criteria: Sequence[str],
    run_ids: Sequence[str],
    headline: str | None,
    request: Mapping[str, Any],
    code_version: str,
    items: Sequence[ReviewItem],
) -> ReviewRecord:
    """Return the review of that id: the existing one, else this one, stored whole or not at all."""
    row = {
        "id": review_id,
        "benchmark_version": benchmark[0],
        "benchmark_name": benchmark[1],
        "kind": kind,
        "criteria": list(criteria),
        "run_ids": list(run_ids),
        "headline": headline,
        "request": dict(request),
        "code_version": code_version,
        "created_at": now(),
    }
    with store.write() as connection:
        existing = connection.execute(sa.select(review.c.id).where(review.c.id == review_id)).first()
        if existing is None:
            upsert(connection, review, [row], key=["id"])
            _insert_items(connection, review_id, items)
    return find_review(store, review_id)


def _insert_items(connection: Connection, review_id: str, items: Sequence[ReviewItem]) -> None:
    rows = [
        {"review_id": review_id, "question": as_json(item.question), **{name: getattr(item, name) for name in _OF_ITEM}}
        for item in items
    ]
    upsert(connection, review_item, rows, key=["review_id", "position"])
    query = sa.select(review_item.c.position, review_item.c.id).where(review_item.c.review_id == review_id)
    ids = {row.position: row.id for row in connection.execute(query)}
    outputs = [
        {
            "item_id": ids[item.position],
            "position": position,
            **{name: getattr(output, name) for name in _OF_OUTPUT},
        }
        for item in items
        for position, output in enumerate(item.outputs)
    ]
    upsert(connection, review_output, outputs, key=["item_id", "position"])


def find_review(store: Store, id_or_prefix: str) -> ReviewRecord:
    """Return the newest review for `last`, else the one with that id or a unique prefix of it.

    Raises:
        UnknownNameError: there is none.
        ConfigurationError: several ids have that prefix.
    """
    with store.read() as connection:
        review_id = _newest(connection) if id_or_prefix == _NEWEST else _by_prefix(connection, id_or_prefix)
        if review_id is not None:
            return _load(connection, review_id)
        recent_ids = connection.execute(sa.select(review.c.id).order_by(review.c.created_at.desc()).limit(40)).scalars()
        raise UnknownNameError(
            "review", id_or_prefix, list(recent_ids), "See `benchwright review list`", is_newest=True
        )


def _newest(connection: Connection) -> str | None:
    query = sa.select(review.c.id).order_by(review.c.created_at.desc(), review.c.id.desc()).limit(1)
    return connection.execute(query).scalar()


def _by_prefix(connection: Connection, prefix: str) -> str | None:
    if not prefix:
        return None
    alike = sa.select(review.c.id).where(review.c.id.startswith(prefix, autoescape=True)).order_by(review.c.id).limit(6)
    ids = list(connection.execute(alike).scalars())
    if len(ids) > 1 and prefix not in ids:
        raise ConfigurationError(f"several reviews begin with {prefix!r}: {', '.join(ids)}", "Give more of the id")
    return prefix if prefix in ids else next(iter(ids), None)


def _load(connection: Connection, review_id: str) -> ReviewRecord:
    row = connection.execute(sa.select(review).where(review.c.id == review_id)).mappings().one()
    of_review = sa.select(review_item).where(review_item.c.review_id == review_id).order_by(review_item.c.position)
    items = connection.execute(of_review).mappings().all()
    outputs: dict[int, list[ShownOutput]] = {}
    of_items = (
        sa.select(review_output)
        .join(review_item, review_item.c.id == review_output.c.item_id)
        .where(review_item.c.review_id == review_id)
        .order_by(review_output.c.item_id, review_output.c.position)
    )
    for output in connection.execute(of_items).mappings():
        outputs.setdefault(output["item_id"], []).append(record_of(ShownOutput, output))
    return record_of(
        ReviewRecord,
        row,
        review_id=review_id,
        seed=row["request"].get("seed", 0),
        n_raters=row["request"].get("n_raters") or 1,
        items=tuple(_item(item, outputs.get(item["id"], [])) for item in items),
    )


def _item(row: RowMapping, outputs: Iterable[ShownOutput]) -> ReviewItem:
    question = from_json(ReviewQuestion, row["question"])
    return record_of(ReviewItem, row, item_id=row["id"], question=question, outputs=tuple(outputs))


def has_review(store: Store, review_id: str) -> bool:
    """Return True where there is a review of exactly that id."""
    with store.read() as connection:
        return connection.execute(sa.select(review.c.id).where(review.c.id == review_id)).first() is not None


def ask_raters(store: Store, review_id: str, n_raters: int) -> None:
    """Store with a review how many people are to rate it."""
    of_review = review.c.id == review_id
    with store.write() as connection:
        request = connection.execute(sa.select(review.c.request).where(of_review)).scalar_one()
        updated = {**request, "n_raters": n_raters}
        connection.execute(sa.update(review).where(of_review).values(request=updated))


def delete_review(store: Store, review_id: str) -> None:
    """Delete a review with everything said in it."""
    with store.write() as connection:
        connection.execute(sa.delete(review).where(review.c.id == review_id))


def list_reviews(store: Store) -> tuple[ReviewSummary, ...]:
    """Return all reviews, the newest first."""
    with store.read() as connection:
        rows = connection.execute(sa.select(review).order_by(review.c.created_at.desc(), review.c.id)).mappings().all()
        counts = sa.select(review_item.c.review_id, sa.func.count()).group_by(review_item.c.review_id)
        n_items = {review_id: n for review_id, n in connection.execute(counts)}
        rating_rows = connection.execute(
            sa.select(review_item.c.review_id, rating.c.item_id, rating.c.rater, rating.c.rated_at)
            .join(review_item, review_item.c.id == rating.c.item_id)
            .order_by(rating.c.rated_at)
        ).all()
    by_review: dict[str, list[Any]] = {}
    for rating_row in rating_rows:
        by_review.setdefault(rating_row.review_id, []).append(rating_row)
    return tuple(_summary(row, n_items.get(row["id"], 0), by_review.get(row["id"], [])) for row in rows)


def _summary(row: RowMapping, n_items: int, rating_rows: Sequence[Any]) -> ReviewSummary:
    return record_of(
        ReviewSummary,
        row,
        review_id=row["id"],
        benchmark=row["benchmark_name"],
        n_items=n_items,
        n_rated=len({rating_row.item_id for rating_row in rating_rows}),
        raters=tuple(dict.fromkeys(rating_row.rater for rating_row in rating_rows)),
        rated_at=rating_rows[-1].rated_at if rating_rows else None,
    )


def begin_session(
    store: Store, *, session_id: str, review_id: str, place: str, rater: str | None = None
) -> ReviewSession:
    """Return the session of that id: the existing one, else a new one."""
    row = {"id": session_id, "review_id": review_id, "place": place, "rater": rater, "started_at": now()}
    with store.write() as connection:
        upsert(connection, review_session, [row], key=["id"])
    session = find_session(store, session_id)
    assert session is not None  # noqa: S101 - it was just stored
    return session


def find_session(store: Store, session_id: str) -> ReviewSession | None:
    """Return the session of that id; None where there is none."""
    with store.read() as connection:
        query = sa.select(review_session).where(review_session.c.id == session_id)
        row = connection.execute(query).mappings().first()
    return None if row is None else record_of(ReviewSession, row, session_id=row["id"])


def list_sessions(store: Store, review_id: str) -> tuple[ReviewSession, ...]:
    """Return the sessions of everybody who began to rate a review, the earliest first."""
    query = (
        sa.select(review_session)
        .where(review_session.c.review_id == review_id)
        .order_by(review_session.c.started_at, review_session.c.id)
    )
    with store.read() as connection:
        rows = connection.execute(query).mappings()
        return tuple(record_of(ReviewSession, row, session_id=row["id"]) for row in rows)


def forget_session(store: Store, session_id: str) -> None:
    """Delete a session in which nothing was rated; one with ratings stays."""
    of_session = review_session.c.id == session_id
    has_ratings = sa.exists().where(rating.c.session_id == session_id)
    with store.write() as connection:
        connection.execute(sa.delete(review_session).where(of_session, ~has_ratings))
