"""Routes on who may ask: keys, and the audit of changes."""

from datetime import UTC
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import Field, FutureDatetime

from deployments.api.access import ADMIN
from deployments.api.answers import MadeKey
from deployments.api.bodies import Body, BudgetLimits
from deployments.api.description import PROBLEMS, answer, page_of
from deployments.api.idempotency import IdempotentRoute
from deployments.api.replies import Paging, page, paging, reply, sorted_page
from deployments.cli.arguments import open_stored
from evaluation.files.names import LONGEST_TITLE
from evaluation.records.access import ApiKey, AuditEntry, Scope
from evaluation.request_rates import read_rate
from evaluation.store.api_keys import create_key, list_keys, revoke_key
from evaluation.store.audit import list_changes
from selection.policies.settings import budget_of

router = APIRouter(route_class=IdempotentRoute, dependencies=[ADMIN], responses=PROBLEMS, tags=["administration"])
Page = Annotated[Paging, Depends(paging)]


class NewKey(Body):
    """A key to make."""

    name: str = Field(min_length=1, max_length=LONGEST_TITLE, examples=["nightly"])
    scopes: list[Scope] = Field(min_length=1)
    expires_at: FutureDatetime | None = Field(None, description="When it ends; without a time zone, in UTC.")
    rate: str | None = Field(None, max_length=50, examples=["60/minute"])
    budget: BudgetLimits = Field(
        default_factory=BudgetLimits, description="The most that its calls of models use on one day (UTC)."
    )


@router.get("/keys", responses=page_of(ApiKey))
def keys(request: Request, paging: Page) -> Response:
    """List keys, without their secrets, those that are over too."""
    with open_stored(None) as store:
        return sorted_page(request, list_keys(store), paging, key=lambda item: item.key_id)


@router.post("/keys", status_code=201, responses=answer(MadeKey, 201))
def make_key(request: Request, body: NewKey) -> Response:
    """Make a key. Its text is in this answer alone, and cannot be had again."""
    rate = None if body.rate is None else str(read_rate(body.rate))
    ends = body.expires_at
    if ends is not None and ends.tzinfo is None:
        ends = ends.replace(tzinfo=UTC)
    with open_stored(None) as store:
        limits = budget_of(body.budget.limits)
        key, text = create_key(store, name=body.name, scopes=body.scopes, expires_at=ends, rate=rate, budget=limits)
    return reply(request, MadeKey(made=key, key=text), 201, {"Cache-Control": "no-store"})


@router.delete("/keys/{key}", responses=answer(ApiKey))
def end_key(request: Request, key: str) -> Response:
    """Revoke a key, by its name or id."""
    with open_stored(None) as store:
        revoked = revoke_key(store, key)
    request.app.state.doorkeeper.forget(revoked)
    return reply(request, revoked)


@router.get("/audit", responses=page_of(AuditEntry))
def audit(request: Request, paging: Page) -> Response:
    """List the changes that were requested, the newest first."""
    with open_stored(None) as store:
        listed = list_changes(store, before=paging.place(int), limit=paging.limit + 1)
    items = listed[: paging.limit]
    return page(request, items, paging, next_place=items[-1].entry_id if len(listed) > len(items) else None)
