"""Detection of the protocol that the server at an address speaks, and of its provider."""

from typing import Any

import httpx

from evaluation.errors import ConfigurationError, FailureKind, ProviderError
from evaluation.providers import PROVIDERS
from evaluation.providers.addresses import normalise_url
from evaluation.providers.connection import Connection
from evaluation.providers.error_replies import RequestContext
from evaluation.providers.ollama_errors import ollama_error
from evaluation.providers.provider import Provider

START_ONE = "Start one with `ollama serve`, or give another address."


async def connect(
    url: str,
    provider: str | None = None,
    api_key: str | None = None,
    *,
    allow_remote: bool = False,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Provider:
    """Return the provider for a server, to be entered with `async with`.

    Where `provider` is given, nothing is sent yet.

    Args:
        url: Any form that `normalise_url` reads.
        provider: A name in `PROVIDERS`; None: the server is asked.
        api_key: Sent as a bearer token.
        allow_remote: Allow prompts to models that run on somebody else's machine.
        transport: Used in place of the network.

    Raises:
        ConfigurationError: a bad address, an unknown protocol, or no server there.
        ProviderError: the server refuses to say.
    """
    address = normalise_url(url)
    name = provider or await detect_provider(address, api_key=api_key, transport=transport)
    return PROVIDERS[name](address, api_key=api_key, allow_remote=allow_remote, transport=transport)


async def detect_provider(
    url: str, *, api_key: str | None = None, transport: httpx.AsyncBaseTransport | None = None
) -> str:
    """Return the name in `PROVIDERS` of the protocol of the server at `url`: the first whose greeting it answers.

    Raises:
        ConfigurationError: nothing listens there, or it speaks none of them.
        TransientProviderError: it is too slow or too busy to tell.
        ProviderError: it refuses to tell, for example because a key is missing.
    """
    address = normalise_url(url)
    connection = Connection(address.removesuffix("/v1"), error_of=ollama_error, api_key=api_key, transport=transport)
    tried: list[str] = []
    try:
        for name, provider in PROVIDERS.items():
            answer = await _answer(connection, provider.greeting_path, tried)
            if provider.is_greeting(answer):
                return name
    finally:
        await connection.close()
    first, *others = (provider.owner for provider in PROVIDERS.values())
    raise ConfigurationError(
        f"the server at {address} speaks neither {first} protocol nor {' nor '.join(others)}; tried {'; '.join(tried)}",
        START_ONE,
    )


async def _answer(connection: Connection, path: str, tried: list[str]) -> dict[str, Any]:
    """Return the server's answer at `path`; empty where it has no such path."""
    try:
        answer = await connection.ask("GET", path, context=RequestContext(url=connection.url))
    except ProviderError as error:
        if isinstance(error.__cause__, httpx.ConnectError | httpx.ConnectTimeout):
            raise ConfigurationError(f"{error.message}; tried {path}", START_ONE) from error
        if error.kind is not FailureKind.BAD_OPTION:
            raise
        tried.append(f"{path} ({error.message})")
        return {}
    tried.append(f"{path} (an answer, but not the expected one)")
    return answer
