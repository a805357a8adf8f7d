"""Updating a GPU's limit in Prefect after an endpoint's slots have changed.

The limit is updated at once where a Prefect server answers, else by the next evaluation.
"""

import asyncio
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from deployments.cli.terminal.output import print_status
from deployments.prefect_home import login

if TYPE_CHECKING:
    from evaluation.store.session import Store

PATIENCE_S = 5.0


def tell_prefect(store: "Store", tag: str) -> bool:
    """Set the pending limits in Prefect, report them, and return whether that of `tag` is in effect."""
    from deployments.prefect_server import running_api

    api = running_api()
    set_now = _set_limits(store, api) if api is not None else None
    if set_now is None:
        print_status(f"no Prefect server responds; the next evaluation sets the limit {tag}")
        return False
    for name, slots in set_now.items():
        print_status(f"the limit {name} in Prefect is {slots} now")
    return True


def _set_limits(store: "Store", api: str) -> Mapping[str, int] | None:
    """Set the limits and return them; None: the server is unavailable."""
    from deployments.prefect_server import FEWER_WORDS

    for name, value in FEWER_WORDS.items():
        os.environ.setdefault(name, value)
    from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

    from tasks.pending_limits import apply_pending_limits
    from tasks.slots import LimitsAwayError

    password = {PREFECT_API_AUTH_STRING: ":".join(credentials)} if (credentials := login(api)) else {}
    with temporary_settings({PREFECT_API_URL: api, **password}):
        try:
            return asyncio.run(apply_pending_limits(store, patience_s=PATIENCE_S))
        except LimitsAwayError:
            return None
