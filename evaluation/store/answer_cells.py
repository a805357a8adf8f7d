"""Figures and beginnings of a run's answers, for tables of cases by candidates: no texts are read in full."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from evaluation.store.bulk_rows import column_batches
from evaluation.store.columns import SafeText
from evaluation.store.scores import metric_key
from evaluation.store.session import Store
from evaluation.store.tables import generation, score
from evaluation.truncation import FINISH_REASON

_CHUNK = 500
_RATIONALE = 80
_ESCAPE = "\\"


class AnswerFigures(NamedTuple):
    """Figures of many outcomes of a candidate, a list for each."""

    case_id: Sequence[str]
    server_failed: Sequence[bool]
    failed_itself: Sequence[bool]
    was_cut: Sequence[bool]
    waited_for_load: Sequence[bool]
    from_earlier_run: Sequence[bool]
    characters: Sequence[int | None]
    tokens: Sequence[int | None]
    seconds: Sequence[float | None]
    score: Sequence[float | None]
    """None where there is none on the metric."""


class AnswerBeginning(NamedTuple):
    """Beginning of one answer, or why there is none."""

    run_candidate_id: int
    case_id: str
    text: str
    is_whole: bool
    end: str
    """Its last characters, as many as of the beginning."""
    label: str | None
    """Word that the metric provides for the score."""
    rationale: str | None
    """Beginning of the metric's reason for the score."""


def iterate_figures_of_answers(store: Store, run_candidate_id: int, signature: str) -> Iterator[AnswerFigures]:
    """Yield the figures of a candidate's outcomes with their scores on the metric of that signature, many at a time."""
    columns = generation.c
    parts: tuple[sa.ColumnElement[Any], ...] = (
        columns.case_id,
        columns.failure_kind.is_not(None),
        columns.own_failure.is_not(None),
        sa.func.coalesce(columns.finish_reason == FINISH_REASON, sa.false()),
        columns.cold,
        columns.reused,
        sa.func.length(columns.answer),
        columns.output_tokens,
        columns.total_s,
        score.c.value,
    )
    scored = generation.outerjoin(score, _score_on(signature))
    for batch in column_batches(store, parts, rows=scored, where=columns.run_candidate_id == run_candidate_id):
        yield AnswerFigures(*batch)


def answer_beginnings(
    store: Store, run_candidate_ids: Sequence[int], case_ids: Sequence[str], signature: str, *, length: int
) -> list[AnswerBeginning]:
    """Return the beginnings of the first outcomes of these cases, `length` characters at most."""
    columns = generation.c
    text = sa.func.coalesce(columns.answer, columns.message, "")
    query = (
        sa.select(
            columns.run_candidate_id,
            columns.case_id,
            beginning_of(text, length),
            sa.func.length(text) <= length,
            end_of(text, length),
            score.c.label,
            beginning_of(score.c.rationale, _RATIONALE),
        )
        .select_from(generation.outerjoin(score, _score_on(signature)))
        .where(columns.run_candidate_id.in_(run_candidate_ids), columns.repeat == 0)
    )
    beginnings: list[AnswerBeginning] = []
    with store.read() as connection:
        for start in range(0, len(case_ids), _CHUNK):
            some = query.where(columns.case_id.in_(case_ids[start : start + _CHUNK]))
            beginnings += [_beginning(row) for row in connection.execute(some)]
    return beginnings


def beginning_of(text: sa.ColumnElement[str], length: int) -> sa.ColumnElement[str]:
    """Return the first characters of a text, `length` at most as they are stored."""
    return sa.type_coerce(sa.func.substr(text, 1, length), SafeText())


def end_of(text: sa.ColumnElement[str], length: int) -> sa.ColumnElement[str]:
    """Return the last characters of a text, `length` at most as they are stored."""
    n = sa.func.length(text)
    return sa.type_coerce(sa.func.substr(text, sa.case((n > length, n - length + 1), else_=1)), SafeText())


def cases_with_text(store: Store, run_candidate_ids: Sequence[int], text: str) -> set[str]:
    """Return the ids of the cases of which an answer contains the text, whatever the case of its ASCII letters."""
    columns = generation.c
    has_text = columns.answer.ilike(f"%{_escaped(text)}%", escape=_ESCAPE)
    where = columns.run_candidate_id.in_(run_candidate_ids) & has_text
    batches = column_batches(store, (columns.case_id,), rows=generation, where=where)
    return {case_id for (case_ids,) in batches for case_id in case_ids}


def _beginning(row: sa.Row[Any]) -> AnswerBeginning:
    run_candidate_id, case_id, text, is_whole, end, label, rationale = row
    return AnswerBeginning(run_candidate_id, case_id, text, bool(is_whole), end, label, rationale)


def _score_on(signature: str) -> sa.ColumnElement[bool]:
    of_metric = score.c.metric_key == metric_key(signature)
    return sa.and_(score.c.generation_id == generation.c.id, of_metric)


def _escaped(text: str) -> str:
    for special in (_ESCAPE, "%", "_"):
        text = text.replace(special, _ESCAPE + special)
    return text
