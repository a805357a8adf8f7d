"""Whether a model embeds texts, asked of servers that list no abilities before anything else costs time."""

import asyncio

from evaluation.errors import ConfigurationError, ProviderError, TransientProviderError
from evaluation.providers.detection import connect
from evaluation.resolution.abilities import how_to_find, refuse_without_ability
from evaluation.resolution.resolved_candidate import ResolvedCandidate

TEXT = "Hello"
"""What a model is asked to embed."""
WAIT_S = 60.0
"""Seconds to wait for the embedding: the model may have to be loaded."""


class EmbeddingCheck:
    """Refuses models that embed no texts, by what their server lists or by one embedding; asks for each model once."""

    def __init__(self, *, may_ask: bool = True) -> None:
        """Create a check that has asked nobody.

        Args:
            may_ask: False: only what servers list is looked at, as for a plan without a request to a model.
        """
        self._may_ask = may_ask
        self._embeds: set[tuple[str, str]] = set()

    async def __call__(self, resolved: ResolvedCandidate, purpose: str, option: str) -> None:
        """Refuse a model that embeds no texts.

        A server that is away or too slow proves nothing, and is left to whoever needs the embeddings.

        Args:
            resolved: The model, as its server describes it.
            purpose: What it was to be asked for, in words.
            option: The option that names another model.

        Raises:
            ConfigurationError: it lists other abilities, or gives no embedding.
        """
        refuse_without_ability(resolved, "embedding", purpose, option)
        info, endpoint = resolved.info, resolved.endpoint
        key = (endpoint.url, info.name)
        if info.capabilities or not self._may_ask or key in self._embeds:
            return
        self._embeds.add(key)
        try:
            provider = await connect(
                endpoint.url, provider=endpoint.provider, api_key=endpoint.api_key, allow_remote=True
            )
            async with provider, asyncio.timeout(WAIT_S):
                await provider.embed(info.name, [TEXT])
        except (TransientProviderError, TimeoutError):
            return
        except ProviderError as error:
            raise ConfigurationError(
                f"model {info.name!r} embeds no texts, and {purpose}: {endpoint.name} lists no abilities of its "
                f"models, and answered the request of one embedding so: {error.message}",
                f"Name another with {option}. {how_to_find('embedding', endpoint)}",
            ) from error
