"""The protocols that servers speak, by the path at which their providers ask: what is sent, and how it is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from evaluation.chat_protocols import ollama_requests, openai_requests
from evaluation.chat_protocols.answer_readers import AnswerReader, OllamaReader, OpenAiReader
from evaluation.chat_protocols.calls import ChatCall

NATIVE_CHAT, NATIVE_GENERATE = "/api/chat", "/api/generate"
CHAT, COMPLETIONS = "/v1/chat/completions", "/v1/completions"
NATIVE_EMBED, EMBEDDINGS = "/api/embed", "/v1/embeddings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """How a server is asked."""

    chat_path: str
    """Where candidates are asked; each of their options can be set there, as far as the server can set it."""
    chat_body: Callable[[ChatCall], dict[str, Any]]
    own_paths: frozenset[str]
    """Paths of clients that the server answers itself: requests for its models are passed on as they are."""


WIRES: Mapping[str, Wire] = {
    NATIVE_CHAT: Wire(
        chat_path=NATIVE_CHAT,
        chat_body=ollama_requests.chat_body,
        own_paths=frozenset({NATIVE_CHAT, NATIVE_GENERATE, CHAT, COMPLETIONS, NATIVE_EMBED, EMBEDDINGS}),
    ),
    CHAT: Wire(
        chat_path=CHAT,
        chat_body=openai_requests.chat_body,
        own_paths=frozenset({CHAT, COMPLETIONS, EMBEDDINGS}),
    ),
}
"""By `chat_path` of the provider's class."""


def reader_of(path: str) -> AnswerReader:
    """Return a reader of answers at a server's path."""
    return OpenAiReader() if path.startswith("/v1/") else OllamaReader()
