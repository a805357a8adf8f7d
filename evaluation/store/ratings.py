"""Stored ratings by people of a review's cases."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from evaluation.records.reviews import RatingRecord, Said
from evaluation.store.record_rows import record_of
from evaluation.store.session import Store
from evaluation.store.statements import now, upsert
from evaluation.store.tables import rating, review_item

_KEY = ("item_id", "rater")


def save_ratings(store: Store, *, session_id: str, rater: str, ratings: Sequence[Said]) -> str:
    """Store ratings, all or none, and return the rater's name as stored with them.

    A rating of the same case by the same rater replaces the earlier one. A name that differs from a known rater's only
    in capitals is that rater's.
    """
    if not ratings:
        return rater
    moment = now()
    with store.write() as connection:
        name = _stored_rater_name(connection, rater, ratings[0].item_id)
        rows = [
            {
                "item_id": item_rating.item_id,
                "session_id": session_id,
                "rater": name,
                "grades": None if item_rating.grades is None else [dict(grade) for grade in item_rating.grades],
                "preferred": item_rating.preferred,
                "notes": item_rating.notes,
                "rated_at": moment,
            }
            for item_rating in ratings
        ]
        upsert(connection, rating, rows, key=_KEY, update=[name for name in rows[0] if name not in _KEY])
    return name


def _stored_rater_name(connection: Connection, rater: str, item_id: int) -> str:
    review_id = sa.select(review_item.c.review_id).where(review_item.c.id == item_id).scalar_subquery()
    raters = connection.execute(
        sa.select(rating.c.rater)
        .join(review_item, review_item.c.id == rating.c.item_id)
        .where(review_item.c.review_id == review_id)
        .distinct()
        .order_by(rating.c.rater)
    ).scalars()
    return next((name for name in raters if name.casefold() == rater.casefold()), rater)


def load_ratings(store: Store, review_id: str) -> tuple[RatingRecord, ...]:
    """Return all ratings of a review, by item, then the oldest first."""
    query = (
        sa.select(rating)
        .join(review_item, review_item.c.id == rating.c.item_id)
        .where(review_item.c.review_id == review_id)
        .order_by(review_item.c.position, rating.c.rated_at, rating.c.id)
    )
    with store.read() as connection:
        return tuple(_record(row) for row in connection.execute(query).mappings())


def rated_items(store: Store, review_id: str, *, session_id: str | None, rater: str | None) -> frozenset[int]:
    """Return the items of a review that were rated in that session or by that rater."""
    ratings = load_ratings(store, review_id)
    return frozenset(
        record.said.item_id
        for record in ratings
        if record.session_id == session_id or (rater is not None and record.rater.casefold() == rater.casefold())
    )


def _record(row: RowMapping) -> RatingRecord:
    grades: list[dict[str, Any]] | None = row["grades"]
    item_rating = record_of(Said, row, grades=None if grades is None else tuple(grades))
    return record_of(RatingRecord, row, said=item_rating)
