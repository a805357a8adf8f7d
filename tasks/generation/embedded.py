"""Embeddings of texts that pipelines ask for: one request, and the figures of a stage that has several."""

import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace

from evaluation.generation import Generation, Timing
from evaluation.indexing.embedding_checks import check_embeddings
from evaluation.providers.provider import Provider, TextEmbedding


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """The embedding of one text."""

    embedding: TextEmbedding
    seconds: float
    """Seconds from sending the request to its end."""
    n_requests: int
    """Requests sent for it; 0: an earlier case of the run had it embedded."""


async def embedded_by(
    provider: Provider, model: str, text: str, *, dimension: int | None, n_requests: int = 1
) -> Embedded:
    """Return the embedding of a text, requested from a server.

    Args:
        provider: The server.
        model: Name of the model.
        text: The text.
        dimension: Numbers of its other embeddings; None where that is not known.
        n_requests: Requests sent for it, with this one.

    Raises:
        ProviderError: the server failed, or its vector is none.
    """
    began = time.perf_counter()
    embedded = await provider.embed(model, [text])
    seconds = time.perf_counter() - began
    check_embeddings(embedded, [text], model=model, dimension=dimension)
    # In the precision in which they are stored, so that a resumed case searches with the same numbers.
    rounded = replace(embedded[0], vector=tuple(array("f", embedded[0].vector)))
    return Embedded(embedding=rounded, seconds=seconds, n_requests=n_requests)


def figures_of_texts(embedded: Sequence[Embedded]) -> Generation:
    """Return an empty answer with the tokens and the seconds of the requests for some texts.

    Those of texts that an earlier case had embedded are in the sums, as if they had been requested anew, so that the
    figures of a case do not depend on which case came first. `n_attempts` is 0 where no request was sent.
    """
    tokens = [each.embedding.prompt_tokens for each in embedded if each.embedding.prompt_tokens is not None]
    loads = [each.embedding.loading_s for each in embedded if each.embedding.loading_s is not None]
    return Generation(
        answer="",
        text="",
        prompt_tokens=sum(tokens) if len(tokens) == len(embedded) else None,
        timing=Timing(total_s=sum(each.seconds for each in embedded), load_s=sum(loads) if loads else None),
        n_attempts=max((each.n_requests for each in embedded), default=0),
    )


def figures_of(total_s: float) -> Generation:
    """Return an empty answer with the time of a stage that is no chat."""
    return Generation(answer="", text="", timing=Timing(total_s=total_s))


def figures_of_search(total_s: float) -> Generation:
    """Return what `figures_of` does for a stage that asks no server."""
    return replace(figures_of(total_s), n_attempts=0)
