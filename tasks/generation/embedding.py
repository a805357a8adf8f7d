"""Requests that embed texts on a group's servers, as stages and for indexes."""

import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace

from evaluation.generation import Generation, Timing
from tasks.generation.asking import Send
from tasks.generation.pool import Station


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """The vectors of some texts."""

    vectors: tuple[tuple[float, ...], ...]
    figures: Generation
    """An empty answer with the time of the request."""


def embedding(model: str, texts: Sequence[str]) -> Send[Embedded]:
    """Return what sends a request for the vectors of some texts."""

    async def send(station: Station, n_attempts: int) -> Embedded:
        began = time.perf_counter()
        vectors = await station.provider.embed(model, texts)
        total_s = time.perf_counter() - began
        # In the precision in which they are stored, so that a resumed case searches with the same numbers.
        rounded = tuple(tuple(array("f", vector)) for vector in vectors)
        return Embedded(vectors=rounded, figures=replace(figures_of(total_s), n_attempts=n_attempts))

    return send


def figures_of(total_s: float) -> Generation:
    """Return an empty answer with the time of a stage that is no chat."""
    return Generation(answer="", text="", timing=Timing(total_s=total_s))
