"""Answers, scores and stages of runs, as typed rows."""

from collections.abc import Iterable

from evaluation.exports.answers import Row, score_columns
from evaluation.exports.filters import Filters, check_filters
from evaluation.exports.rows import rows
from evaluation.exports.source import Kind, find_source
from evaluation.results.frames import columns_of
from evaluation.results.listings import CaseList, CaseRow, ScoreCell, ScoreList, ScoreRow, StageList, StageRow
from evaluation.store.session import Store

_LABEL, _FAILURE = " label", " failure"


def case_list(store: Store, name: str, filters: Filters) -> CaseList:
    """Return the outcomes of the cases of a run, or of the runs of an experiment.

    Raises:
        UnknownNameError: no such run, candidate, metric or case.
        ConfigurationError: the name is that of a comparison.
    """
    columns, listed = _rows(store, name, Kind.ANSWERS, filters)
    own = columns_of(CaseRow)
    words = [column for column in columns if column not in own and score_columns(column)[2] in columns]
    return CaseList(
        CaseRow(**{name: row.get(name) for name in own}, scores=_scores(row, words))  # type: ignore[arg-type]
        for row in listed
    )


def score_list(store: Store, name: str, filters: Filters) -> ScoreList:
    """Return the scores of a run, or of the runs of an experiment.

    Raises:
        UnknownNameError: no such run, candidate, metric or case.
        ConfigurationError: the name is that of a comparison.
    """
    columns, listed = _rows(store, name, Kind.SCORES, filters)
    return ScoreList(ScoreRow(**{name: row.get(name) for name in columns}) for row in listed)  # type: ignore[arg-type]


def stage_list(store: Store, name: str, filters: Filters) -> StageList:
    """Return the stages of the pipelines of a run, or of the runs of an experiment.

    Raises:
        UnknownNameError: no such run, candidate or case.
        ConfigurationError: the name is that of a comparison, or no candidate has a pipeline.
    """
    columns, listed = _rows(store, name, Kind.STAGES, filters)
    return StageList(
        StageRow(**{**{column: row.get(column) for column in columns}, "passages": _passages(row)})  # type: ignore[arg-type]
        for row in listed
    )


def _passages(row: Row) -> tuple[dict[str, object], ...] | None:
    return None if row["passages"] is None else tuple(row["passages"])


def _rows(store: Store, name: str, kind: Kind, filters: Filters) -> tuple[tuple[str, ...], Iterable[Row]]:
    source = find_source(store, name)
    check_filters(store, source, kind, filters)
    return rows(store, source, kind, filters)


def _scores(row: Row, words: list[str]) -> dict[str, ScoreCell]:
    return {
        word: ScoreCell(value=row.get(word), label=row.get(f"{word}{_LABEL}"), failure=row.get(f"{word}{_FAILURE}"))
        for word in words
        if word in row or f"{word}{_FAILURE}" in row
    }
