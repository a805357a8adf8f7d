"""One case of a run as HTML for notebooks: what was asked, and every candidate's answers with their scores."""

from collections.abc import Iterator
from itertools import groupby

from evaluation.formatting import quantity
from evaluation.reports.notebook_parts import Row, block, count, heading, html_of, number, page, paragraph, table
from evaluation.reports.runs.trace import trace_parts, trace_rows
from evaluation.results.cases import (
    AnswerResult,
    CaseCandidate,
    CaseResult,
    MissingOutcome,
    OutcomeResult,
    ScoreFailureResult,
)


@html_of.register
def _case(result: CaseResult) -> str:
    case = result.case
    outcomes = [(candidate, outcome) for candidate in result.candidates for outcome in candidate.outcomes]
    prompts = dict.fromkeys(candidate.messages for candidate in result.candidates)
    notes = [f"note {note.annotation_id} · {note.author}: {note.text}" for note in result.annotations]
    return page(
        heading(f"case {case.case_id} · {result.benchmark} · run {result.run_id} · {result.status}"),
        *(block(f"prompt as sent: {message.role}", message.content) for sent in prompts for message in sent),
        *(block("reference", reference) for reference in case.references),
        *(part for candidate, outcome in outcomes for part in _texts(candidate, outcome)),
        table([_row(candidate, outcome) for candidate, outcome in outcomes]),
        *(part for candidate, outcome in outcomes for part in _trace(candidate, outcome)),
        paragraph(notes),
    )


def _texts(candidate: CaseCandidate, outcome: OutcomeResult | MissingOutcome) -> Iterator[str]:
    if isinstance(outcome, MissingOutcome) or not isinstance(outcome.came_back, AnswerResult):
        return
    yield block(_title(candidate, outcome), outcome.came_back.answer)
    if outcome.came_back.thinking:
        yield block("thinking", outcome.came_back.thinking)


def _title(candidate: CaseCandidate, outcome: OutcomeResult) -> str:
    return f"{candidate.label}, repeat {outcome.repeat + 1}" if len(candidate.outcomes) > 1 else candidate.label


def _trace(candidate: CaseCandidate, outcome: OutcomeResult | MissingOutcome) -> Iterator[str]:
    """Yield the trace of a pipeline: figures of its stages, their replies, the sources of the answer."""
    if isinstance(outcome, MissingOutcome) or not outcome.stages:
        return
    yield heading(f"Stages of {_title(candidate, outcome)}")
    yield table(trace_rows(outcome))
    for is_line, parts in groupby(trace_parts(outcome), lambda part: part.text is None):
        if is_line:
            yield paragraph([part.line for part in parts])
        else:
            yield from (block(part.line.removesuffix(":"), part.text or "") for part in parts)


def _row(candidate: CaseCandidate, outcome: OutcomeResult | MissingOutcome) -> Row:
    about = {"candidate": candidate.label, "repeat": str(outcome.repeat)}
    if isinstance(outcome, MissingOutcome):
        return {**about, "failure": "no outcome is stored"}
    answer = outcome.came_back
    failure = "" if outcome.failure is None else f"{outcome.failure.kind}: {outcome.failure.message or 'no message'}"
    scores = {
        name: score.failure.kind if isinstance(score, ScoreFailureResult) else number(score.value)
        for name, score in outcome.scores.items()
    }
    seconds = "" if answer.timings is None else quantity(answer.timings.total_s)
    tokens = count(answer.output_tokens) if isinstance(answer, AnswerResult) else ""
    return {**about, "failure": failure, **scores, "seconds": seconds, "tokens out": tokens}
