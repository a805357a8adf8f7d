"""The servers behind the gateway: those that were named, else the stored endpoints, else Ollama at its usual place."""

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import replace

from deployments.gateway.cached_value import CachedValue
from deployments.gateway.gateway_settings import GatewaySettings
from deployments.gateway.upstream import Upstream
from evaluation.errors import BenchwrightError, ConfigurationError, FailureKind, ProviderError, UnknownNameError
from evaluation.providers import OF_EMBEDDED_SERVER
from evaluation.providers.addresses import default_url, normalise_url
from evaluation.providers.detection import detect_provider
from evaluation.providers.model_names import is_remote, remote_refused
from evaluation.records.candidates import EndpointRecord
from evaluation.records.evidence import Place
from evaluation.servers.kept_weights import KEPT
from evaluation.store.policies import list_policies
from evaluation.store.registry import find_endpoint, list_endpoints
from evaluation.store.session import Store

ENDPOINTS_AGE_S = 5.0
RETIRED_S = 60.0
"""Seconds after which the connections to an endpoint that was changed or removed are closed, once nothing is under way:
a call that was planned before may still begin.
"""
_EMBEDDED = "embedded"


class Directory:
    """Keeps one `Upstream` for each server. Used on one event loop.

    Args:
        store: Its endpoints are served, and those added later within seconds.
        endpoints: Names or addresses of servers; empty: all stored ones.
        embedded_url: Address of a running embedded server.
        settings: The gateway's.
    """

    def __init__(
        self, store: Store, *, endpoints: Sequence[str], embedded_url: str | None, settings: GatewaySettings
    ) -> None:
        self._store = store
        self._texts = tuple(endpoints)
        self._embedded_url = embedded_url
        self._settings = settings
        self._upstreams: dict[EndpointRecord, Upstream] = {}
        self._records = CachedValue[tuple[EndpointRecord, ...]](self._read, first=(), max_age_s=ENDPOINTS_AGE_S)
        self._errors: dict[EndpointRecord, tuple[BenchwrightError, float]] = {}
        self._served: tuple[EndpointRecord, ...] = ()
        self._retired: list[tuple[Upstream, float]] = []

    @property
    def known(self) -> tuple[Upstream, ...]:
        """The servers that were asked so far."""
        return tuple(self._upstreams.values())

    async def close(self) -> None:
        """Close every connection."""
        await self._records.close()
        for upstream in (*self._upstreams.values(), *(upstream for upstream, _ in self._retired)):
            await upstream.close()

    async def _read(self) -> tuple[EndpointRecord, ...]:
        return await asyncio.to_thread(self._requested)

    def _requested(self) -> tuple[EndpointRecord, ...]:
        if self._texts:
            return tuple(self._named(text) for text in self._texts)
        stored = list_endpoints(self._store)
        records = stored or (_unnamed(default_url(os.environ)),)
        if self._embedded_url is None:
            return records
        return (*records, EndpointRecord(name=_EMBEDDED, url=self._embedded_url, provider=OF_EMBEDDED_SERVER))

    def _named(self, text: str) -> EndpointRecord:
        if text == _EMBEDDED and self._embedded_url is not None:
            return EndpointRecord(name=_EMBEDDED, url=self._embedded_url, provider=OF_EMBEDDED_SERVER)
        stored = find_endpoint(self._store, text)
        return stored if stored is not None else _unnamed(normalise_url(text))

    async def upstreams(self) -> tuple[Upstream, ...]:
        """Return the servers; those whose protocol cannot be told now are left out.

        Raises:
            ConfigurationError: an address that is none.
            StoreError: the store is away, and nothing was read from it yet.
        """
        records = await self._records.get()
        if not records and self._records.error is not None:
            raise self._records.error
        if records != self._served:
            self._served = records
            self._retire(records)
        if self._retired:
            await self._close_retired()
        answers = await asyncio.gather(*(self._upstream(record) for record in records))
        return tuple(upstream for upstream in answers if upstream is not None)

    def _retire(self, records: Sequence[EndpointRecord]) -> None:
        """Let go of the servers of endpoints that were changed or removed; who needs one anew gets another."""
        now = time.monotonic()
        for record in self._upstreams.keys() - set(records):
            self._retired.append((self._upstreams.pop(record), now))
        self._errors = {record: error for record, error in self._errors.items() if record in records}

    async def _close_retired(self) -> None:
        now = time.monotonic()
        over = [each for each, since in self._retired if now - since >= RETIRED_S and each.is_unused]
        self._retired = [pair for pair in self._retired if pair[0] not in over]
        for upstream in over:
            for other in upstream.on_one_gpu:
                other.on_one_gpu.remove(upstream)
            await upstream.close()

    async def _upstream(self, record: EndpointRecord) -> Upstream | None:
        if record in self._upstreams:
            return self._upstreams[record]
        if record in self._errors and time.monotonic() < self._errors[record][1]:
            return None
        try:
            upstream = await self._created(record)
        except BenchwrightError as error:
            self._errors[record] = error, time.monotonic() + ENDPOINTS_AGE_S
            return None
        self._errors.pop(record, None)
        if record not in self._upstreams:
            self._join(upstream)
        return self._upstreams.setdefault(record, upstream)

    def _join(self, upstream: Upstream) -> None:
        """Tell a new server and those on the same GPU of each other."""
        tag = upstream.record.gpu_tag
        for other in self._upstreams.values():
            if tag is not None and other.record.gpu_tag == tag and other.record.url != upstream.record.url:
                other.on_one_gpu.append(upstream)
                upstream.on_one_gpu.append(other)

    async def _created(self, record: EndpointRecord) -> Upstream:
        key = os.environ.get(record.key_variable) if record.key_variable else None
        if record.key_variable and not key:
            raise ConfigurationError(
                f"endpoint {record.name!r} takes its key from the variable {record.key_variable!r}, which is not set",
                f"`export {record.key_variable}=…`",
            )
        provider = record.provider or await detect_provider(record.url, api_key=key)
        return Upstream(
            replace(record, provider=provider),
            api_key=key,
            listing_age_s=self._settings.listing_age_s,
            loaded_age_s=self._settings.loaded_age_s,
        )

    async def at(self, place: Place) -> Upstream | None:
        """Return the server on which a candidate can be called; None if it is not served here."""
        for upstream in await self.upstreams():
            if upstream.name == place.name or upstream.record.url == place.url:
                return upstream
        if self._texts or place.url is None:
            return None
        return await self._upstream(EndpointRecord(name=place.name, url=place.url, provider=place.provider))

    async def with_model(self, name: str) -> tuple[Upstream, ...]:
        """Return the servers that have a model.

        Raises:
            UnknownNameError: none has it; names those that there are.
            ProviderError: it runs on somebody else's machine, which its endpoint does not allow.
        """
        holders = await self._holders(name)
        if not holders:  # It may have been pulled since.
            await asyncio.gather(*(upstream.models.renew() for upstream in await self.upstreams()))
            holders = await self._holders(name)
        if not holders:
            raise await self._unknown(name)
        return holders

    async def has(self, name: str) -> bool:
        """Check whether a server lists a model."""
        return any([await upstream.model(name) is not None for upstream in await self.upstreams()])

    async def _holders(self, name: str) -> tuple[Upstream, ...]:
        holders = []
        refused: ProviderError | None = None
        for upstream in await self.upstreams():
            info = await upstream.model(name)
            if info is not None and is_remote(info) and not upstream.record.allow_remote:
                refused = remote_refused(name, info.remote_host)
            elif info is not None:
                holders.append(upstream)
        if refused is not None and not holders:
            raise refused
        return tuple(holders)

    async def _unknown(self, name: str) -> BenchwrightError:
        upstreams = await self.upstreams()
        errors = [
            *(error for error, _ in self._errors.values()),
            *(each.models.error for each in upstreams if each.models.error is not None),
        ]
        names = sorted({info.name for upstream in upstreams for info in upstream.models.value})
        if errors and not names:
            return ProviderError(
                f"no server can be asked: {'; '.join(error.message for error in errors)}",
                FailureKind.SERVER_DOWN,
                errors[0].next_step,
            )
        own = ["auto", *await asyncio.to_thread(self._policies)]
        listed = [each for each in names if not each.startswith(KEPT)]
        return UnknownNameError("model", name, [*own, *listed], f"Take one of these, or run `ollama pull {name}`.")

    def _policies(self) -> list[str]:
        try:
            return [policy.name for policy in list_policies(self._store)]
        except BenchwrightError:
            return []


def _unnamed(url: str) -> EndpointRecord:
    return EndpointRecord(name=url.split("://", 1)[1].strip("/"), url=url)
