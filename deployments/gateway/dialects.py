"""The protocols that clients speak, by the path that they call."""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from deployments.gateway.problems import Problem
from deployments.gateway.wires import CHAT, COMPLETIONS, EMBEDDINGS, NATIVE_CHAT, NATIVE_EMBED, NATIVE_GENERATE
from evaluation.chat_protocols import ollama_answers, ollama_requests, openai_answers, openai_requests
from evaluation.chat_protocols.calls import ChatCall
from evaluation.chat_protocols.deltas import Delta
from evaluation.chat_protocols.fields import flag_of
from evaluation.chat_protocols.ollama_answers import OllamaAnswer
from evaluation.chat_protocols.openai_answers import OpenAiAnswer
from evaluation.chat_protocols.request_checks import check_request


class AnswerWriter(Protocol):
    """Writes one answer in a client's protocol."""

    def piece(self, delta: Delta) -> bytes: ...
    def whole(self, answer: Delta) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How clients ask at one path, and what they expect."""

    path: str
    is_openai: bool
    streams_by_default: bool = False
    read: Callable[[Mapping[str, Any]], ChatCall]
    rewritten: Callable[[Mapping[str, Any], ChatCall], dict[str, Any]] | None = None
    """Changes a client's body to a call; None where servers are never asked at this path for a candidate."""
    writer: Callable[[ChatCall], AnswerWriter]

    def check(self, body: Mapping[str, Any]) -> None:
        """Check a client's body before anybody is asked.

        Raises:
            ConfigurationError: a field of a wrong kind, a malformed message or function.
        """
        check_request(self.path, body)

    def streams(self, body: Mapping[str, Any]) -> bool:
        """Check whether the client wants a stream.

        Raises:
            ConfigurationError: `stream` is neither true nor false.
        """
        return flag_of(body, "stream", default=self.streams_by_default)

    @property
    def stream_type(self) -> str:
        """Media type of a stream."""
        return OpenAiAnswer.stream_type if self.is_openai else OllamaAnswer.stream_type

    def error(self, problem: Problem) -> dict[str, Any]:
        """Return the body of an error."""
        return error_body(problem, is_openai=self.is_openai)

    def broken_off(self, problem: Problem) -> bytes:
        """Return the end of a stream that broke off: an error, on which the protocol's clients raise."""
        body = self.error(problem)
        return openai_answers.event(body) if self.is_openai else ollama_answers.record_line(body)


def error_body(problem: Problem, *, is_openai: bool) -> dict[str, Any]:
    """Return the body of an error in one of the two protocols."""
    if is_openai:
        return openai_answers.error_body(problem.message, kind=problem.openai_type)
    return ollama_answers.error_body(problem.message)


def _openai_writer(call: ChatCall, *, is_text: bool = False) -> OpenAiAnswer:
    prefix = "cmpl" if is_text else "chatcmpl"
    return OpenAiAnswer(
        answer_id=f"{prefix}-{uuid.uuid4().hex}",
        created_s=int(time.time()),
        model=call.model,
        counts_in_stream=call.counts_in_stream,
        is_text=is_text,
    )


def _text_writer(call: ChatCall) -> OpenAiAnswer:
    return _openai_writer(call, is_text=True)


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def _ollama_writer(call: ChatCall) -> OllamaAnswer:
    return OllamaAnswer(created_at=_now(), model=call.model)


def _generate_writer(call: ChatCall) -> OllamaAnswer:
    return OllamaAnswer(created_at=_now(), model=call.model, is_generate=True)


DIALECTS: Mapping[str, Dialect] = {
    dialect.path: dialect
    for dialect in (
        Dialect(
            path=CHAT,
            is_openai=True,
            read=openai_requests.read_chat,
            rewritten=openai_requests.rewritten,
            writer=_openai_writer,
        ),
        Dialect(path=COMPLETIONS, is_openai=True, read=openai_requests.read_completion, writer=_text_writer),
        Dialect(
            path=NATIVE_CHAT,
            is_openai=False,
            streams_by_default=True,
            read=ollama_requests.read_chat,
            rewritten=ollama_requests.rewritten,
            writer=_ollama_writer,
        ),
        Dialect(
            path=NATIVE_GENERATE,
            is_openai=False,
            streams_by_default=True,
            read=ollama_requests.read_generate,
            writer=_generate_writer,
        ),
    )
}
EMBEDDING_PATHS: Mapping[str, bool] = {EMBEDDINGS: True, NATIVE_EMBED: False}
"""Paths for embeddings, and whether they are OpenAI's."""
