"""Answers in Ollama's protocol: records of a stream, or one reply."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluation.chat_protocols.deltas import Delta, Ending
from evaluation.chat_protocols.ollama_requests import written_tool_use


def record_line(record: Mapping[str, Any]) -> bytes:
    """Return a line of a stream."""
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def error_body(message: str) -> dict[str, Any]:
    """Return an error of Ollama's form."""
    return {"error": message}


@dataclass(slots=True, kw_only=True)
class OllamaAnswer:
    """Writes one answer of `/api/chat`, or of `/api/generate`."""

    created_at: str
    """RFC 3339."""
    model: str
    is_generate: bool = False

    stream_type = "application/x-ndjson"

    def piece(self, delta: Delta) -> bytes:
        """Return the records for a piece; with the last one also the end of the stream."""
        words = self._words(delta)
        if delta.ending is None:
            return record_line(self._record(words, delta) | {"done": False}) if words else b""
        return record_line(self.whole(delta))

    def whole(self, answer: Delta) -> dict[str, Any]:
        """Return the reply for a whole answer."""
        empty = {"response": ""} if self.is_generate else {"role": "assistant", "content": ""}
        return self._record(empty | self._words(answer), answer) | _ending(answer.ending or Ending(reason=None))

    def _record(self, words: Mapping[str, Any], delta: Delta) -> dict[str, Any]:
        head: dict[str, Any] = {"model": self.model, "created_at": self.created_at}
        head |= words if self.is_generate else {"message": dict(words)}
        return head | ({"logprobs": list(delta.logprobs)} if delta.logprobs else {})

    def _words(self, delta: Delta) -> dict[str, Any]:
        words: dict[str, Any] = {"thinking": delta.thinking} if delta.thinking else {}
        if delta.tool_uses:
            words["tool_calls"] = [written_tool_use(use) for use in delta.tool_uses]
        if not words and not delta.text:
            return {}
        if self.is_generate:
            return {"response": delta.text, **words}
        return {"role": "assistant", "content": delta.text, **words}

    def broken_off(self, message: str) -> bytes:
        """Return the end of a stream that broke off: an error, on which Ollama's clients raise."""
        return record_line(error_body(message))


def _ending(ending: Ending) -> dict[str, Any]:
    reason = "stop" if ending.reason in (None, "tool_calls") else ending.reason
    counts = {
        "prompt_eval_count": ending.prompt_tokens,
        "prompt_eval_cached_count": ending.cached_tokens,
        "eval_count": ending.output_tokens,
    }
    stated = {name: count for name, count in counts.items() if count is not None}
    return {"done": True, "done_reason": reason, **ending.durations, **stated}
