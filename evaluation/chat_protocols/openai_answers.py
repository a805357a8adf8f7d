"""Answers in OpenAI's protocol: events of a stream, or one reply."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluation.chat_protocols.calls import ToolUse
from evaluation.chat_protocols.deltas import Delta, Ending
from evaluation.chat_protocols.openai_requests import written_tool_use

DONE = b"data: [DONE]\n\n"


def event(record: Mapping[str, Any]) -> bytes:
    """Return a server-sent event."""
    return b"data: " + json.dumps(record, separators=(",", ":")).encode() + b"\n\n"


def error_body(message: str, *, kind: str, code: str | None = None) -> dict[str, Any]:
    """Return an error of OpenAI's form."""
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


@dataclass(slots=True, kw_only=True)
class OpenAiAnswer:
    """Writes one answer of `/v1/chat/completions`, or of `/v1/completions`."""

    answer_id: str
    created_s: int
    """Seconds since 1970."""
    model: str
    counts_in_stream: bool = False
    is_text: bool = False
    """Whether it answers `/v1/completions`."""
    _has_begun: bool = False
    _n_uses: int = 0

    stream_type = "text/event-stream"

    def piece(self, delta: Delta) -> bytes:
        """Return the events for a piece; with the last one also the end of the stream."""
        content = self._delta(delta)
        events = [self._event(content, delta)] if content else []
        if delta.ending is None:
            return b"".join(events)
        events.append(event(self._chunk([self._choice({}, self._reason(delta.ending), None)])))
        if self.counts_in_stream:
            events.append(event(self._chunk([]) | {"usage": _usage(delta.ending)}))
        return b"".join([*events, DONE])

    def _event(self, content: Mapping[str, Any], delta: Delta) -> bytes:
        return event(self._chunk([self._choice(content, None, list(delta.logprobs) or None)]))

    def _delta(self, delta: Delta) -> dict[str, Any]:
        if self.is_text:
            return {"text": delta.text} if delta.text else {}
        content: dict[str, Any] = {"content": delta.text} if delta.text else {}
        if delta.thinking:
            content["reasoning"] = delta.thinking
        if delta.tool_uses:
            content["tool_calls"] = self._uses(delta.tool_uses)
        if not self._has_begun and (content or delta.ending is not None):
            self._has_begun = True
            content = {"role": "assistant", "content": "", **content}
        return content

    def _uses(self, uses: tuple[ToolUse, ...]) -> list[dict[str, Any]]:
        first, self._n_uses = self._n_uses, self._n_uses + len(uses)
        return [
            {"index": first + i, **written_tool_use(use, f"call_{self.answer_id}_{first + i}")}
            for i, use in enumerate(uses)
        ]

    def _choice(self, delta: Mapping[str, Any], reason: str | None, logprobs: list[Any] | None) -> dict[str, Any]:
        if self.is_text:
            return {"index": 0, "text": "", **delta, "logprobs": None, "finish_reason": reason}
        choice = {"index": 0, "delta": dict(delta), "finish_reason": reason}
        return choice if logprobs is None else choice | {"logprobs": {"content": logprobs}}

    def _chunk(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return self._head("text_completion" if self.is_text else "chat.completion.chunk") | {"choices": choices}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.answer_id, "object": kind, "created": self.created_s, "model": self.model}

    def _reason(self, ending: Ending) -> str:
        return "tool_calls" if self._n_uses else ending.reason or "stop"

    def whole(self, answer: Delta) -> dict[str, Any]:
        """Return the reply for a whole answer."""
        ending = answer.ending or Ending(reason=None)
        if self.is_text:
            choice = {"index": 0, "text": answer.text, "logprobs": None, "finish_reason": self._reason(ending)}
            return self._head("text_completion") | {"choices": [choice], "usage": _usage(ending)}
        message: dict[str, Any] = {"role": "assistant", "content": answer.text}
        if answer.thinking:
            message["reasoning"] = answer.thinking
        if answer.tool_uses:
            message["tool_calls"] = [
                {name: value for name, value in use.items() if name != "index"} for use in self._uses(answer.tool_uses)
            ]
        choice = {"index": 0, "message": message, "finish_reason": self._reason(ending)}
        if answer.logprobs:
            choice["logprobs"] = {"content": list(answer.logprobs)}
        return self._head("chat.completion") | {"choices": [choice], "usage": _usage(ending)}

    def broken_off(self, message: str) -> bytes:
        """Return the end of a stream that broke off: an error, on which OpenAI's clients raise."""
        return event(error_body(message, kind="api_error"))


def _usage(ending: Ending) -> dict[str, Any]:
    prompt, output = ending.prompt_tokens or 0, ending.output_tokens or 0
    usage: dict[str, Any] = {"prompt_tokens": prompt, "completion_tokens": output, "total_tokens": prompt + output}
    if ending.cached_tokens is not None:
        usage["prompt_tokens_details"] = {"cached_tokens": ending.cached_tokens}
    return usage
