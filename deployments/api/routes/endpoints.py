"""Routes that write what the server asks and whom it tells: model servers, and silences of alerts."""

from datetime import UTC
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import Field, FutureDatetime

from deployments.api.access import ADMIN, READ, RUN
from deployments.api.answers import Deletion
from deployments.api.bodies import NO_NUL, Body
from deployments.api.description import PROBLEMS, answer, page_of
from deployments.api.idempotency import IdempotentRoute
from deployments.api.problems import read_number
from deployments.api.replies import Paging, paging, reply, sorted_page
from deployments.cli.alerts import store_silence
from deployments.cli.arguments import open_stored
from deployments.cli.callers import quietly
from deployments.cli.endpoints.command import store_endpoint
from evaluation.records.alerts import SilenceRecord
from evaluation.records.candidates import EndpointRecord
from evaluation.store.alert_silences import end_silence, list_silences
from evaluation.store.registry import remove_endpoint

router = APIRouter(route_class=IdempotentRoute, responses=PROBLEMS)
Page = Annotated[Paging, Depends(paging)]
Word = Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)]


class NewEndpoint(Body):
    """A model server. The variable that holds its key is set on the server's own machine alone, by the command."""

    url: Annotated[str, Field(min_length=1, max_length=2000, pattern=NO_NUL, examples=["http://127.0.0.1:11434"])]
    provider: Word | None = Field(None, description="`ollama` or `openai`; default: found out when it is asked.")
    slots: int | None = Field(None, ge=1, le=4096, description="Number of concurrent requests.")
    gpu_tag: Word | None = Field(None, description="The GPU behind it; endpoints on one GPU share a tag.")
    electricity_price: float | None = Field(None, ge=0, allow_inf_nan=False, description="Per kWh.")
    allow_remote: bool | None = Field(None, description="Allow its models that run on somebody else's machine.")


class NewSilence(Body):
    """A time in which nobody is notified of some alerts: those that fit all that is given."""

    until: FutureDatetime = Field(description="When it ends; without a time zone, in UTC.")
    rule: Word | None = None
    task: Word | None = None
    candidate: Word | None = None
    reason: Annotated[str, Field(max_length=4000, pattern=NO_NUL)] = ""


@router.put("/endpoints/{endpoint}", responses=answer(EndpointRecord), tags=["catalogues"], dependencies=[ADMIN])
def set_endpoint(request: Request, endpoint: str, body: NewEndpoint) -> Response:
    """Store a model server under a name, without asking it; what is not given of a stored one stays.

    At another address, the variable of its key and `allow_remote` do not stay: they were granted to the one before.
    """
    settings = body.model_dump(exclude={"url", "provider"})
    with quietly(), open_stored(None) as store:
        stored = store_endpoint(
            store, endpoint, body.url, provider=body.provider, settings=settings, is_contacted=False
        )
    return reply(request, stored.record)


@router.delete("/endpoints/{endpoint}", responses=answer(Deletion), tags=["catalogues"], dependencies=[ADMIN])
def delete_endpoint(request: Request, endpoint: str) -> Response:
    """Remove a stored model server; its runs stay."""
    with open_stored(None) as store:
        remove_endpoint(store, endpoint)
    return reply(request, Deletion(name=endpoint))


@router.get("/silences", responses=page_of(SilenceRecord), tags=["monitoring"], dependencies=[READ])
def silences(request: Request, paging: Page) -> Response:
    """List the silences in force, the one that ends first coming first."""
    with open_stored(None) as store:
        return sorted_page(request, list_silences(store), paging, key=lambda item: str(item.silence_id))


@router.post(
    "/silences", status_code=201, responses=answer(SilenceRecord, 201), tags=["monitoring"], dependencies=[RUN]
)
def make_silence(request: Request, body: NewSilence) -> Response:
    """Silence the notifications for a rule, task or candidate for a while. Alerts are still raised and listed."""
    until = body.until if body.until.tzinfo is not None else body.until.replace(tzinfo=UTC)
    with open_stored(None) as store:
        return reply(request, store_silence(store, **body.model_dump(exclude={"until"}), until=until), 201)


@router.delete("/silences/{silence}", responses=answer(Deletion), tags=["monitoring"], dependencies=[RUN])
def delete_silence(request: Request, silence: str) -> Response:
    """End a silence, by its number."""
    with open_stored(None) as store:
        end_silence(store, read_number(silence, "silence"))
    return reply(request, Deletion(name=silence))
