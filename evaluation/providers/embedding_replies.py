"""Reading of the embedding of one text from a server's reply."""

from collections.abc import Mapping
from typing import Any

from evaluation.errors import FailureKind, ProviderError
from evaluation.providers.error_replies import RequestContext
from evaluation.providers.json_reading import count_of

MAX_COMPONENT = 1e100
"""Largest accepted magnitude of a number: the square of a larger one exceeds what a float holds."""


def read_vector(vectors: Any, context: RequestContext) -> tuple[float, ...]:
    """Return the only vector of a reply, shape (n_dimensions,), all numbers finite.

    Args:
        vectors: The reply's list of vectors.
        context: The request, for messages.

    Raises:
        ProviderError: there is no vector (`bad_option`), or it cannot be the embedding of one text (`wrong_embedding`).
    """
    if not isinstance(vectors, list) or not vectors or vectors == [[]]:
        raise ProviderError(
            f"{context.subject}: the server gave no usable embedding",
            FailureKind.BAD_OPTION,
            "Choose a model whose capabilities list `embedding`.",
        )
    if len(vectors) != 1:
        raise _wrong(f"{len(vectors):,} vectors for one text", context)
    numbers = vectors[0]
    if not isinstance(numbers, list):
        raise _wrong("a vector that is no list of numbers", context)
    position = next((position for position, number in enumerate(numbers) if not _is_finite(number)), None)
    if position is not None:
        raise _wrong(f"number {position + 1:,} of the {len(numbers):,} is not a finite number", context)
    return tuple(float(number) for number in numbers)


def tokens_of_text(record: Mapping[str, Any], key: str) -> int | None:
    """Return the tokens of an embedded text; None where the server does not report them.

    A 0 is no report: every text has a token, and servers that do not count write 0.

    Raises:
        OddRecordError: the value is not a number of tokens.
    """
    return count_of(record, key) or None


def _wrong(what: str, context: RequestContext) -> ProviderError:
    return ProviderError(
        f"{context.subject}: the server gave no usable embedding: {what}",
        FailureKind.WRONG_EMBEDDING,
        "Update or restart the server, or choose another embedding model.",
    )


def _is_finite(number: Any) -> bool:
    try:
        return not isinstance(number, bool) and isinstance(number, int | float) and abs(float(number)) <= MAX_COMPONENT
    except OverflowError:
        # A whole number of hundreds of digits, which JSON allows.
        return False
