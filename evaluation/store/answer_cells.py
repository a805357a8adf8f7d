"""Figures and beginnings of a run's answers, for tables of cases by candidates: no texts are read in full."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from evaluation.store.scores import metric_key
from evaluation.store.session import Store
from evaluation.store.tables import generation, score
from evaluation.truncation import FINISH_REASON

_CHUNK = 500
_ESCAPE = "\\"


class AnswerFigures(NamedTuple):
    """Figures of one outcome."""

    case_id: str
    server_failed: bool
    failed_itself: bool
    was_cut: bool
    waited_for_load: bool
    from_earlier_run: bool
    characters: int | None
    tokens: int | None
    seconds: float | None
    score: float | None
    """None where there is none on the metric."""


class AnswerBeginning(NamedTuple):
    """Beginning of one answer, or why there is none."""

    run_candidate_id: int
    case_id: str
    text: str
    is_whole: bool
    label: str | None
    """Word that the metric provides for the score."""


def iterate_figures_of_answers(store: Store, run_candidate_id: int, signature: str) -> Iterator[AnswerFigures]:
    """Yield the figures of a candidate's outcomes with their score on the metric of that signature."""
    columns = generation.c
    query = (
        sa.select(
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
        .select_from(generation.outerjoin(score, _score_on(signature)))
        .where(columns.run_candidate_id == run_candidate_id)
    )
    with store.read() as connection:
        yield from (AnswerFigures(*row) for row in connection.execute(query))


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
            sa.func.substr(text, 1, length),
            sa.func.length(text) <= length,
            score.c.label,
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


def cases_with_text(store: Store, run_candidate_ids: Sequence[int], text: str) -> set[str]:
    """Return the ids of the cases of which an answer contains the text, whatever the case of its ASCII letters."""
    columns = generation.c
    query = sa.select(columns.case_id).where(
        columns.run_candidate_id.in_(run_candidate_ids),
        columns.answer.ilike(f"%{_escaped(text)}%", escape=_ESCAPE),
    )
    with store.read() as connection:
        return set(connection.execute(query).scalars())


def _beginning(row: sa.Row[Any]) -> AnswerBeginning:
    run_candidate_id, case_id, text, is_whole, label = row
    return AnswerBeginning(run_candidate_id, case_id, text, bool(is_whole), label)


def _score_on(signature: str) -> sa.ColumnElement[bool]:
    of_metric = score.c.metric_key == metric_key(signature)
    return sa.and_(score.c.generation_id == generation.c.id, of_metric)


def _escaped(text: str) -> str:
    for special in (_ESCAPE, "%", "_"):
        text = text.replace(special, _ESCAPE + special)
    return text
