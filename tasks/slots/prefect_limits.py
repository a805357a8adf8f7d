"""Prefect's global concurrency limits (version 2), called with its own client but without its retries.

Prefect's client sleeps 2, 4, 8, … s after every 503, which a server of Prefect's own on SQLite gives whenever two
requests write at once, and sleeps also where no retry is left. Here each call is made once and returns at once; the
caller decides when to retry.
"""

import asyncio
import random
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import (
    GlobalConcurrencyLimitCreate,
    GlobalConcurrencyLimitUpdate,
    VariableCreate,
    VariableUpdate,
)
from prefect.context import SettingsContext, get_settings_context
from prefect.exceptions import ObjectAlreadyExists
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, Settings

from tasks.slots.limits import PLENTY, Limit, Limits, LimitsAwayError
from tasks.slots.turns import variable_name

ANSWER_WITHIN_S = 20.0
"""Request timeout in seconds. It is long, since a lease whose answer is lost has no owner until it ends."""
PAGE = 200
_FULL = frozenset({422, 423})
"""Statuses without a free slot. 423: taken. 422: more than the limit, which was edited since it was last read."""
_LATER = frozenset({408, 409, 425, 429})
"""Statuses to retry. 409: simultaneous writes, or a limit of 0, of which Prefect 3.8 can take no lease back (it
divides by the limit).
"""
_GONE = frozenset({404, 410})

T = TypeVar("T")


class PrefectLimits:
    """Limits of the Prefect server that the current settings name."""

    def __init__(self, client: PrefectClient) -> None:
        self._client = client
        present = get_settings_context()
        self._profile = present.profile
        self._settings = _without_retries(present.settings)

    async def look(self, names: Sequence[str]) -> Mapping[str, Limit]:
        limits: dict[str, Limit] = {}
        offset = 0
        while True:
            page = await self._call(lambda: self._client.read_global_concurrency_limits(limit=PAGE, offset=offset))  # noqa: B023 - called at once
            for item in page:
                if item.name in names:
                    limits[item.name] = Limit(
                        limit_id=str(item.id),
                        limit=item.limit if item.active else PLENTY,
                        n_taken=item.active_slots,
                        is_active=item.active,
                        version=str(item.updated),
                    )
            if len(page) < PAGE or len(limits) == len(set(names)):
                return limits
            offset += PAGE

    async def create(self, name: str, limit: int) -> None:
        creation = GlobalConcurrencyLimitCreate(name=name, limit=limit, active=True)
        try:
            await self._call(lambda: self._client.create_global_concurrency_limit(creation))
        except ObjectAlreadyExists:
            return

    async def change(self, limit_id: str, *, limit: int | None = None, n_taken: int | None = None) -> None:
        changes = {"limit": limit, "active_slots": n_taken}
        update = GlobalConcurrencyLimitUpdate(**{key: value for key, value in changes.items() if value is not None})
        await self._call(lambda: self._client.update_global_concurrency_limit(limit_id, update))

    async def take(self, name: str, n: int, *, lease_s: float) -> str | None:
        try:
            answer = await self._call(
                lambda: self._client.increment_concurrency_slots_with_lease(
                    names=[name], slots=n, mode="concurrency", lease_duration=lease_s
                )
            )
        except httpx.HTTPStatusError as error:
            if error.response.status_code in _FULL:
                return None
            raise
        return str(answer.json()["lease_id"])

    async def renew(self, lease_id: str, *, lease_s: float) -> bool:
        try:
            await self._call(lambda: self._client.renew_concurrency_lease(UUID(lease_id), lease_duration=lease_s))
        except httpx.HTTPStatusError as error:
            if error.response.status_code in _GONE:
                return False
            raise
        return True

    async def give_back(self, lease_id: str) -> None:
        try:
            await self._call(lambda: self._client.release_concurrency_slots_with_lease(UUID(lease_id)))
        except httpx.HTTPStatusError as error:
            if error.response.status_code not in _GONE:
                raise

    async def uncount(self, name: str, n: int) -> None:
        slots = {"names": [name], "slots": n}  # the client's own method says for how long, which divides by the limit
        await self._call(lambda: self._client.request("POST", "/v2/concurrency_limits/decrement", json=slots))

    async def read_note(self, name: str) -> Any:
        variable = await self._call(lambda: self._client.read_variable_by_name(name))
        return variable.value if variable is not None else None

    async def write_note(self, name: str, value: dict[str, Any]) -> None:
        try:
            await self._call(lambda: self._client.update_variable(VariableUpdate(name=name, value=value)))
        except httpx.HTTPStatusError as error:
            if error.response.status_code != 404:
                raise
            await self._create_note(name, value)

    async def _create_note(self, name: str, value: dict[str, Any]) -> None:
        try:
            await self._call(lambda: self._client.create_variable(VariableCreate(name=name, value=value)))
        except ObjectAlreadyExists as error:
            raise LimitsAwayError(f"another process has just written the variable {name!r} in Prefect") from error

    async def _call(self, call: Callable[[], Awaitable[T]]) -> T:
        """Return the API's answer to one request.

        Raises:
            LimitsAwayError: it has no answer now, but may have one later.
        """
        try:
            with SettingsContext(profile=self._profile, settings=self._settings):
                return await call()
        except httpx.HTTPStatusError as error:
            status = error.response.status_code
            is_old_token = status == 403 and "CSRF" in error.response.text  # the client fetches a new one next time
            if status >= 500 or status in _LATER or is_old_token:
                raise LimitsAwayError(f"the Prefect server answers {status}") from error
            raise
        except (httpx.TransportError, OSError) as error:
            raise LimitsAwayError(f"the Prefect server does not answer: {type(error).__name__} {error}") from error


_impatient: list[tuple[Settings, Settings]] = []


def _without_retries(settings: Settings) -> Settings:
    """Return the settings without retries; cached, since copying them takes longer than taking a lease."""
    for original, copied in _impatient:
        if original is settings:
            return copied
    copied = settings.copy_with_update(updates={PREFECT_CLIENT_MAX_RETRIES: 0})
    _impatient[:] = [(settings, copied)]
    return copied


async def _wait_for_nothing(response: httpx.Response) -> None:
    """Make the client return a failed response at once, however many retries are left: it sleeps before it does."""
    response.headers["Retry-After"] = "0"


@asynccontextmanager
async def prefect_limits() -> AsyncIterator[Limits]:
    """Open the limits of the Prefect server in use."""
    settings: dict[str, Any] = {
        "timeout": httpx.Timeout(ANSWER_WITHIN_S),
        "event_hooks": {"response": [_wait_for_nothing]},
    }
    if str(PREFECT_API_URL.value()).startswith("http://"):
        settings["verify"] = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # loading certificates takes longer than a lease
    async with get_client(httpx_settings=settings) as client:
        yield PrefectLimits(client)


async def ensure_limit(
    tag: str, slots: int, *, is_explicit: bool = False, resize: bool = False, patience_s: float = 30.0
) -> int:
    """Return how many requests the limit of `tag` lets through now; create it where it is missing.

    A limit that a person edited is obeyed. One that is unchanged since we set it is raised where the user says so: the
    first evaluation may have assumed a single slot. One that was switched off in Prefect limits nothing, as in Prefect
    itself: then the answer is `slots`.

    Args:
        tag: The GPU tag, which is the limit's name.
        slots: Number of concurrent requests of its endpoints.
        is_explicit: The user named this number; it was not assumed.
        resize: Set an existing limit to `slots`, whoever set it.
        patience_s: Seconds of retrying while the server is away.

    Raises:
        LimitsAwayError: the server is still away then.
    """
    async with prefect_limits() as limits:
        return await retry_while_away(
            lambda: _ensured(limits, tag, slots, is_explicit=is_explicit, resize=resize), patience_s=patience_s
        )


def limit_note_name(tag: str) -> str:
    """Return the name of the variable in Prefect with the limit that we set last."""
    return variable_name("limit", tag)


async def _ensured(limits: Limits, tag: str, slots: int, *, is_explicit: bool, resize: bool) -> int:
    limit = (await limits.look([tag])).get(tag)
    if limit is None:
        await limits.create(tag, slots)
        await limits.write_note(limit_note_name(tag), {"limit": slots})
        limit = (await limits.look([tag])).get(tag)
        if limit is None:
            raise LimitsAwayError(f"the limit {tag!r} was removed as soon as it was made")
    if resize or (is_explicit and limit.is_active and limit.limit < slots and await _is_ours(limits, tag, limit.limit)):
        if limit.limit != slots:
            await limits.change(limit.limit_id, limit=slots)
        await limits.write_note(limit_note_name(tag), {"limit": slots})
        return slots
    return limit.limit if limit.is_active else slots


async def _is_ours(limits: Limits, tag: str, limit: int) -> bool:
    """Return whether the limit is unchanged since we set it."""
    note = await limits.read_note(limit_note_name(tag))
    return isinstance(note, dict) and note.get("limit") == limit


async def retry_while_away(call: Callable[[], Awaitable[T]], *, patience_s: float, pause_s: float = 0.5) -> T:
    """Call `call`, retrying every half second while the server is away."""
    give_up_at = time.monotonic() + patience_s
    while True:
        try:
            return await call()
        except LimitsAwayError:
            if time.monotonic() >= give_up_at:
                raise
        await asyncio.sleep(pause_s * random.uniform(0.7, 1.3))  # noqa: S311 - keeps processes apart
