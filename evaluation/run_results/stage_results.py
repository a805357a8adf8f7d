"""The results of a case's stages, and of all stages of a candidate, from their records."""

from collections.abc import Sequence
from dataclasses import fields

from evaluation.formatting import excerpt
from evaluation.generation import Generation
from evaluation.passage import Passage
from evaluation.pipelines.stages import Passages
from evaluation.records.outcomes import OutcomeRow
from evaluation.records.stages import StageRow, StageSums
from evaluation.results.cases import AnswerResult, OutcomeFailure, PassageResult, StageResult, TraceResult
from evaluation.results.stages import StageTotal

PREVIEW_CHARACTERS = 200
_SUMS = tuple(each.name for each in fields(StageSums))
_OF_ANSWER = tuple({each.name for each in fields(AnswerResult)} & {each.name for each in fields(Generation)})


def stage_result(row: StageRow) -> StageResult:
    """Return the result of a stage."""
    generation = row.generation
    kind = generation.own_failure
    return StageResult(
        name=row.name,
        kind=row.kind,
        model=row.model,
        digest=row.digest,
        endpoint=row.endpoint,
        failure=None if kind is None else OutcomeFailure(kind=kind, message=generation.message),
        came_back=answer_result(generation),
        passages=_passages(row.reply.passages) if isinstance(row.reply, Passages) else (),
        energy_j=generation.energy_j,
        n_attempts=generation.n_attempts,
        request_hash=row.request_hash,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def stage_totals(sums: Sequence[StageSums]) -> tuple[StageTotal, ...]:
    """Return the totals of one candidate's stages, with the share of each."""
    seconds, tokens = sum(each.total_s or 0.0 for each in sums), sum(map(_tokens, sums))
    return tuple(
        StageTotal(
            share_of_seconds=None if each.total_s is None or not seconds else each.total_s / seconds,
            share_of_tokens=_tokens(each) / tokens if tokens and _has_tokens(each) else None,
            **{name: getattr(each, name) for name in _SUMS},
        )
        for each in sums
    )


def _has_tokens(sums: StageSums) -> bool:
    return sums.prompt_tokens is not None or sums.output_tokens is not None


def _tokens(sums: StageSums) -> int:
    return (sums.prompt_tokens or 0) + (sums.output_tokens or 0)


def trace_result(row: OutcomeRow) -> TraceResult | None:
    """Return what a pipeline says of its answer; None without a pipeline."""
    if row.trace is None:
        return None
    sources = row.outcome.sources if isinstance(row.outcome, Generation) else None
    return TraceResult(
        confidence=row.trace.confidence,
        sources=None if sources is None else _passages(sources),
        notes=dict(row.trace.notes),
    )


def answer_result(generation: Generation) -> AnswerResult:
    """Return an answer with its measurements."""
    return AnswerResult(timings=generation.timing, **{name: getattr(generation, name) for name in _OF_ANSWER})


def _passages(passages: Sequence[Passage]) -> tuple[PassageResult, ...]:
    return tuple(
        PassageResult(
            document=each.document,
            passage=each.position,
            page=each.page,
            last_page=each.last_page,
            relevance=each.relevance,
            preview=excerpt(" ".join(each.text.split()), PREVIEW_CHARACTERS),
        )
        for each in passages
    )
