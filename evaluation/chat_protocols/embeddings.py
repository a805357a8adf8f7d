"""Requests and answers for embeddings: `/v1/embeddings` and `/api/embed`."""

import base64
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.chat_protocols.fields import model_of, objects_of, texts_of, whole_number_of
from evaluation.errors import ConfigurationError, FailureKind, ProviderError


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingCall:
    """A request for the vectors of texts."""

    model: str
    texts: tuple[str, ...]
    dimensions: int | None = None
    as_base64: bool = False
    """Whether OpenAI's client wants the vectors as bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vectors:
    """The vectors, in the order of the texts."""

    vectors: tuple[tuple[float, ...], ...]
    prompt_tokens: int | None = None


def read_embedding_call(body: Mapping[str, Any]) -> EmbeddingCall:
    """Return the call in a body of `/v1/embeddings` or `/api/embed`.

    Raises:
        ConfigurationError: a field that cannot be read, or no text.
    """
    texts = texts_of(body, "input")
    if not texts:
        raise ConfigurationError("the request holds no text to embed", "Give `input`: a text or a list of texts.")
    return EmbeddingCall(
        model=model_of(body),
        texts=texts,
        dimensions=whole_number_of(body, "dimensions"),
        as_base64=body.get("encoding_format") == "base64",
    )


def openai_body(call: EmbeddingCall) -> dict[str, Any]:
    """Return the body for `/v1/embeddings`."""
    body = {"model": call.model, "input": list(call.texts), "encoding_format": "float"}
    return body if call.dimensions is None else body | {"dimensions": call.dimensions}


def ollama_body(call: EmbeddingCall) -> dict[str, Any]:
    """Return the body for `/api/embed`."""
    body: dict[str, Any] = {"model": call.model, "input": list(call.texts)}
    return body if call.dimensions is None else body | {"dimensions": call.dimensions}


def read_openai_vectors(answer: Mapping[str, Any]) -> Vectors:
    """Return the vectors in an answer of `/v1/embeddings`.

    Raises:
        ProviderError: it holds none.
    """
    usage = answer.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    try:
        rows = objects_of(answer, "data")
    except ConfigurationError:
        rows = ()
    return _vectors([row.get("embedding") for row in rows], usage.get("prompt_tokens"))


def read_ollama_vectors(answer: Mapping[str, Any]) -> Vectors:
    """Return the vectors in an answer of `/api/embed`.

    Raises:
        ProviderError: it holds none.
    """
    return _vectors(answer.get("embeddings"), answer.get("prompt_eval_count"))


def _vectors(rows: Any, n_tokens: Any) -> Vectors:
    if not isinstance(rows, list) or not rows or not all(map(_is_vector, rows)):
        raise ProviderError(
            "the server gave no usable embedding",
            FailureKind.UNREADABLE_ANSWER,
            "Choose a model whose capabilities list `embedding`.",
        )
    return Vectors(
        vectors=tuple(tuple(map(float, row)) for row in rows),
        prompt_tokens=n_tokens if isinstance(n_tokens, int) else None,
    )


def _is_vector(row: Any) -> bool:
    return isinstance(row, list) and all(isinstance(x, int | float) and not isinstance(x, bool) for x in row)


def openai_answer(vectors: Vectors, call: EmbeddingCall) -> dict[str, Any]:
    """Return the answer of `/v1/embeddings`."""
    data = [
        {"object": "embedding", "index": i, "embedding": _as_bytes(vector) if call.as_base64 else list(vector)}
        for i, vector in enumerate(vectors.vectors)
    ]
    n_tokens = vectors.prompt_tokens or 0
    usage = {"prompt_tokens": n_tokens, "total_tokens": n_tokens}
    return {"object": "list", "data": data, "model": call.model, "usage": usage}


def _as_bytes(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def ollama_answer(vectors: Vectors, call: EmbeddingCall) -> dict[str, Any]:
    """Return the answer of `/api/embed`."""
    answer: dict[str, Any] = {"model": call.model, "embeddings": [list(vector) for vector in vectors.vectors]}
    return answer if vectors.prompt_tokens is None else answer | {"prompt_eval_count": vectors.prompt_tokens}
