"""Replies: results as JSON, by page, with chosen fields, and an `ETag` of what is sent."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import Response

from deployments.api.problems import ProblemError
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
        if not isinstance(place, kind):
            raise ProblemError(
                422,
                f"cursor: {self.cursor[:80]!r} is not a cursor of this list",
                "Use `next` of a page.",
                kind="cursor",
            )
        return place


def paging(
    limit: Annotated[int, Query(ge=1, le=MOST, description="Number of items at most.")] = 100,
    cursor: Annotated[str | None, Query(max_length=2000, description=_CURSOR)] = None,
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
    listed = [_chosen(as_json(item), paging.fields) for item in items]
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
    body = json.dumps(as_json(value), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(
        "utf-8", "replace"
    )
    if request.method not in ("GET", "HEAD"):
        return Response(body, status, headers=dict(headers or {}), media_type="application/json")
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**(headers or {}), "ETag": tag, "Cache-Control": "no-cache", "Vary": "Authorization"}
    tags = [text.strip().removeprefix("W/") for text in request.headers.get("if-none-match", "").split(",")]
    if tag in tags or "*" in tags:
        return Response(status_code=304, headers=headers)
    return Response(body, status, headers=headers, media_type="application/json")


def _chosen(item: Any, fields: tuple[str, ...]) -> Any:
    """Return an item with these fields alone.

    Raises:
        ProblemError: 422, a field does not exist.
    """
    if not fields or not isinstance(item, dict):
        return item
    unknown = [name for name in fields if name not in item]
    if unknown:
        raise ProblemError(
            422, f"fields: unknown field {unknown[0]!r}", f"The fields are {', '.join(item)}.", kind="unknown-field"
        )
    return {name: item[name] for name in fields}


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": words,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, words in {
        400: "The request cannot be read.",
        401: "No valid key.",
        403: "The key may not do this, or the request comes from a foreign page.",
        404: "There is nothing of this name.",
        408: "The body took too long.",
        409: "It conflicts with the state of the thing.",
        413: "The request is too large.",
        422: "A field is not valid.",
        429: "Too many requests.",
        500: "An internal error.",
        502: "A model server failed.",
        503: "Something that this needs is away.",
    }.items()
}
"""Problems that every route may answer with, for its description."""


def created(request: Request, value: object, location: str) -> Response:
    """Return what a request began or made, with its address."""
    return reply(request, value, 202, {"Location": location})
