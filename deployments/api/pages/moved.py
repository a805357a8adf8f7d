"""Addresses that pages had in earlier releases, which lead to where the pages are now."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from deployments.api.access import READ

router = APIRouter(dependencies=[READ], include_in_schema=False)
MOVED: Mapping[str, str] = {"/catalogue/policies": "/policies"}
"""Where each page is now, by its address before."""


def _redirect(request: Request) -> Response:
    return RedirectResponse(MOVED[request.url.path], 308)


for _address in MOVED:
    router.add_api_route(_address, _redirect, methods=["GET"])
