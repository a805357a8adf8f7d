"""First steps suggested by `benchwright doctor`: models that fit this machine, and the first command to run."""

from collections.abc import Sequence
from dataclasses import dataclass

from deployments.cli.doctor.machine import Gpu

GIB = 1024**3
FIRST_BENCHMARK = "question_answering"
FIRST_CASES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Models that fit into a server's memory, with room for their context."""

    memory_gib: float
    """Minimum memory, counted as by `model_memory_bytes`."""
    models: tuple[str, ...]
    """Names of the models in Ollama's library."""


SUGGESTIONS = (
    Suggestion(memory_gib=0, models=("smollm2:135m", "qwen2.5:0.5b")),
    Suggestion(memory_gib=2, models=("llama3.2:1b", "qwen2.5:1.5b")),
    Suggestion(memory_gib=4, models=("llama3.2:3b", "qwen2.5:3b")),
    Suggestion(memory_gib=7.5, models=("llama3.1:8b", "qwen2.5:7b")),
    Suggestion(memory_gib=15, models=("qwen2.5:14b", "phi4:14b")),
    Suggestion(memory_gib=23, models=("qwen2.5:32b", "gemma2:27b")),
    Suggestion(memory_gib=47, models=("llama3.3:70b", "qwen2.5:72b")),
)
"""Suggestions by memory, smallest first; sizes hold for the library's 4-bit files."""


def model_memory_bytes(gpus: Sequence[Gpu], memory_bytes: int | None) -> int:
    """Return the memory for a model: the GPUs', else a quarter of the machine's, as CPUs are slow with more."""
    on_gpus = sum(gpu.memory_bytes or 0 for gpu in gpus)
    return on_gpus or (memory_bytes or 0) // 4


def memory_in_words(gpus: Sequence[Gpu]) -> str:
    """Describe the result of `model_memory_bytes` to a user who knows the machine's memory."""
    if any(gpu.memory_bytes for gpu in gpus):
        return "this machine, by its GPU memory"
    return "this machine, by a quarter of its memory, since a CPU is slow with larger models"


def suggestion_for(n_bytes: int) -> Suggestion:
    """Return the largest models that fit into this memory."""
    return [item for item in SUGGESTIONS if item.memory_gib * GIB <= n_bytes][-1]


def first_commands(models: Sequence[str], *, endpoint: str | None, suggestion: Suggestion) -> tuple[str, ...]:
    """Return the commands to run first, in order.

    Args:
        models: Models that can answer, the best to begin with first.
        endpoint: Name or address of the server that has them, or can pull some; None: there is none.
        suggestion: Models that suit this machine.
    """
    if endpoint is None:
        return ("benchwright demo",)
    there = f" --endpoint {endpoint}"
    if models:
        return (_evaluate(models[:2]) + there,)
    pulls = [f"benchwright models pull {name}{there}" for name in suggestion.models]
    return (*pulls, _evaluate(suggestion.models) + there)


def _evaluate(models: Sequence[str]) -> str:
    named = " ".join(f"--model {name}" for name in models)
    return f"benchwright evaluate --benchmark {FIRST_BENCHMARK} --limit {FIRST_CASES} {named}"
