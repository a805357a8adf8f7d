"""The wire format of `/v1/chat/completions`: request bodies and stream events."""

from collections.abc import Mapping
from typing import Any

from evaluation.errors import FailureKind, ProviderError, TransientProviderError
from evaluation.formatting import excerpt
from evaluation.generation import Generation, GenerationRequest, Timing
from evaluation.model_info import ModelInfo
from evaluation.providers.context_overflow import overlong_error
from evaluation.providers.error_replies import Refusal, RequestContext, line_refusal
from evaluation.providers.json_reading import count_of, name_of, number_of, text_of
from evaluation.providers.ndjson import read_object
from evaluation.providers.ollama_errors import ollama_error
from evaluation.providers.streamed_answer import Draft


def openai_error(refusal: Refusal, context: RequestContext) -> ProviderError:
    """Return the error for an OpenAI-compatible server's refusal, classified by whether asking again may help."""
    if overlong := overlong_error(refusal, context, can_set_context=False):
        return overlong
    message = refusal.sentence(context)
    if refusal.status == 404 and refusal.is_json and context.model and "model" in refusal.message.casefold():
        return ProviderError(message, FailureKind.MODEL_NOT_PULLED, "Choose one of the models that it lists.")
    if refusal.status in (404, 405):
        return ProviderError(f"{message} (no such route)", FailureKind.BAD_OPTION, "Check the address of the server.")
    if refusal.status == 403:
        return ProviderError(message, FailureKind.REFUSED_BY_POLICY)
    if refusal.status == 503 and "loading" in refusal.message.casefold():
        return TransientProviderError(message, FailureKind.QUEUE_FULL, refusal.retry_after_s, "It is still loading.")
    return ollama_error(refusal, context)


SENDABLE: Mapping[str, str] = {
    "temperature": "temperature",
    "top_p": "top_p",
    "seed": "seed",
    "num_predict": "max_tokens",
    "stop": "stop",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
}
"""This protocol's options, by our names for them."""


def chat_body(request: GenerationRequest) -> dict[str, Any]:
    """Return the body of a request for a streamed answer with token counts."""
    options = {SENDABLE[name]: value for name, value in request.options.items() if name in SENDABLE}
    if not options.get("stop", True):
        del options["stop"]
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        **options,
    }
    if request.format is not None:
        body["response_format"] = _response_format(request.format)
    if request.logprobs:
        body["logprobs"] = True
    return body


def _response_format(format_or_schema: str | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(format_or_schema, str):
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(format_or_schema), "strict": True}}


class Events:
    """Parser of the lines of an event stream that detects the end of the answer."""

    def __init__(self, draft: Draft, context: RequestContext) -> None:
        self._draft = draft
        self._asked = context
        self._finish_reason: str | None = None
        self._usage: Mapping[str, Any] = {}
        self._timings: Mapping[str, Any] = {}
        self._closed = False
        self.model: str | None = None
        """Model name in the answer; None if there is none."""

    def take(self, line: bytes) -> bool:
        """Take a line of the stream, and return True where it says that nothing more comes.

        Raises:
            ProviderError: the line is an error, or not an event.
        """
        field, _, data = line.strip().partition(b":")
        if field not in (b"data", b"error"):
            field, data = b"", line.strip()
            if not data.startswith(b"{"):
                return False
        if data.strip() == b"[DONE]":
            self._closed = True
            return True
        self._take_event(data, is_error=field == b"error")
        return False

    def _take_event(self, data: bytes, *, is_error: bool) -> None:
        event = read_object(data)
        if event is None:
            shown = excerpt(data[:400].decode("utf-8", "replace"), 80)
            raise TransientProviderError(
                f"{self._asked.subject}: an event is not a record: {shown!r}", FailureKind.CUT_STREAM
            )
        if is_error or event.get("error") or event.get("object") == "error":
            raise openai_error(line_refusal(event), self._asked)
        self.model = name_of(event, "model") or self.model
        usage, timings, choices = event.get("usage"), event.get("timings"), event.get("choices")
        self._usage = usage if isinstance(usage, Mapping) else self._usage
        self._timings = timings if isinstance(timings, Mapping) else self._timings
        if isinstance(choices, list) and choices and isinstance(choices[0], Mapping):
            self._take_choice(choices[0])

    def _take_choice(self, choice: Mapping[str, Any]) -> None:
        words = choice.get("delta") or choice.get("message")
        if isinstance(words, Mapping):
            self._draft.add(text_of(words, "content"), _text(words, "reasoning_content") or _text(words, "reasoning"))
        logprobs = choice.get("logprobs")
        self._draft.add_logprobs(logprobs.get("content") if isinstance(logprobs, Mapping) else None)
        self._finish_reason = name_of(choice, "finish_reason") or self._finish_reason

    @property
    def is_complete(self) -> bool:
        """True where the server said why it stopped, or closed the stream properly."""
        return (self._closed or self._finish_reason is not None) and self._finish_reason not in ("abort", "error")

    def generation(self, request: GenerationRequest) -> Generation:
        """Return the complete answer."""
        return self._draft.generation(
            request,
            timing=Timing(total_s=self._draft.elapsed_s, ttft_s=self._draft.ttft_s),
            finish_reason=self._finish_reason,
            prompt_tokens=count_of(self._usage, "prompt_tokens"),
            output_tokens=count_of(self._usage, "completion_tokens"),
            cached_tokens=self._cached_tokens(),
        )

    def _cached_tokens(self) -> int | None:
        """Return the prompt's cached tokens as OpenAI and vLLM, or llama.cpp, count them; None: not given."""
        details = self._usage.get("prompt_tokens_details")
        counted = count_of(details, "cached_tokens") if isinstance(details, Mapping) else None
        return count_of(self._timings, "cache_n") if counted is None else counted


def listed_models(answer: Mapping[str, Any]) -> tuple[ModelInfo, ...]:
    """Return the models in an answer of `/v1/models`, with what llama.cpp and vLLM add to it."""
    entries = answer.get("data")
    return tuple(
        _listed(entry)
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, Mapping) and name_of(entry, "id")
    )


def _listed(entry: Mapping[str, Any]) -> ModelInfo:
    meta = entry.get("meta")
    meta = meta if isinstance(meta, Mapping) else {}
    return ModelInfo(
        name=name_of(entry, "id") or "",
        digest=None,
        n_parameters=number_of(meta, "n_params"),
        size_bytes=number_of(meta, "size"),
        context_length=number_of(entry, "max_model_len") or number_of(meta, "n_ctx") or number_of(meta, "n_ctx_train"),
    )


def _text(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key)
    return value if isinstance(value, str) else ""
