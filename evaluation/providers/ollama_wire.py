"""The wire format of Ollama's `/api/chat`: request bodies and response records."""

import ast
import math
from collections.abc import Iterable, Mapping
from typing import Any

from evaluation.errors import FailureKind, ProviderError, TransientProviderError
from evaluation.formatting import excerpt
from evaluation.generation import Generation, GenerationRequest, Timing
from evaluation.model_info import ModelInfo
from evaluation.providers.error_replies import RequestContext, line_refusal
from evaluation.providers.json_reading import MAX_NAME, count_of, name_of, number_of, seconds_of, text_of
from evaluation.providers.model_names import full_name
from evaluation.providers.ndjson import read_object
from evaluation.providers.ollama_errors import ollama_error
from evaluation.providers.provider import LoadedModel, PullProgress
from evaluation.providers.streamed_answer import Draft

COLD_S = 0.2
"""Load time in seconds that marks a cold start: a loaded model takes about a millisecond, a load at least .25."""
NEVER_CUT: Mapping[str, bool] = {"truncate": False, "shift": False}
"""Options that refuse an overlong prompt instead of cutting it. `shift` is also a load option: never change it."""


def chat_body(request: GenerationRequest) -> dict[str, Any]:
    """Return the body of a request for a streamed answer that leaves nothing to the server's defaults."""
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        "stream": True,
        "options": dict(request.options),
        "keep_alive": request.keep_alive,
        **NEVER_CUT,
    }
    if request.think is not None:
        body["think"] = request.think
    if request.format is not None:
        body["format"] = request.format
    if request.logprobs:
        body["logprobs"] = True
    return body


def load_body(model: str, options: Mapping[str, Any], keep_alive: str | int) -> dict[str, Any]:
    """Return the body of a request without a prompt, which loads the model, or unloads it with a `keep_alive` of 0."""
    return {"model": model, "options": dict(options), "keep_alive": keep_alive, "stream": False, **NEVER_CUT}


def take_line(line: bytes, draft: Draft, context: RequestContext) -> dict[str, Any] | None:
    """Add a line to the draft, and return the final record where the line is it.

    Raises:
        ProviderError: the line is an error, or not a record.
    """
    record = read_object(line)
    if record is None:
        shown = excerpt(line[:400].decode("utf-8", "replace"), 80)
        raise TransientProviderError(f"{context.subject}: a line is not a record: {shown!r}", FailureKind.CUT_STREAM)
    if record.get("error"):
        so_far = RequestContext(url=context.url, model=context.model, num_ctx=context.num_ctx, text=draft.text)
        raise ollama_error(line_refusal(record), so_far)
    draft.add(*_words(record))
    draft.add_logprobs(record.get("logprobs"))
    return record if record.get("done") is True else None


def _words(record: Mapping[str, Any]) -> tuple[str, str]:
    """Return the content and thinking of a record; `/api/generate` has them at its top level."""
    message = record.get("message")
    if isinstance(message, Mapping):
        return text_of(message, "content"), text_of(message, "thinking")
    return text_of(record, "response"), text_of(record, "thinking")


def finished(final: Mapping[str, Any], draft: Draft, request: GenerationRequest, context: RequestContext) -> Generation:
    """Return the generation that the final record completes.

    Raises:
        TransientProviderError: the server loaded or unloaded the model instead of answering.
    """
    reason = final.get("done_reason")
    if reason in ("load", "unload"):
        raise TransientProviderError(
            f"{context.subject}: the server answered with done_reason {reason!r}: it loaded or unloaded the model "
            "and generated nothing",
            FailureKind.CUT_STREAM,
        )
    timing = _timing(final, draft)
    n_output = count_of(final, "eval_count")
    return draft.generation(
        request,
        timing=timing,
        finish_reason=name_of(final, "done_reason"),
        prompt_tokens=count_of(final, "prompt_eval_count"),
        # A zero is left out of the record.
        output_tokens=0 if n_output is None and draft.ttft_s is None else n_output,
        cached_tokens=count_of(final, "prompt_eval_cached_count"),
        cold=(timing.load_s or 0.0) > COLD_S,
    )


def _timing(final: Mapping[str, Any], draft: Draft) -> Timing:
    total_s = draft.elapsed_s
    server_s = seconds_of(final, "total_duration")
    if server_s is None:
        return Timing(total_s=total_s, ttft_s=draft.ttft_s)
    load_s, prompt_s, generate_s = (
        seconds_of(final, key) or 0.0 for key in ("load_duration", "prompt_eval_duration", "eval_duration")
    )
    return Timing(
        total_s=total_s,
        ttft_s=draft.ttft_s,
        queue_s=max(0.0, server_s - load_s - prompt_s - generate_s),
        load_s=load_s,
        prompt_s=prompt_s,
        generate_s=generate_s,
    )


def expect_done(answer: Mapping[str, Any], context: RequestContext, doing: str) -> None:
    """Check that the complete answer to a load or an unload says that it is done.

    Raises:
        ProviderError: an error in it, or no `done`.
    """
    if answer.get("error"):
        raise ollama_error(line_refusal(answer), context)
    if answer.get("done") is not True:
        raise TransientProviderError(
            f"{context.subject}: the server did not confirm that {doing} finished", FailureKind.CUT_STREAM
        )


def listed_models(answer: Mapping[str, Any]) -> tuple[ModelInfo, ...]:
    """Return the models in an answer of `/api/tags`."""
    return tuple(_listed(entry) for entry in _objects(answer.get("models")) if _name(entry))


def _listed(entry: Mapping[str, Any]) -> ModelInfo:
    details = _mapping(entry.get("details"))
    return ModelInfo(
        name=_name(entry),
        digest=name_of(entry, "digest"),
        family=_word(details, "family"),
        parameter_size=_word(details, "parameter_size"),
        quantization=_word(details, "quantization_level"),
        context_length=number_of(details, "context_length"),
        size_bytes=number_of(entry, "size"),
        capabilities=_model_words(entry.get("capabilities")),
        remote_host=_word(entry, "remote_host"),
    )


def shown_model(name: str, answer: Mapping[str, Any], listed: ModelInfo | None) -> ModelInfo:
    """Return one model from `/api/show`, with the digest and size that only the list has.

    Args:
        name: The requested name.
        answer: Answer of `/api/show`.
        listed: The same model's entry in the list.
    """
    details, info = _mapping(answer.get("details")), _mapping(answer.get("model_info"))
    context_length = number_of(info, f"{info.get('general.architecture')}.context_length")
    return ModelInfo(
        name=listed.name if listed else full_name(name),
        digest=listed.digest if listed else None,
        family=_word(details, "family"),
        parameter_size=_word(details, "parameter_size"),
        n_parameters=number_of(info, "general.parameter_count"),
        quantization=_word(details, "quantization_level"),
        context_length=context_length or (listed.context_length if listed else None),
        size_bytes=listed.size_bytes if listed else None,
        capabilities=_model_words(answer.get("capabilities")) or (listed.capabilities if listed else ()),
        licence=_first_line(_word(answer, "license")) or _word(info, "general.license"),
        parameters=read_parameters(_word(answer, "parameters") or ""),
        template=_word(answer, "template"),
        remote_host=_word(answer, "remote_host") or (listed.remote_host if listed else None),
    )


def read_parameters(text: str) -> dict[str, Any]:
    """Return the model's own options from lines of `key   value`; `stop` and any repeated key become lists."""
    parameters: dict[str, list[Any]] = {}
    for line in text.splitlines():
        key, _, value = line.strip().partition(" ")
        if key and value.strip():
            parameters.setdefault(key, []).append(_value(value.strip()))
    return {key: values if key == "stop" or len(values) > 1 else values[0] for key, values in parameters.items()}


def _value(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    if len(text) > MAX_NAME:
        return text
    try:
        # Go quotes strings, and writes numbers, as Python does.
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    is_plain = isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))
    return value if is_plain else text


def loaded_models(answer: Mapping[str, Any]) -> tuple[LoadedModel, ...]:
    """Return the models in an answer of `/api/ps`."""
    return tuple(
        LoadedModel(
            name=_name(entry),
            digest=name_of(entry, "digest"),
            context_length=number_of(entry, "context_length"),
            size_bytes=number_of(entry, "size") or 0,
            vram_bytes=number_of(entry, "size_vram") or 0,
        )
        for entry in _objects(answer.get("models"))
        if _name(entry)
    )


def pull_progress(record: Mapping[str, Any], context: RequestContext) -> PullProgress:
    """Return one step of a pull.

    Raises:
        ProviderError: the record is an error, in a stream whose status was 200.
    """
    if record.get("error"):
        raise ProviderError(
            f"{context.url}: pulling {context.model!r} failed: {line_refusal(record).message}",
            FailureKind.MODEL_NOT_PULLED,
            "Check the model's name and the server's way to its registry.",
        )
    return PullProgress(
        status=name_of(record, "status") or "",
        digest=_word(record, "digest"),
        total_bytes=number_of(record, "total"),
        completed_bytes=number_of(record, "completed"),
    )


def _name(entry: Mapping[str, Any]) -> str:
    return name_of(entry, "name") or name_of(entry, "model") or ""


def _objects(value: Any) -> Iterable[Mapping[str, Any]]:
    return (item for item in value if isinstance(item, Mapping)) if isinstance(value, list) else ()


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _model_words(value: Any) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _word(entry: Mapping[str, Any], key: str) -> str | None:
    value = entry.get(key)
    return value if isinstance(value, str) and value else None


def _first_line(text: str | None) -> str | None:
    return next((line.strip() for line in (text or "").splitlines() if line.strip()), None)
