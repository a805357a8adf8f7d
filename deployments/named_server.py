"""Checks of the Prefect server that the user configured: whether it answers, is busy, and accepts our login."""

from collections.abc import Callable

import httpx

from deployments.prefect_home import configured_api, login, source_of_api
from deployments.server_health import Health, wait_while_busy
from evaluation.errors import ConfigurationError
from evaluation.machine_load import busy_words


def wait_for_named(api: str, health_page: str, tell: Callable[[str], None]) -> None:
    """Wait until the server answers. A busy one is waited for, as it may be while a flow is at work.

    Args:
        api: Its address.
        health_page: URL of its health page.
        tell: Reports once that it is waited for.

    Raises:
        ConfigurationError: it is unreachable, refuses, or stays busy.
    """
    health = wait_while_busy(health_page, f"the Prefect server at {api}", tell)
    if health is Health.BUSY:
        raise ConfigurationError(
            f"the Prefect server at {api} is running but did not respond in time"
            + (f": {words}" if (words := busy_words()) else ""),
            "Run the command again when it is less busy; its log says what it is doing.",
        )
    if health is Health.REFUSES:
        raise ConfigurationError(
            f"the server at {api} is not a Prefect server, or refuses the health check",
            "Check the address in PREFECT_API_URL; it ends with `/api`.",
        )
    if health is Health.GONE:
        raise _not_answering(api)


def _not_answering(api: str) -> ConfigurationError:
    """Return the error for a server that does not answer, with the setting that names it."""
    if configured_api() is None:
        return ConfigurationError(
            f"the Prefect server of `benchwright serve` at {api} has stopped",
            "Start `benchwright serve` again, then run this command again.",
        )
    source = source_of_api()
    way_out = "unset PREFECT_API_URL" if source == "PREFECT_API_URL" else "prefect config unset PREFECT_API_URL"
    return ConfigurationError(
        f"no Prefect server answers at {api} (from {source})",
        f"Start it with `prefect server start`, or `{way_out}` to have one started for you.",
    )


def must_let_in(api: str) -> None:
    """Check that the server accepts our user and password, or needs none.

    Raises:
        ConfigurationError: it refuses them. A server that does not answer now raises nothing here.
    """
    try:
        status = httpx.get(f"{api}/admin/version", auth=login(api), trust_env=False, timeout=10).status_code
    except (httpx.HTTPError, httpx.InvalidURL):
        return
    if status in (401, 403):
        problem = "another one than in PREFECT_API_AUTH_STRING" if login(api) else "and none is set"
        raise ConfigurationError(
            f"the Prefect server at {api} requires a password, {problem}",
            "`export PREFECT_API_AUTH_STRING=user:password`, as its PREFECT_SERVER_API_AUTH_STRING says",
        )
