"""Pieces of an answer, in no protocol in particular."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from evaluation.chat_protocols.calls import ToolUse


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How an answer ended."""

    reason: str | None
    """`stop`, `length`, `tool_calls`, `load` or `unload`; None if the server gives none."""
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    durations: Mapping[str, int] = field(default_factory=dict)
    """Ollama's timings in nanoseconds, by its names; empty from servers without any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """What came with one record of an answer."""

    text: str = ""
    thinking: str = ""
    tool_uses: tuple[ToolUse, ...] = ()
    """Whole tool calls, never parts."""
    logprobs: tuple[Any, ...] = ()
    """Entries of the same form in both protocols."""
    ending: Ending | None = None
    error: Mapping[str, Any] | None = None
    """The record, where it is an error in an answer whose status was good."""


def joined(deltas: Iterable[Delta]) -> Delta:
    """Return the whole answer as a single piece."""
    pieces = tuple(deltas)
    endings = [piece.ending for piece in pieces if piece.ending is not None]
    return Delta(
        text="".join(piece.text for piece in pieces),
        thinking="".join(piece.thinking for piece in pieces),
        tool_uses=tuple(use for piece in pieces for use in piece.tool_uses),
        logprobs=tuple(entry for piece in pieces for entry in piece.logprobs),
        ending=endings[-1] if endings else None,
    )
