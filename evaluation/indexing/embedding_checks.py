"""Checks of a model's embeddings: their number, their dimension, and that they are not zero."""

from collections.abc import Sequence

from evaluation.errors import FailureKind, ProviderError
from evaluation.formatting import counted, excerpt
from evaluation.providers.provider import TextEmbedding


def check_embeddings(
    embeddings: Sequence[TextEmbedding], texts: Sequence[str], *, model: str, dimension: int | None
) -> None:
    """Check that each text has an embedding of the same dimension as all others of the model, which is not zero.

    A text without a letter or a digit may have one of zeros, which is similar to nothing: models that count words
    give it.

    Args:
        embeddings: What the server gave.
        texts: What it was sent.
        model: Name of the model, for messages.
        dimension: Numbers of the model's other embeddings; None where that is not known.

    Raises:
        ProviderError: they cannot be the embeddings of these texts by this model (`wrong_embedding`).
    """
    dimensions = {len(each.vector) for each in embeddings}
    if len(embeddings) != len(texts) or len(dimensions) > 1 or 0 in dimensions:
        raise ProviderError(
            f"the embedder {model!r} gave {counted(len(embeddings), 'vector')} for {counted(len(texts), 'text')}, "
            f"of {' and '.join(f'{number:,}' for number in sorted(dimensions)) or 'no'} numbers",
            FailureKind.WRONG_EMBEDDING,
            "Update or restart the server, or choose another embedding model.",
        )
    for number in dimensions - {dimension}:
        if dimension is not None:
            raise other_dimension(model, number, dimension)
    for text, each in zip(texts, embeddings, strict=True):
        if not any(each.vector) and any(letter.isalnum() for letter in text):
            raise ProviderError(
                f"the embedder {model!r} gave {len(each.vector):,} zeros as the embedding of {excerpt(text, 60)!r}, "
                "which is similar to nothing",
                FailureKind.WRONG_EMBEDDING,
                "Update or restart the server, or choose another embedding model.",
            )


def other_dimension(model: str, dimension: int, earlier: int) -> ProviderError:
    """Return the error of a server whose model gives embeddings of another dimension than before.

    Args:
        model: Name of the model.
        dimension: Numbers of the embedding that the server gave.
        earlier: Numbers of the model's stored embeddings, or of those given earlier in the run.
    """
    return ProviderError(
        f"the embedder {model!r} gives embeddings of {dimension:,} numbers, and gave or has stored ones of "
        f"{earlier:,} numbers under the same digest: another model is served under its name",
        FailureKind.WRONG_EMBEDDING,
        "Serve the earlier model, or give this one a name of its own; with another --db all texts are embedded anew.",
    )
