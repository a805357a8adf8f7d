"""Causes of truncation: `num_predict`, a full context, or a context that the model was not trained beyond.

Servers report the same finish reason (`length`) for all three, and each calls for a different remedy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

FINISH_REASON = "length"
"""Finish reason that servers report for a cut answer, regardless of the cause."""
SPARE_TOKENS = 1
"""Tokens left of a context that counts as full: engines keep one for the end."""


class CutBy(StrEnum):
    """The limit that cut an answer off."""

    NUM_PREDICT = "num_predict"
    NUM_CTX = "num_ctx"
    TRAINED_CONTEXT = "trained_context"
    UNKNOWN = "unknown"
    """The server reported no token counts, or has a limit of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits that can cut a candidate's answers."""

    num_predict: int | None
    num_ctx: int | None
    trained_context: int | None

    @classmethod
    def of(cls, options: Mapping[str, Any], *, trained_context: object = None) -> "Limits":
        """Return the limits from effective options, with the context that the model was trained for, if known."""
        return cls(
            num_predict=_number(options.get("num_predict")),
            num_ctx=_number(options.get("num_ctx")),
            trained_context=_number(trained_context),
        )

    @property
    def full_context(self) -> CutBy:
        """The meaning of a full context: whether there is a larger one."""
        has_no_more = self.trained_context and self.num_ctx and self.num_ctx >= self.trained_context
        return CutBy.TRAINED_CONTEXT if has_no_more else CutBy.NUM_CTX

    def cut_by(
        self, *, prompt_tokens: int | None, output_tokens: int | None, effective_context: int | None = None
    ) -> CutBy:
        """Return the limit that cut an answer of so many tokens.

        Args:
            prompt_tokens: As the server counted them.
            output_tokens: The same; includes thinking.
            effective_context: The server's context, if it tells; it may be less than `num_ctx`, or rounded up.
        """
        if output_tokens is None:
            return CutBy.UNKNOWN
        reached = self.num_predict is not None and output_tokens >= self.num_predict
        context = effective_context or self.num_ctx
        if prompt_tokens is not None and context is not None:
            n_tokens = prompt_tokens + output_tokens
            if n_tokens >= context - SPARE_TOKENS and (not reached or n_tokens <= context):
                return self.full_context
        return CutBy.NUM_PREDICT if reached else CutBy.UNKNOWN

    def where(self, cut: CutBy) -> str:
        """Return where such an answer was cut, in words to follow "was cut"."""
        if cut is CutBy.NUM_PREDICT:
            return f"at num_predict={self.num_predict}" if self.num_predict else "at num_predict"
        if cut is CutBy.NUM_CTX:
            return f"where the context was full (num_ctx={self.num_ctx})" if self.num_ctx else "by a full context"
        if cut is CutBy.TRAINED_CONTEXT:
            return f"where the {self.trained_context:,} tokens ended that the model was trained for"
        return "by a limit that the server does not name"

    def step(self, cut: CutBy) -> str:
        """Return the next step against it."""
        if cut is CutBy.NUM_PREDICT:
            return "raise num_predict, or ask for shorter answers"
        if cut is CutBy.NUM_CTX:
            most = f" (up to {self.trained_context:,})" if self.trained_context else ""
            return f"raise num_ctx{most}, or shorten the prompt"
        if cut is CutBy.TRAINED_CONTEXT:
            return "shorten the prompt, or take a model with a larger context"
        return "raise num_predict and num_ctx, or look for a limit of the server's"


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
