"""Routes on upgrades of models that policies use."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from deployments.api.access import ADMIN, READ, Access
from deployments.api.description import PROBLEMS, answer, page_of
from deployments.api.idempotency import IdempotentRoute
from deployments.api.replies import Paging, paging, reply, sorted_page
from deployments.python import upgrades as python
from evaluation.records.policies import Upgrade

router = APIRouter(route_class=IdempotentRoute, prefix="/upgrades", responses=PROBLEMS, tags=["policies"])
Page = Annotated[Paging, Depends(paging)]


@router.get("", responses=page_of(Upgrade), dependencies=[READ])
def upgrades(request: Request, paging: Page, all: bool = False) -> Response:
    """List the upgrades on which nobody has decided; with `all` the others too."""
    return sorted_page(request, python.list_upgrades(all=all), paging, key=lambda item: item.upgrade_id)


@router.get("/{upgrade}", responses=answer(Upgrade), dependencies=[READ])
def upgrade(request: Request, upgrade: str) -> Response:
    """Return an upgrade with the figures of its test."""
    return reply(request, python.load_upgrade(upgrade))


@router.post("/{upgrade}/acceptance", responses=answer(Upgrade))
def accept(request: Request, upgrade: str, access: Annotated[Access, ADMIN]) -> Response:
    """Have the policies of a tested upgrade stand for the changed candidate from now on."""
    return reply(request, python.accept_upgrade(upgrade, by=access.name))


@router.post("/{upgrade}/refusal", responses=answer(Upgrade))
def decline(request: Request, upgrade: str, access: Annotated[Access, ADMIN]) -> Response:
    """Have the policies of an upgrade stay as they are."""
    return reply(request, python.decline_upgrade(upgrade, by=access.name))
