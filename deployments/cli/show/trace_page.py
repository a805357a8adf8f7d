"""The trace of a pipeline on one case, as text: its stages, the passages found, the sources of the answer."""

from collections.abc import Sequence

from deployments.cli.terminal.output import result
from deployments.cli.terminal.run_results import say_line
from deployments.cli.terminal.split_table import screen_width
from deployments.cli.terminal.tables import print_table
from deployments.cli.terminal.text_block import as_block
from evaluation.formatting import joules, precise
from evaluation.generation import TIME_TO_FIRST
from evaluation.outcome_fields import SECONDS
from evaluation.results.cases import OutcomeResult, PassageResult, StageResult

_SECONDS = tuple(name for name in SECONDS if name != TIME_TO_FIRST)


def print_trace(outcome: OutcomeResult) -> None:
    """Print every stage with its figures and reply, then the sources, the confidence and the notes."""
    if not outcome.stages:
        return
    print_table(
        (
            "stage",
            "kind",
            "model",
            "tokens in",
            "tokens out",
            *(name.replace("_s", " s") for name in _SECONDS),
            "energy",
        ),
        [_row(stage) for stage in outcome.stages],
    )
    for stage in outcome.stages:
        _print_reply(stage)
    if outcome.trace is None:
        return
    if outcome.trace.sources is not None:
        say_line("sources of the answer:")
        _print_passages(outcome.trace.sources)
        _print_citations(outcome.trace.notes.get("citations"))
    if outcome.trace.confidence is not None:
        say_line(f"confidence: {precise(outcome.trace.confidence)}")
    for name, value in outcome.trace.notes.items():
        if name != "citations":
            say_line(f"{name.replace('_', ' ')}: {value}")


def _row(stage: StageResult) -> tuple[object, ...]:
    answer = stage.came_back
    seconds = [getattr(answer.timings, name, None) for name in _SECONDS]
    return (
        stage.name,
        stage.kind,
        stage.model or "",
        "" if answer.prompt_tokens is None else f"{answer.prompt_tokens:,}",
        "" if answer.output_tokens is None else f"{answer.output_tokens:,}",
        *("" if value is None else precise(value) for value in seconds),
        "" if stage.energy_j is None else joules(stage.energy_j),
    )


def _print_reply(stage: StageResult) -> None:
    if stage.failure is not None:
        say_line(f"{stage.name} failed: {stage.failure.kind}: {stage.failure.message or 'no message'}")
    if stage.passages:
        say_line(f"{stage.name}:")
        _print_passages(stage.passages)
    elif stage.kind == "chat":
        say_line(f"{stage.name}:")
        result().print(as_block(stage.came_back.text, width=screen_width()))


def _print_passages(passages: Sequence[PassageResult]) -> None:
    for number, passage in enumerate(passages, 1):
        page = "" if passage.page is None else f" · page {passage.page}"
        say_line(
            f"  [{number}] {passage.document} · passage {passage.passage + 1}{page} · relevance "
            f"{precise(passage.relevance)}: {passage.preview}"
        )


def _print_citations(citations: object) -> None:
    for number, cited in enumerate(citations if isinstance(citations, list) else [], 1):
        words = "".join(f"[{source}]" for source in cited) if cited else "no source"
        say_line(f"  sentence {number} cites {words}")
