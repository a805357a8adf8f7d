"""What a server says of itself now: its version and its models."""

import asyncio
import os
from dataclasses import dataclass

from evaluation.errors import ConfigurationError
from evaluation.model_info import ModelInfo
from evaluation.providers.detection import connect
from evaluation.providers.provider import Provider
from evaluation.records.candidates import EndpointRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """What a server has now."""

    version: str | None
    """None where it does not say."""
    models: tuple[ModelInfo, ...]


async def connect_to(endpoint: EndpointRecord) -> Provider:
    """Return the provider that speaks to an endpoint, to be entered with `async with`.

    Raises:
        ConfigurationError: the variable with its key is not set, or there is no server.
        ProviderError: the server refuses to say what it speaks.
    """
    key = os.environ.get(endpoint.key_variable) if endpoint.key_variable else None
    if endpoint.key_variable and not key:
        raise ConfigurationError(
            f"endpoint {endpoint.name!r} takes its key from the variable {endpoint.key_variable!r}, which is not set",
            f"`export {endpoint.key_variable}=…`",
        )
    return await connect(endpoint.url, provider=endpoint.provider or None, api_key=key)


async def ask_server(endpoint: EndpointRecord) -> ServerState:
    """Return what a server has now.

    Raises:
        ConfigurationError: the variable with its key is not set, or there is no server.
        ProviderError: it does not answer, or refuses.
    """
    async with await connect_to(endpoint) as provider:
        version, models = await asyncio.gather(provider.version(), provider.models())
    return ServerState(version=version, models=models)
