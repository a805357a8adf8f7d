"""Resolution of endpoints: which of the named servers answer, and which models they have."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evaluation.errors import BenchwrightError, ConfigurationError
from evaluation.model_info import ModelInfo
from evaluation.providers import OF_EMBEDDED_SERVER, PROVIDERS
from evaluation.providers.addresses import default_url, normalise_url
from evaluation.providers.detection import START_ONE, connect
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.settings import Settings

if TYPE_CHECKING:
    from evaluation.store.session import Store

EMBEDDED = "embedded"
DEFAULT_SLOTS = 1


@dataclass(frozen=True, kw_only=True)
class ResolvedEndpoint:
    """A server that responded."""

    name: str
    url: str
    provider: str
    gpu_tag: str
    slots: int
    slots_are_given: bool = False
    """True if the user set the number of slots, False if it was assumed."""
    key_variable: str | None = None
    allow_remote: bool = False
    server_version: str | None = None
    models: tuple[ModelInfo, ...] = ()
    limits: tuple[str, ...] = ()

    @property
    def option(self) -> str:
        """` --endpoint …` for a command that is to ask this server too; empty for the one that is asked by default."""
        if self.url == default_url(os.environ):
            return ""
        return f" --endpoint {self.url if self.url.endswith(self.name) else self.name}"

    @property
    def api_key(self) -> str | None:
        """The key in the variable that the endpoint names; never stored, never shown."""
        return os.environ.get(self.key_variable) if self.key_variable else None


async def resolve_endpoints(
    request: EvaluationRequest, *, settings: Settings, store: "Store | None", may_embed: bool = True
) -> tuple[list[ResolvedEndpoint], list[str]]:
    """Return the servers that answer, and notes on them.

    Args:
        request: Which servers are meant.
        settings: Where an embedded server is, if one runs.
        store: With the stored endpoints; None: there is none yet.
        may_embed: Whether an embedded server can be asked for.

    Raises:
        ConfigurationError: no server answers, no such provider, or no server of it.
    """
    requested = _requested_endpoints(request, settings, store)
    requested = list({endpoint.url: endpoint for endpoint in reversed(requested)}.values())[::-1]
    _refuse_unused_provider(request.provider, requested)
    answers = await asyncio.gather(*(_ask(endpoint) for endpoint in requested), return_exceptions=True)
    endpoints: list[ResolvedEndpoint] = []
    notes: list[str] = []
    errors: list[BenchwrightError] = []
    for answer in answers:
        if isinstance(answer, BenchwrightError):
            errors.append(answer)
        elif isinstance(answer, BaseException):
            raise answer
        else:
            endpoints.append(answer)
    if not endpoints:
        step = _next_step(errors[0], embedded=request.embedded or not may_embed)
        raise ConfigurationError("; ".join(error.message for error in errors), step)
    notes += [f"left out: {error.message}" for error in errors]
    if request.slots is None:
        notes += [
            f"{endpoint.name}: 1 request at a time; --slots N if the server serves more (OLLAMA_NUM_PARALLEL)"
            for endpoint in endpoints
            if endpoint.slots == DEFAULT_SLOTS and endpoint.name != EMBEDDED
        ]
    return endpoints, notes


def _requested_endpoints(
    request: EvaluationRequest, settings: Settings, store: "Store | None"
) -> list[ResolvedEndpoint]:
    """Return the named servers.

    Where none is named: Ollama at its usual address, and the embedded server where it is already running.
    """
    is_default = not request.endpoints and not request.embedded
    is_named = EMBEDDED in request.endpoints
    texts = [default_url(os.environ)] if is_default else list(request.endpoints)
    endpoints = [_requested_endpoint(text, request, store=store) for text in texts if text != EMBEDDED]
    if request.embedded or is_named or (is_default and settings.embedded_url):
        endpoints.append(_embedded_endpoint(request, settings))
    return endpoints


def _refuse_unused_provider(provider: str | None, requested: Sequence[ResolvedEndpoint]) -> None:
    """Refuse a protocol that does not exist, or that none of the servers is to be asked in."""
    if not provider:
        return
    if provider not in PROVIDERS:
        raise ConfigurationError(
            f"invalid --provider {provider!r}; allowed: {', '.join(PROVIDERS)}",
            "Give one of these, or leave it out: the server is asked which it speaks.",
        )
    if all(endpoint.provider != provider for endpoint in requested):
        spoken = ", ".join(f"{endpoint.name} speaks {endpoint.provider}" for endpoint in requested)
        raise ConfigurationError(
            f"--provider {provider} is for no server of this run: {spoken}",
            "Leave --provider out, or give the address of such a server with --endpoint.",
        )


def _next_step(error: BenchwrightError, *, embedded: bool) -> str | None:
    """Return the error's own next step, with `--embedded` where that would start a server."""
    if error.next_step == START_ONE and not embedded:
        return f"{START_ONE.removesuffix('.')}, or add `--embedded`."
    return error.next_step


def _requested_endpoint(text: str, request: EvaluationRequest, *, store: "Store | None") -> ResolvedEndpoint:
    stored = None
    if store is not None:
        from evaluation.store.registry import find_endpoint

        stored = find_endpoint(store, text)
    if stored is not None:
        return ResolvedEndpoint(
            name=stored.name,
            url=stored.url,
            provider=stored.provider or request.provider or "",
            gpu_tag=request.gpu_tag or stored.gpu_tag or default_gpu_tag(stored.url),
            slots=request.slots or stored.slots or DEFAULT_SLOTS,
            slots_are_given=request.slots is not None,
            key_variable=stored.key_variable,
            allow_remote=stored.allow_remote,
        )
    url = normalise_url(text)
    return ResolvedEndpoint(
        name=_address(url),
        url=url,
        provider=request.provider or "",
        gpu_tag=request.gpu_tag or default_gpu_tag(url),
        slots=request.slots or DEFAULT_SLOTS,
        slots_are_given=request.slots is not None,
    )


def default_gpu_tag(url: str) -> str:
    """Return `gpu-HOST-PORT` of the endpoint."""
    return "gpu-" + "".join(letter if letter.isalnum() else "-" for letter in _address(url)).strip("-").lower()


def _address(url: str) -> str:
    return url.split("://", 1)[1].strip("/")


def _embedded_endpoint(request: EvaluationRequest, settings: Settings) -> ResolvedEndpoint:
    if not settings.embedded_url:
        raise ConfigurationError(
            "no embedded server is running", "`benchwright evaluate --embedded …` starts one, and so does `serve`."
        )
    return ResolvedEndpoint(
        name=EMBEDDED,
        url=settings.embedded_url,
        provider=OF_EMBEDDED_SERVER,
        gpu_tag=request.gpu_tag or "gpu-embedded",
        slots=request.slots or _embedded_slots(),
        slots_are_given=request.slots is not None,
    )


def _embedded_slots() -> int:
    return max(1, min(4, os.cpu_count() or 1))


async def _ask(endpoint: ResolvedEndpoint) -> ResolvedEndpoint:
    if endpoint.key_variable and not endpoint.api_key:
        raise ConfigurationError(
            f"endpoint {endpoint.name!r} takes its key from the variable {endpoint.key_variable!r}, which is not set",
            f"`export {endpoint.key_variable}=…`",
        )
    provider = await connect(endpoint.url, provider=endpoint.provider or None, api_key=endpoint.api_key)
    async with provider:
        version, models = await asyncio.gather(provider.version(), provider.models())
    return replace(endpoint, provider=provider.name, server_version=version, models=models, limits=provider.limits)
