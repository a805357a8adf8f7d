"""Readers of answers: lines of a stream, or a whole reply as its only line, into neutral pieces."""

from collections.abc import Mapping
from typing import Any, Protocol

from evaluation.chat_protocols.calls import ToolUse
from evaluation.chat_protocols.deltas import Delta, Ending
from evaluation.chat_protocols.fields import parse_object
from evaluation.chat_protocols.ollama_requests import read_tool_use
from evaluation.errors import ConfigurationError, FailureKind, TransientProviderError
from evaluation.formatting import excerpt
from evaluation.generation import MOST_TOKENS

_DURATIONS = ("total_duration", "load_duration", "prompt_eval_duration", "eval_duration")
_MOST_NANOSECONDS = 2**63 - 1
_REASONS = {"function_call": "tool_calls", "content_filter": "stop"}


class AnswerReader(Protocol):
    """Reads one answer."""

    is_complete: bool
    """Whether the end of the answer has come: status 200 alone does not say so."""

    def read(self, line: bytes) -> Delta | None:
        """Return what a line adds; None if nothing.

        Raises:
            TransientProviderError: it is not a record.
        """
        ...

    def end(self) -> Delta | None:
        """Return what is known only once the last byte has come."""
        ...


class OllamaReader:
    """Reads records of `/api/chat` and `/api/generate`."""

    def __init__(self) -> None:
        self.is_complete = False

    def read(self, line: bytes) -> Delta | None:
        record = _record(line)
        if record.get("error"):
            return Delta(error=record)
        message = record.get("message")
        words = message if isinstance(message, Mapping) else record
        self.is_complete = self.is_complete or record.get("done") is True
        return Delta(
            text=_text(words, "response" if words is record else "content"),
            thinking=_text(words, "thinking"),
            tool_uses=_tool_uses(words.get("tool_calls")),
            logprobs=_entries(record.get("logprobs")),
            ending=_ollama_ending(record) if record.get("done") is True else None,
        )

    def end(self) -> Delta | None:
        return None


def _ollama_ending(record: Mapping[str, Any]) -> Ending:
    reason = record.get("done_reason")
    return Ending(
        reason=reason if isinstance(reason, str) else None,
        prompt_tokens=_count(record, "prompt_eval_count"),
        output_tokens=_count(record, "eval_count"),
        cached_tokens=_count(record, "prompt_eval_cached_count"),
        durations={
            name: whole for name in _DURATIONS if (whole := _whole(record, name, at_most=2**63 - 1)) is not None
        },
    )


def _tool_uses(uses: Any) -> tuple[ToolUse, ...]:
    try:
        return tuple(read_tool_use(use) for use in uses or () if isinstance(use, Mapping))
    except (ConfigurationError, TypeError):
        raise TransientProviderError("a tool call of the model cannot be read", FailureKind.UNREADABLE_ANSWER) from None


class OpenAiReader:
    """Reads events of `/v1/chat/completions` and `/v1/completions`, and their whole replies.

    The parts of a tool call are put together, and come with the end of the answer.
    """

    def __init__(self) -> None:
        self.is_complete = False
        self._parts: dict[int, dict[str, str]] = {}
        self._reason: str | None = None
        self._usage: Mapping[str, Any] = {}

    def read(self, line: bytes) -> Delta | None:
        content = line.strip()
        if content.startswith((b":", b"event:", b"id:", b"retry:")):
            return None
        data = content.removeprefix(b"data:").strip()
        if data == b"[DONE]":
            return None if self.is_complete else self._ended()
        record = _record(data)
        if record.get("error"):
            return Delta(error=record)
        usage = record.get("usage")
        self._usage = usage if isinstance(usage, Mapping) else self._usage
        choices = record.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], Mapping) else {}
        return self._piece(choice, is_whole=not content.startswith(b"data:"))

    def _piece(self, choice: Mapping[str, Any], *, is_whole: bool) -> Delta | None:
        message = choice.get("message") if is_whole else choice.get("delta")
        words = message if isinstance(message, Mapping) else choice
        self._reason = choice.get("finish_reason") or self._reason
        self._take_parts(words.get("tool_calls"))
        logprobs = choice.get("logprobs")
        piece = Delta(
            text=_text(words, "text" if words is choice else "content"),
            thinking=_text(words, "reasoning") or _text(words, "reasoning_content"),
            logprobs=_entries(logprobs.get("content")) if isinstance(logprobs, Mapping) else (),
        )
        if not is_whole:
            return piece
        end = self._ended()
        return Delta(
            text=piece.text,
            thinking=piece.thinking,
            logprobs=piece.logprobs,
            tool_uses=end.tool_uses,
            ending=end.ending,
        )

    def _take_parts(self, parts: Any) -> None:
        for position, part in enumerate(parts if isinstance(parts, list) else ()):
            if not isinstance(part, Mapping):
                continue
            index = part.get("index", position)
            use = self._parts.setdefault(
                index if isinstance(index, int) else position, {"id": "", "name": "", "arguments": ""}
            )
            function = part.get("function")
            function = function if isinstance(function, Mapping) else {}
            use["id"] = use["id"] or _text(part, "id")
            use["name"] += _text(function, "name")
            use["arguments"] += _text(function, "arguments")

    def end(self) -> Delta | None:
        # Some servers leave out `[DONE]`; the finish reason says that all has come.
        return self._ended() if self._reason and not self.is_complete else None

    def _ended(self) -> Delta:
        self.is_complete = True
        reason = self._reason if isinstance(self._reason, str) else None
        details = self._usage.get("prompt_tokens_details")
        ending = Ending(
            reason=_REASONS.get(reason or "", reason),
            prompt_tokens=_count(self._usage, "prompt_tokens"),
            output_tokens=_count(self._usage, "completion_tokens"),
            cached_tokens=_count(details, "cached_tokens") if isinstance(details, Mapping) else None,
        )
        return Delta(tool_uses=tuple(_whole_use(use) for _, use in sorted(self._parts.items())), ending=ending)


def _whole_use(use: Mapping[str, str]) -> ToolUse:
    arguments = parse_object(use["arguments"] or "{}")
    if arguments is None:
        raise TransientProviderError(
            f"the arguments of the tool call {use['name']!r} are no JSON object", FailureKind.UNREADABLE_ANSWER
        )
    return ToolUse(name=use["name"], arguments=arguments, call_id=use["id"] or None)


def _record(line: bytes) -> dict[str, Any]:
    record = parse_object(line)
    if record is None:
        shown = excerpt(line[:400].decode("utf-8", "replace"), 80)
        raise TransientProviderError(f"a line of the answer is not a record: {shown!r}", FailureKind.CUT_STREAM)
    return record


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""


def _entries(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list) else ()


def _count(record: Mapping[str, Any], name: str) -> int | None:
    return _whole(record, name, at_most=MOST_TOKENS)


def _whole(record: Mapping[str, Any], name: str, *, at_most: int) -> int | None:
    value = record.get(name)
    is_whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= at_most
    return value if is_whole else None
