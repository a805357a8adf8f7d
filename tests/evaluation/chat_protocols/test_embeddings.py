import base64
import struct

import pytest

from evaluation.chat_protocols.embeddings import (
    EmbeddingCall,
    Vectors,
    ollama_answer,
    ollama_body,
    openai_answer,
    openai_body,
    read_embedding_call,
    read_ollama_vectors,
    read_openai_vectors,
)
from evaluation.errors import ConfigurationError, ProviderError

CALL = EmbeddingCall(model="m", texts=("a", "b"), dimensions=2)
VECTORS = Vectors(vectors=((0.5, 1.0), (0.0, -1.0)), prompt_tokens=3)


def test_calls_are_read_as_they_were_written() -> None:
    assert [CALL, CALL] == [read_embedding_call(openai_body(CALL)), read_embedding_call(ollama_body(CALL))]
    assert ("a",) == read_embedding_call({"model": "m", "input": "a"}).texts


def test_vectors_are_read_as_they_were_written() -> None:
    assert VECTORS == read_openai_vectors(openai_answer(VECTORS, CALL))
    assert VECTORS == read_ollama_vectors(ollama_answer(VECTORS, CALL))


def test_openais_client_gets_bytes_where_it_asks_for_them() -> None:
    call = read_embedding_call({"model": "m", "input": ["a"], "encoding_format": "base64"})

    answer = openai_answer(Vectors(vectors=((0.5, 1.0),)), call)

    assert (0.5, 1.0) == struct.unpack("<2f", base64.b64decode(answer["data"][0]["embedding"]))


@pytest.mark.parametrize("answer", [{}, {"embeddings": []}, {"embeddings": [["x"]]}, {"embeddings": "no"}])
def test_an_answer_without_vectors_is_an_error(answer: dict[str, object]) -> None:
    with pytest.raises(ProviderError, match="no usable embedding"):
        read_ollama_vectors(answer)


def test_nothing_to_embed_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no text to embed"):
        read_embedding_call({"model": "m", "input": []})
