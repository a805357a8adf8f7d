"""Memory of a loaded model: how much, for which context length, and whether it was measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LOADED_BYTES, LOADED_CONTEXT = "loaded_bytes", "loaded_context"
"""Keys in a run candidate's details: memory of the loaded model, and the tokens for which it was loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedMemory:
    """Memory that a model takes, measured once it was loaded."""

    size_bytes: float
    context_length: int | None
    """Tokens for which it was loaded; None: its server did not say."""


def measured_memory(details: Mapping[str, Any]) -> LoadedMemory | None:
    """Return the memory that a candidate's details hold; None where its model was never seen loaded."""
    size, context = details.get(LOADED_BYTES), details.get(LOADED_CONTEXT)
    if not isinstance(size, int | float) or size <= 0:
        return None
    return LoadedMemory(size_bytes=float(size), context_length=context if isinstance(context, int) else None)


def memory_basis(*, is_measured: bool, context_length: int | None, is_known: bool = True) -> str:
    """Return what a memory figure rests on: `measured at 4,096 tokens`, `estimated from its file`, `not known`.

    Args:
        is_measured: Whether the model was seen loaded.
        context_length: Tokens for which it was loaded, where that is known.
        is_known: Whether there is a figure at all.
    """
    if not is_known:
        return "not known"
    if not is_measured:
        return "estimated: size of its file, without context"
    return "measured, context not known" if context_length is None else f"measured at {context_length:,} tokens"
