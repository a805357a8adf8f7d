"""Requests for embeddings: passed on to a server that has the model, or said in its protocol."""

from collections.abc import Callable, Mapping
from typing import Any

from deployments.gateway.attempts import Sending
from deployments.gateway.case_words import refuse_fields_of
from deployments.gateway.plans import Target, task_of
from deployments.gateway.wires import EMBEDDINGS
from evaluation.chat_protocols.deltas import Delta, Ending
from evaluation.chat_protocols.embeddings import (
    ollama_answer,
    openai_body,
    read_embedding_call,
    read_openai_vectors,
)
from evaluation.chat_protocols.fields import model_of, parse_object
from evaluation.chat_protocols.request_checks import check_request
from evaluation.errors import ConfigurationError, FailureKind, TransientProviderError

TASK = "embedding"


class VectorsReader:
    """Reads a whole answer with vectors."""

    def __init__(self) -> None:
        self.is_complete = False

    def read(self, line: bytes) -> Delta | None:
        record = parse_object(line)
        if record is None:
            raise TransientProviderError("the answer is no JSON object", FailureKind.CUT_STREAM)
        if record.get("error"):
            return Delta(error=record)
        self.is_complete = True
        usage = record.get("usage")
        counts = usage if isinstance(usage, Mapping) else record
        n_tokens = counts.get("prompt_tokens", counts.get("prompt_eval_count"))
        return Delta(ending=Ending(reason=None, prompt_tokens=n_tokens if isinstance(n_tokens, int) else None))

    def end(self) -> Delta | None:
        return None


def embedded_model(path: str, body: Mapping[str, Any]) -> str:
    """Return the model in a request for embeddings.

    Raises:
        ConfigurationError: it is `auto`, or missing; or a field is of a wrong kind, or what vectors are not made of.
    """
    check_request(path, body)
    name = model_of(body)
    if task_of(name) is not None:
        raise ConfigurationError(
            f"{name!r} makes no embeddings: vectors of two models cannot be compared, so that none stands for another",
            "Name an embedding model.",
        )
    refuse_fields_of(body, name)
    return name


def embedding_sending(path: str, body: Mapping[str, Any]) -> Callable[[Target], Sending]:
    """Return what a target is sent for a request at `path`."""

    def send(target: Target) -> Sending:
        if path in target.upstream.wire.own_paths:
            return Sending(path=path, body=dict(body), reader=VectorsReader(), is_stream=False)
        call = read_embedding_call(body)
        return Sending(
            path=EMBEDDINGS,
            body=openai_body(call),
            reader=VectorsReader(),
            is_stream=False,
            convert=lambda answer: ollama_answer(read_openai_vectors(answer), call),
        )

    return send
