"""Stored ratings by people of a review's cases."""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from evaluation.records.reviews import ListedRating, RatingRecord, Said
from evaluation.store.record_rows import record_of
from evaluation.store.session import Store
from evaluation.store.statements import now, upsert
from evaluation.store.tables import rating, review, review_item, review_output

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


def remove_rating(store: Store, *, item_id: int, rater: str) -> None:
    """Delete what a rater, by the name as stored, said of an item; nothing happens where nothing was said."""
    this = sa.and_(rating.c.item_id == item_id, rating.c.rater == rater)
    with store.write() as connection:
        connection.execute(sa.delete(rating).where(this))


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


def newest_ratings(
    store: Store,
    *,
    review_ids: Collection[str] | None = None,
    without: Collection[str] = (),
    candidate: str | None = None,
    raters: Collection[str] | None = None,
    before: int | None = None,
    limit: int,
) -> tuple[ListedRating, ...]:
    """Return ratings of all reviews, the newest first.

    Args:
        store: The store.
        review_ids: Only those of these reviews; None: of all.
        without: Leave those of these reviews out.
        candidate: Only those of cases that show an answer of this candidate.
        raters: Only those of raters with these names, as they are stored; None: of all.
        before: Number of the rating behind which they begin; None: at the newest.
        limit: Number of ratings at most.
    """
    query = sa.select(rating, review_item.c.review_id).join(review_item, review_item.c.id == rating.c.item_id)
    if review_ids is not None:
        query = query.where(review_item.c.review_id.in_(review_ids))
    if without:
        query = query.where(review_item.c.review_id.not_in(without))
    if candidate is not None:
        shows = (review_output.c.item_id == rating.c.item_id) & (review_output.c.candidate == candidate)
        query = query.where(sa.exists().where(shows))
    if raters is not None:
        query = query.where(rating.c.rater.in_(raters))
    if before is not None:
        query = query.where(rating.c.id < before)
    with store.read() as connection:
        rows = connection.execute(query.order_by(rating.c.id.desc()).limit(limit)).mappings()
        return tuple(ListedRating(rating_id=row["id"], review_id=row["review_id"], rating=_record(row)) for row in rows)


def names_of_rater(store: Store, rater: str) -> frozenset[str]:
    """Return the names in all reviews that differ from this one only in capitals and blanks."""
    sought = " ".join(rater.split()).casefold()
    with store.read() as connection:
        names = connection.execute(sa.select(rating.c.rater).distinct()).scalars()
        return frozenset(name for name in names if name.casefold() == sought)


def reviews_of_run(store: Store, run: str) -> frozenset[str]:
    """Return the ids of the reviews of a run, by its id or the beginning of it."""
    with store.read() as connection:
        rows = connection.execute(sa.select(review.c.id, review.c.run_ids)).all()
    return frozenset(row.id for row in rows if any(run_id.startswith(run) for run_id in row.run_ids))


def _record(row: RowMapping) -> RatingRecord:
    grades: list[dict[str, Any]] | None = row["grades"]
    item_rating = record_of(Said, row, grades=None if grades is None else tuple(grades))
    return record_of(RatingRecord, row, said=item_rating)
