"""Replies: results as JSON, by page, with chosen fields, and an `ETag` of what is sent."""

import base64
import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import Response

from deployments.api.problems import ProblemError
from evaluation.formatting import excerpt
from evaluation.results.as_json import as_json

MOST = 1000
_CURSOR = "Cursor of the next page, as `next` of the page before gave it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """Which part of a list is requested, and which fields of its items."""

    limit: int
    cursor: str | None
    fields: tuple[str, ...]

    def place(self, kind: type) -> Any:
        """Return the place at which the page begins; None: at the beginning.

        Raises:
            ProblemError: 422, the cursor is not one of this list.
        """
        if self.cursor is None:
            return None
        try:
            place = json.loads(base64.urlsafe_b64decode(self.cursor.encode()))
        except (ValueError, UnicodeError, RecursionError):
            place = None
        if not isinstance(place, kind) or not _fits(place):
            raise self._foreign()
        return place

    def moment(self) -> tuple[datetime, str] | None:
        """Return the moment and the id of the item behind which the page begins; None: at the beginning.

        Raises:
            ProblemError: 422, the cursor is not one of this list.
        """
        match self.place(list):
            case None:
                return None
            case [str(written), str(item_id)]:
                with suppress(ValueError):
                    moment = datetime.fromisoformat(written)
                    if moment.tzinfo is not None:
                        return moment, item_id
        raise self._foreign()

    def _foreign(self) -> ProblemError:
        text = f"cursor: {excerpt(self.cursor or '', 80)!r} is not a cursor of this list"
        return ProblemError(422, text, "Use `next` of a page.", kind="cursor")


Limit = Annotated[int, Query(ge=1, le=MOST, description="Number of items at most.")]
Cursor = Annotated[str | None, Query(max_length=2000, description=_CURSOR)]


def paging(
    limit: Limit = 100,
    cursor: Cursor = None,
    fields: Annotated[str | None, Query(max_length=2000, description="Names of fields, separated by commas.")] = None,
) -> Paging:
    """Return the requested page."""
    names = tuple(name.strip() for name in (fields or "").split(",") if name.strip())
    return Paging(limit=limit, cursor=cursor, fields=names)


def cursor_of(place: object) -> str:
    """Return the cursor of a place."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def page(request: Request, items: Iterable[object], paging: Paging, *, next_place: object = None) -> Response:
    """Return a page of items, with the cursor of the next one; `next` is null on the last page."""
    listed = _chosen([as_json(item) for item in items], paging.fields)
    return reply(request, {"items": listed, "next": None if next_place is None else cursor_of(next_place)})


def sorted_page(
    request: Request,
    items: Sequence[object],
    paging: Paging,
    *,
    key: Callable[[Any], str],
) -> Response:
    """Return a page of a list that is in memory whole, such as a catalogue, in its order.

    The cursor is the key of the last item, so that entries that come or go meanwhile shift nothing.
    """
    rest = list(items)
    last = paging.place(str)
    if last is not None:
        keys = [key(item) for item in rest]
        if last not in keys:
            raise ProblemError(422, "cursor: its item is gone", "Begin with the first page.", kind="cursor")
        rest = rest[keys.index(last) + 1 :]
    listed = rest[: paging.limit]
    has_more = len(rest) > len(listed)
    return page(request, listed, paging, next_place=key(listed[-1]) if has_more else None)


def reply(request: Request, value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a result as JSON; 304 where the client has this very content already."""
    return reply_written(request, written(value), status, headers)


def reply_written(
    request: Request, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return JSON that is written already, as `reply` does."""
    if request.method not in ("GET", "HEAD"):
        return Response(body, status, headers=dict(headers or {}), media_type="application/json")
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**(headers or {}), "ETag": tag, "Cache-Control": "no-cache", "Vary": "Authorization"}
    tags = [text.strip().removeprefix("W/") for text in request.headers.get("if-none-match", "").split(",")]
    if tag in tags or "*" in tags:
        return Response(status_code=304, headers=headers)
    return Response(body, status, headers=headers, media_type="application/json")


def written(result: object) -> bytes:
    """Return a result as the text of its JSON; numbers that JSON has not are null."""
    value = as_json(result)
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:
        text = json.dumps(_finite(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _fits(place: Any) -> bool:
    """Return whether a database takes every part of a place."""
    if isinstance(place, list):
        return all(_fits(part) for part in place)
    if isinstance(place, str):
        return "\0" not in place and not any("\ud800" <= letter <= "\udfff" for letter in place)
    return isinstance(place, int) and not isinstance(place, bool) and abs(place) < 2**63


def _chosen(items: list[Any], fields: tuple[str, ...]) -> list[Any]:
    """Return items with these fields alone; null where an item lacks a field that others have.

    Raises:
        ProblemError: 422, no item has the field.
    """
    if not fields or not items:
        return items
    existing = list(dict.fromkeys(name for item in items for name in item))
    unknown = [name for name in fields if name not in existing]
    if unknown:
        raise ProblemError(
            422, f"fields: unknown field {unknown[0]!r}", f"The fields are {', '.join(existing)}.", kind="unknown-field"
        )
    return [{name: item.get(name) for name in fields} for item in items]
