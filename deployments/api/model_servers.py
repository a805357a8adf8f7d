"""The model servers as they answer now, with their models, which forms and the first evaluation offer."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from deployments.api.refreshed import Refreshed
from deployments.cli.arguments import open_stored
from deployments.cli.servers import ask_all, requested_endpoints
from deployments.forms import Choices, choices_in
from evaluation.errors import BenchwrightError
from evaluation.model_info import ModelInfo
from evaluation.providers import OF_EMBEDDED_SERVER
from evaluation.providers.addresses import default_url
from evaluation.providers.model_names import full_name
from evaluation.records.candidates import EndpointRecord
from evaluation.resolution.endpoints import EMBEDDED
from evaluation.store.models import list_models
from evaluation.store.session import Store

WITHIN_S = 4.0
"""Seconds for a server to answer, after which it counts as away."""
EVERY_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelServer:
    """A server, with what it said of itself or why it said nothing."""

    name: str
    url: str
    provider: str
    version: str | None
    models: tuple[ModelInfo, ...]
    """Those that answer prompts."""
    is_embedded: bool
    is_default: bool
    """Whether it is the one that is asked where no server is named."""
    error: str | None = None
    next_step: str | None = None


class ModelServers:
    """The servers of one application; they are asked when somebody looks, and not each time."""

    def __init__(self, embedded_url: str | None) -> None:
        self._embedded_url = embedded_url
        self._last: Refreshed[tuple[ModelServer, ...]] = Refreshed(every_s=EVERY_S, wait_s=WITHIN_S + 2)

    def now(self, *, may_be_old: bool = True) -> tuple[ModelServer, ...]:
        """Return the servers as they answered last."""
        return self._last.get(self._ask, may_be_old=may_be_old) or ()

    def choices(self, store: Store) -> Choices:
        """Return the names that forms offer: those that are stored, and the models that servers have now."""
        stored = choices_in(store)
        retired = {full_name(each.name) for each in list_models(store, include_retired=True) if each.retired_at}
        offered = {full_name(name) for name in stored.models}
        new = {
            model.name
            for server in self.now()
            for model in server.models
            if full_name(model.name) not in retired | offered
        }
        return replace(stored, models=tuple(sorted({*stored.models, *new})))

    def all_models(self, store: Store) -> tuple[str, ...]:
        """Return the names of all models that forms offer; none where a server is away, which may have others."""
        servers = self.now()
        if not servers or any(server.error is not None for server in servers):
            return ()
        return self.choices(store).models

    def instead_of_default(self) -> tuple[str, ...]:
        """Return the servers that answer, where none of those that are asked without a choice does."""
        answering = [server for server in self.now() if server.error is None]
        if any(server.is_default or server.is_embedded for server in answering):
            return ()
        return tuple(server.name for server in answering)

    def _ask(self) -> tuple[ModelServer, ...]:
        try:
            with open_stored(None) as store:
                endpoints = requested_endpoints([], store)
        except BenchwrightError:
            endpoints = []
        return tuple([*_asked(endpoints, has_default=True), *_asked(self._embedded, has_default=False)])

    @property
    def _embedded(self) -> list[EndpointRecord]:
        if self._embedded_url is None:
            return []
        return [EndpointRecord(name=EMBEDDED, url=self._embedded_url, provider=OF_EMBEDDED_SERVER)]


def _asked(endpoints: Sequence[EndpointRecord], *, has_default: bool) -> list[ModelServer]:
    answers, errors = ask_all(endpoints, in_full=True, within_s=WITHIN_S) if endpoints else ([], [])
    servers = [
        ModelServer(
            name=answer.endpoint.name,
            url=answer.endpoint.url,
            provider=answer.endpoint.provider,
            version=answer.version,
            models=tuple(model for model in answer.models if _answers_prompts(model)),
            is_embedded=answer.endpoint.name == EMBEDDED,
            is_default=has_default and answer.endpoint.url == default_url(os.environ),
        )
        for answer in answers
    ]
    servers += [
        ModelServer(
            name=endpoint.name,
            url=endpoint.url,
            provider=endpoint.provider,
            version=None,
            models=(),
            is_embedded=endpoint.name == EMBEDDED,
            is_default=False,
            error=error.message,
            next_step=error.next_step,
        )
        for endpoint, error in errors
    ]
    return servers


def _answers_prompts(model: ModelInfo) -> bool:
    """Return False if the model only embeds texts."""
    return not model.capabilities or "completion" in model.capabilities
