"""A model server behind the gateway: its connections, its queue, its circuit breakers, and what it says of itself."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from deployments.gateway.cached_value import CachedValue
from deployments.gateway.wires import WIRES, Wire
from evaluation.errors import BenchwrightError, ConfigurationError, FailureKind, ProviderError, TransientProviderError
from evaluation.model_info import ModelInfo
from evaluation.providers import PROVIDERS
from evaluation.providers.connection import Connection
from evaluation.providers.error_replies import RequestContext, line_refusal
from evaluation.providers.model_names import find_model, full_name
from evaluation.records.candidates import EndpointRecord
from selection.serving_order.circuit_breaker import Blame, Breakers
from selection.serving_order.order import expected_wait_s

_WEIGHT = 0.2
"""Share of the newest answer in the mean duration."""
_SILENT = frozenset({FailureKind.TIMED_OUT, FailureKind.LOADING_TIMED_OUT, FailureKind.CUT_STREAM})
"""Failures after which nothing shows that the server answers."""
_REFUSALS = frozenset({FailureKind.BAD_OPTION, FailureKind.PROMPT_TOO_LONG, FailureKind.MODEL_NOT_PULLED})
"""Failures that a server tells of in words, and that are none of its own."""


class Upstream:
    """One server. Used on one event loop.

    Args:
        record: The endpoint, with its provider.
        api_key: Its key.
        listing_age_s: Age at which its list of models is read anew.
        loaded_age_s: The same for what is loaded.

    Raises:
        ConfigurationError: nobody here can ask a server of this protocol for a client.
    """

    def __init__(
        self, record: EndpointRecord, *, api_key: str | None, listing_age_s: float, loaded_age_s: float
    ) -> None:
        self.record = record
        provider = PROVIDERS[record.provider]
        self.wire = _wire(record, provider.chat_path)
        self.provider = provider(record.url, api_key=api_key, allow_remote=record.allow_remote)
        self._error_of = provider.error_of
        self.connection = Connection(
            record.url.rstrip("/").removesuffix("/v1"), error_of=provider.error_of, api_key=api_key, transport=None
        )
        self.breakers = Breakers()
        self.n_in_flight = 0
        """Calls of clients on their way."""
        self.on_one_gpu: list[Upstream] = []
        """Other servers on the same GPU, as the endpoints' tags say."""
        self.shadows: list[asyncio.Task[None]] = []
        """Calls in the background, which give way to those of clients."""
        self.last_asked_at = float("-inf")
        """When a client's call began or ended last, in seconds of `time.monotonic`."""
        self._service_s: float | None = None
        self.models = CachedValue[tuple[ModelInfo, ...]](self.provider.models, first=(), max_age_s=listing_age_s)
        self.tags = CachedValue[tuple[Mapping[str, Any], ...]](self._tags, first=(), max_age_s=listing_age_s)
        self.version = CachedValue[str | None](self.provider.version, first=None, max_age_s=listing_age_s)
        self._loaded = CachedValue[frozenset[str] | None](self._names_loaded, first=None, max_age_s=loaded_age_s)

    @property
    def name(self) -> str:
        """The endpoint's name."""
        return self.record.name

    @property
    def is_unused(self) -> bool:
        """Whether nothing of it is under way."""
        return not self.n_in_flight and not self.shadows

    async def close(self) -> None:
        """End what runs in the background, and close every connection."""
        for cached in (self.models, self.tags, self.version, self._loaded):
            await cached.close()
        await self.connection.close()
        await self.provider.__aexit__(None, None, None)

    async def model(self, name: str) -> ModelInfo | None:
        """Return the model that the server would use for a name; None if it lists none."""
        return find_model(await self.models.get(), name)

    async def name_of(self, model: str, digest: str | None) -> tuple[str, str | None]:
        """Return the name under which the server has a model's weights, and why there is none.

        The model's own name stands where the server cannot be asked now.

        Args:
            model: Name of the model.
            digest: Its weights; None: they were not verified.
        """
        models = await self.models.get()
        if self.models.error is not None or not models:
            return model, None
        info = await self.model(model)
        if info is not None and (not digest or not info.digest or digest == info.digest):
            return model, None
        kept = next((each.name for each in models if digest and each.digest == digest), None)
        if kept is not None:
            return kept, None
        if info is None:
            return model, f"{self.name} no longer has {model}"
        return model, f"{model} on {self.name} holds other weights now: evaluate it again"

    async def _tags(self) -> tuple[Mapping[str, Any], ...]:
        """Return what the server lists, in its own words where it speaks Ollama's protocol."""
        path = self.provider.digests_path
        if path is None:
            return tuple(_tag(info) for info in await self.models.get())
        answer = await self.connection.ask("GET", path, context=RequestContext(url=self.name))
        entries = answer.get("models")
        return tuple(entry for entry in entries if isinstance(entry, Mapping)) if isinstance(entries, list) else ()

    async def _names_loaded(self) -> frozenset[str] | None:
        if not self.provider.tells_what_is_loaded:
            return None
        return frozenset(full_name(loaded.name).casefold() for loaded in await self.provider.loaded())

    async def has_loaded(self, model: str) -> bool | None:
        """Check whether a model is in the server's memory; None where it does not tell."""
        names = await self._loaded.get()
        return None if names is None else full_name(model).casefold() in names

    def wait_s(self, expected_s: float | None) -> float:
        """Return the expected wait for a slot, from the requests that are on their way.

        Args:
            expected_s: Expected duration of an answer, used until answers were timed here.
        """
        return self._n_ahead() * (self._service_s if self._service_s is not None else expected_s or 0.0)

    def _n_ahead(self) -> float:
        """Return how many answers long the queue is."""
        return expected_wait_s(n_in_flight=self.n_in_flight, n_slots=self.n_slots, service_s=1.0)

    @property
    def n_slots(self) -> int:
        """Calls that the server answers at once."""
        return self.record.slots or 1

    async def is_idle_for(self, model: str, *, quiet_s: float) -> bool:
        """Check whether a slot is free for a call in the background, which must not cost anybody else time.

        Another server on the same GPU has to be idle, since its calls would be slowed down.
        A model that is not loaded would have to be loaded, on one GPU in place of another: only where nobody has asked
        the server for a while.
        """
        is_loaded = await self.has_loaded(model)
        # Nothing is awaited from here until the shadow counts as on its way.
        now = time.monotonic()
        if not self.breakers.is_closed(model) or self.n_in_flight + len(self.shadows) >= self.n_slots:
            return False
        if any(other.n_in_flight or other.shadows for other in self.on_one_gpu):
            return False
        if is_loaded is False:
            is_quiet = all(now - each.last_asked_at >= quiet_s for each in (self, *self.on_one_gpu))
            return not self.n_in_flight and not self.shadows and is_quiet
        return True

    def _give_way(self) -> None:
        """End calls in the background whose slots a client's call needs."""
        n_needed = min(len(self.shadows), self.n_in_flight + len(self.shadows) + 1 - self.n_slots)
        for task in self.shadows[::-1][: max(0, n_needed)]:
            task.cancel()
        for other in self.on_one_gpu:
            for task in other.shadows:
                task.cancel()

    @contextmanager
    def asked(self, model: str) -> Iterator[None]:
        """Count a request to a model as on its way for the block, and learn from how it ends."""
        self._give_way()
        began = self.last_asked_at = time.monotonic()
        tested = self.breakers.started(model)
        n_rounds = 1.0 + self._n_ahead()
        self.n_in_flight += 1
        try:
            yield
        except BaseException as error:
            self.breakers.failed(model, time.monotonic(), _blame(error), tested)
            raise
        else:
            self.breakers.succeeded(model)
            lasted_s = (time.monotonic() - began) / n_rounds
            mean_s = self._service_s
            self._service_s = lasted_s if mean_s is None else (1 - _WEIGHT) * mean_s + _WEIGHT * lasted_s
        finally:
            self.n_in_flight -= 1
            self.last_asked_at = time.monotonic()

    def error_in_stream(self, record: Mapping[str, Any], context: RequestContext) -> BenchwrightError:
        """Return the error that a record within an answer is."""
        return self._error_of(line_refusal(record), context)


def _blame(error: BaseException) -> Blame:
    """Return whose failure it was that a request got no answer."""
    if not isinstance(error, ProviderError) or error.kind is FailureKind.QUEUE_FULL:
        return "nobody"
    if error.kind is FailureKind.SERVER_DOWN:
        return "server"
    if error.kind in _SILENT:
        return "silence"
    if isinstance(error, TransientProviderError):
        return "model"
    return "request" if error.kind in _REFUSALS else "nobody"


def _wire(record: EndpointRecord, chat_path: str | None) -> Wire:
    if chat_path is None or chat_path not in WIRES:
        raise ConfigurationError(
            f"endpoint {record.name!r} speaks {record.provider!r}, which cannot be served through the gateway",
            f"Name endpoints that are asked at {' or '.join(WIRES)}.",
        )
    return WIRES[chat_path]


def _tag(info: ModelInfo) -> dict[str, Any]:
    details = {"format": "", "family": info.family or "", "families": None, "parameter_size": info.parameter_size or ""}
    return {
        "name": info.name,
        "model": info.name,
        "modified_at": "1970-01-01T00:00:00Z",
        "size": info.size_bytes or 0,
        "digest": info.digest or "",
        "details": details | {"quantization_level": info.quantization or ""},
    }
