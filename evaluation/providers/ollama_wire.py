"""What goes over the wire to Ollama's `/api/chat`, and what its records mean."""

from collections.abc import Mapping
from typing import Any

from evaluation.errors import FailureKind, TransientProviderError
from evaluation.generation import Generation, GenerationRequest, Timing
from evaluation.providers.draft import Draft
from evaluation.providers.error_replies import RequestContext, line_refusal
from evaluation.providers.ndjson import read_object
from evaluation.providers.ollama_errors import ollama_error
from evaluation.providers.record_fields import count_of, name_of, seconds_of, text_of

COLD_S = 0.2
"""A loaded model is found in about a millisecond; a load takes at least a quarter of a second."""
NEVER_CUT: Mapping[str, bool] = {"truncate": False, "shift": False}
"""An overlong prompt is refused instead of mangled. `shift` also belongs to the load: it must never change."""


def chat_body(request: GenerationRequest) -> dict[str, Any]:
    """Return the body that asks for a streamed answer, with nothing left to the server's defaults."""
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
    return body


def load_body(model: str, options: Mapping[str, Any], keep_alive: str | int) -> dict[str, Any]:
    """Return the body of a request without a prompt, which only loads; with a `keep_alive` of 0 it unloads."""
    return {"model": model, "options": dict(options), "keep_alive": keep_alive, "stream": False, **NEVER_CUT}


def take_line(line: bytes, draft: Draft, context: RequestContext) -> dict[str, Any] | None:
    """Add a line to the draft; returns the final record when this is it.

    Raises:
        ProviderError: the line is an error, or no record.
    """
    record = read_object(line)
    if record is None:
        shown = line[:80].decode("utf-8", "replace")
        raise TransientProviderError(f"{context.subject}: a line is not a record: {shown!r}", FailureKind.CUT_STREAM)
    if record.get("error"):
        so_far = RequestContext(url=context.url, model=context.model, num_ctx=context.num_ctx, text=draft.text)
        raise ollama_error(line_refusal(record), so_far)
    draft.add(*_words(record))
    return record if record.get("done") is True else None


def _words(record: Mapping[str, Any]) -> tuple[str, str]:
    """Return the content and thinking of a record; those of `/api/generate` stand at its top."""
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
    """Check that a whole answer, of a load or an unload, says that it is done.

    Raises:
        ProviderError: an error in it, or no `done`.
    """
    if answer.get("error"):
        raise ollama_error(line_refusal(answer), context)
    if answer.get("done") is not True:
        raise TransientProviderError(
            f"{context.subject}: the server did not confirm that {doing} finished", FailureKind.CUT_STREAM
        )
