"""Every route of the pages that is read, with the addresses under which a store for tests has something."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from fastapi.routing import APIRoute
from hostile_store import LABEL

from deployments.api.pages.mounting import PAGES

NAMES: Mapping[str, str] = {
    "run": "mixed",
    "id": "c01",
    "comparison": "last",
    "experiment": "hostile",
    "recommendation": "hostile",
    "name": LABEL,
    "race": "race",
    "sweep": "sweep",
    "review": "last",
    "alert": "last",
    "deployment": "evaluate",
    "policy": "hostile",
    "model": "1",
}
"""What stands in the place of each parameter that a page needs; a new one has to find its place here."""


@dataclass(frozen=True)
class ShownPage:
    """A page, with the parameters that it may have."""

    path: str
    needed: tuple[str, ...]
    optional: tuple[str, ...]

    @property
    def address(self) -> str:
        """Where a store for tests has something."""
        return self.address_with(NAMES)

    def address_with(self, names: Mapping[str, str], **more: str) -> str:
        """Return the address of what these names name."""
        path = re.sub(r"\{([^}]+)\}", lambda match: quote(names[match[1]], safe=""), self.path)
        query = urlencode({name: names[name] for name in self.needed} | more)
        return f"{path}?{query}" if query else path


def _shown_pages() -> tuple[ShownPage, ...]:
    return tuple(
        ShownPage(
            path=route.path,
            needed=tuple(each.alias for each in route.dependant.query_params if each.field_info.is_required()),
            optional=tuple(each.alias for each in _query_of(route) if not each.field_info.is_required()),
        )
        for pages in PAGES
        for route in pages.router.routes
        if isinstance(route, APIRoute) and "GET" in route.methods and "{flow_run}" not in route.path
    )


def _query_of(route: APIRoute) -> list[Any]:
    own = list(route.dependant.query_params)
    for each in route.dependant.dependencies:
        own += each.query_params
    return own


SHOWN_PAGES = _shown_pages()
"""All but those of flow runs, which a Prefect server has."""
