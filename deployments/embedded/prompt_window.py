"""Prompts that do not fit the context: refused, or truncated as Ollama truncates them."""

import json

from deployments.embedded.replies import BARE_JSON, WireError


def too_long(n_tokens: int, context_length: int, *, shift: bool, truncate: bool) -> WireError:
    """Return the error for a prompt of `n_tokens` with truncation off: llama.cpp's own, nested in Ollama's."""
    if truncate and not shift:
        message = (
            "the prompt is longer than the context length currently available to the model; "
            "shorten the prompt or raise num_ctx"
        )
        return WireError(400, message)
    inner = {
        "code": 400,
        "message": f"request ({n_tokens} tokens) exceeds the available context size ({context_length} tokens), "
        "try increasing it",
        "type": "exceed_context_size_error",
        "n_prompt_tokens": n_tokens,
        "n_ctx": context_length,
    }
    return WireError(400, json.dumps({"error": inner}, separators=(",", ":")), BARE_JSON)


def kept_range(context_length: int, num_keep: int) -> tuple[int, int]:
    """Return how many tokens to keep at the beginning and at the end of an overlong prompt.

    Together they are about half the context.
    """
    keep = max(0, min(num_keep, context_length - 1))
    return keep, context_length - (context_length - keep) // 2 - keep
