"""Requests that embed texts on a group's servers, for indexes and for what cases search for."""

from evaluation.errors import ProviderError
from evaluation.generation import Failure
from tasks.generation.asking import Send
from tasks.generation.embedded import Embedded, embedded_by
from tasks.generation.pool import Station


def embedding(model: str, text: str, *, dimension: int | None = None) -> Send[Embedded]:
    """Return what sends a request for the embedding of a text.

    Args:
        model: Name of the model.
        text: The text.
        dimension: Numbers of its other embeddings; None where that is not known.
    """

    async def send(station: Station, n_attempts: int) -> Embedded:
        return await embedded_by(station.provider, model, text, dimension=dimension, n_requests=n_attempts)

    return send


def failed(failure: Failure) -> ProviderError:
    """Return the failure of a text's request as an error, which is not retried: it is what all attempts ended with."""
    return ProviderError(failure.message, failure.kind)
