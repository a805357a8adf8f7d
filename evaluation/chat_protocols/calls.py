"""A request for an answer, in no protocol in particular: what every protocol can say of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evaluation.chat_protocols.case_fields import NO_FIELDS, CaseFields


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image in a message: its bytes, or where they are."""

    base64: str | None = None
    media_type: str | None = None
    """None if not stated; Ollama states none."""
    url: str | None = None
    """Set where the client gave an address instead of the bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUse:
    """A model's request to call a function."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    call_id: str | None = None
    """Id by which the function's result refers to it; None where the protocol gives none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message of a conversation."""

    role: str
    """`system`, `user`, `assistant` or `tool`; other roles are passed on."""
    text: str = ""
    thinking: str = ""
    images: tuple[Image, ...] = ()
    tool_uses: tuple[ToolUse, ...] = ()
    tool_name: str | None = None
    """In a function's result: the function."""
    call_id: str | None = None
    """In a function's result: the `ToolUse` that it answers."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Fields that are not known here, passed on in the same protocol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatCall:
    """A request for one answer."""

    model: str
    turns: tuple[Turn, ...]
    tools: tuple[Mapping[str, Any], ...] = ()
    """Function declarations, which have the same form in both protocols."""
    tool_choice: Any = None
    """OpenAI's; Ollama has no such field."""
    format: str | Mapping[str, Any] | None = None
    """`json`, or a JSON schema."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """By Ollama's names."""
    think: bool | str | None = None
    stream: bool = False
    counts_in_stream: bool = False
    """Whether a stream of OpenAI's protocol ends with the token counts."""
    keep_alive: Any = None
    """Ollama's: how long the model stays loaded."""
    logprobs: bool = False
    top_logprobs: int | None = None
    refuses_overlong: bool = False
    """Whether a prompt that does not fit is an error, instead of being cut in silence."""
    fields: CaseFields = NO_FIELDS
    """What it gives beside its messages."""

    @property
    def last_prompt(self) -> str:
        """Text of the user's last message; empty without one."""
        return next((turn.text for turn in reversed(self.turns) if turn.role == "user"), "")

    @property
    def capabilities(self) -> tuple[str, ...]:
        """Capabilities that a model needs for it, by Ollama's names."""
        has_images = any(turn.images for turn in self.turns)
        return (("vision",) if has_images else ()) + (("tools",) if self.tools else ())
