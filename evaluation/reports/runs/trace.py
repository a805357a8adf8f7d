"""The trace of a pipeline on one case, in parts of text: its stages, the passages found, the sources of the answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evaluation.formatting import joules, precise
from evaluation.generation import TIME_TO_FIRST
from evaluation.outcome_fields import SECONDS
from evaluation.results.cases import OutcomeResult, PassageResult, StageResult

_SECONDS = tuple(name for name in SECONDS if name != TIME_TO_FIRST)


@dataclass(frozen=True, slots=True, kw_only=True)
class TracePart:
    """A line of a trace, which may hold what others wrote, and the text that it introduces."""

    line: str
    text: str | None = None
    """A text by a model, of any length; None for a line alone."""


def trace_rows(outcome: OutcomeResult) -> list[dict[str, str]]:
    """Return a row of figures for each stage, in the order in which they were asked; empty without a pipeline.

    A figure that no stage has is left out.
    """
    rows = [_row(stage) for stage in outcome.stages]
    kept = [name for name in (rows[0] if rows else {}) if any(row[name] for row in rows)]
    return [{name: row[name] for name in kept} for row in rows]


def trace_parts(outcome: OutcomeResult) -> Iterator[TracePart]:
    """Yield every stage's reply, then the sources of the answer with what cites them, the confidence and the notes."""
    for stage in outcome.stages:
        yield from _reply(stage)
    if not outcome.stages or outcome.trace is None:
        return
    if outcome.trace.sources is not None:
        yield TracePart(line="sources of the answer:")
        yield from _passages(outcome.trace.sources)
        yield from _citations(outcome.trace.notes.get("citations"))
    if outcome.trace.confidence is not None:
        yield TracePart(line=f"confidence: {precise(outcome.trace.confidence)}")
    for name, value in outcome.trace.notes.items():
        if name != "citations":
            yield TracePart(line=f"{name.replace('_', ' ')}: {value}")


def _row(stage: StageResult) -> dict[str, str]:
    answer = stage.came_back
    seconds = {name: getattr(answer.timings, name, None) for name in _SECONDS}
    return {
        "stage": stage.name,
        "kind": stage.kind,
        "model": stage.model or "",
        "tokens in": "" if answer.prompt_tokens is None else f"{answer.prompt_tokens:,}",
        "tokens out": "" if answer.output_tokens is None else f"{answer.output_tokens:,}",
        **{name.replace("_s", " s"): "" if value is None else precise(value) for name, value in seconds.items()},
        "energy": "" if stage.energy_j is None else joules(stage.energy_j),
    }


def _reply(stage: StageResult) -> Iterator[TracePart]:
    if stage.failure is not None:
        message = stage.failure.message or "no message"
        yield TracePart(line=f"{stage.name} failed: {stage.failure.kind}: {message}")
    if stage.kind == "embed" and stage.n_attempts == 0:
        yield TracePart(
            line=f"{stage.name}: embedded before for another case of the run; the figures are of that request"
        )
    if stage.passages:
        yield TracePart(line=f"{stage.name}:")
        yield from _passages(stage.passages)
    elif stage.kind == "chat":
        yield TracePart(line=f"{stage.name}:", text=stage.came_back.text)


def _passages(passages: Sequence[PassageResult]) -> Iterator[TracePart]:
    for number, passage in enumerate(passages, 1):
        yield TracePart(
            line=f"  [{number}] {passage.document} · passage {passage.passage + 1}{_pages(passage)} · relevance "
            f"{precise(passage.relevance)}: {passage.preview}"
        )


def _pages(passage: PassageResult) -> str:
    if passage.page is None:
        return ""
    is_one = passage.last_page in (None, passage.page)
    return f" · page {passage.page}" if is_one else f" · pages {passage.page}-{passage.last_page}"


def _citations(citations: object) -> Iterator[TracePart]:
    for number, cited in enumerate(citations if isinstance(citations, list) else [], 1):
        words = "".join(f"[{source}]" for source in cited) if cited else "no source"
        yield TracePart(line=f"  sentence {number} cites {words}")
