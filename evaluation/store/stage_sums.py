"""Sums over the stages of pipelines by candidate and stage, grouped by the database."""

from dataclasses import fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from evaluation.generation import TIME_TO_FIRST
from evaluation.outcome_fields import SECONDS
from evaluation.records.stages import StageSums
from evaluation.store.columns import SafeText
from evaluation.store.session import Store
from evaluation.store.tables import generation, run_candidate, stage

_NUMBER = "0123456789."
_TOKENS = ("prompt_tokens", "output_tokens")
_MEASURED = (*(name for name in SECONDS if name != TIME_TO_FIRST), "energy_j")
"""Figures that belong to the run that measured them, unlike tokens."""
_SUMMED = (*_TOKENS, *_MEASURED)
_COUNTED = ("n_reused", "n_shared", "n_without_tokens", "n_without_energy")
_GROUP = ("run_candidate_id", "stage", "kind", "model", "digest")


def stage_sums(store: Store, run_id: str) -> dict[int, list[StageSums]]:
    """Return the sums of the stages of a run's candidates, by the candidate's row; candidates without any are left out.

    Those of a candidate are in the order in which its pipeline asks them. `map 1` and `map 2` are stages of one name.
    """
    sums: dict[int, list[StageSums]] = {}
    with store.read() as connection:
        for row in connection.execute(_by_candidate(run_id)).mappings():
            sums.setdefault(row["run_candidate_id"], []).append(_record(row))
    return sums


def _by_candidate(run_id: str) -> sa.Select[Any]:
    by_case = _by_case(run_id).subquery()
    group = [by_case.c[name] for name in _GROUP]
    return (
        sa.select(
            *group,
            sa.func.min(by_case.c.first_name).label("first_name"),
            sa.func.max(by_case.c.last_name).label("last_name"),
            _whole(sa.func.sum(by_case.c.n)).label("n"),
            sa.func.count().label("n_outcomes"),
            sa.func.min(by_case.c.n).label("least_per_case"),
            sa.func.max(by_case.c.n).label("most_per_case"),
            *(_whole(sa.func.sum(by_case.c[name])).label(name) for name in (*_COUNTED, *_TOKENS)),
            *(sa.func.sum(by_case.c[name]).label(name) for name in _MEASURED),
        )
        .group_by(*group)
        .order_by(by_case.c.run_candidate_id, sa.func.min(by_case.c.position), by_case.c.stage, by_case.c.model)
    )


def _by_case(run_id: str) -> sa.Select[Any]:
    """Return the query of the sums by case and repeat, which tells how many stages of one name a case has."""
    named = _named(run_id).subquery()
    group = [named.c[name] for name in (*_GROUP, "case_id", "repeat")]
    return sa.select(
        *group,
        sa.func.min(named.c.whole_name).label("first_name"),
        sa.func.max(named.c.whole_name).label("last_name"),
        sa.func.min(named.c.position).label("position"),
        sa.func.count().label("n"),
        *(sa.func.sum(named.c[name]).label(name) for name in (*_COUNTED, *_SUMMED)),
    ).group_by(*group)


def _named(run_id: str) -> sa.Select[Any]:
    """Return the query of the run's stages, with their names without numbers."""
    same_case = sa.and_(*(generation.c[name] == stage.c[name] for name in ("run_candidate_id", "case_id", "repeat")))
    is_reused = sa.func.coalesce(generation.c.reused, sa.false())
    lacks_tokens = sa.or_(
        sa.and_(stage.c.kind.in_(("chat", "embed")), stage.c.prompt_tokens.is_(None)),
        sa.and_(stage.c.kind == "chat", stage.c.output_tokens.is_(None)),
    )
    is_shared = sa.and_(stage.c.kind == "embed", stage.c.n_attempts == 0)
    lacks_energy = sa.and_(stage.c.endpoint.is_not(None), stage.c.energy_j.is_(None), sa.not_(is_reused))
    return (
        sa.select(
            stage.c.run_candidate_id,
            stage.c.case_id,
            stage.c.repeat,
            stage.c.kind,
            stage.c.model,
            stage.c.digest,
            stage.c.position,
            stage.c.name.label("whole_name"),
            _without_number(stage.c.name).label("stage"),
            _as_number(is_reused).label("n_reused"),
            _as_number(is_shared).label("n_shared"),
            _as_number(lacks_tokens).label("n_without_tokens"),
            _as_number(lacks_energy).label("n_without_energy"),
            *(stage.c[name] for name in _TOKENS),
            *(sa.case((is_reused, sa.null()), else_=stage.c[name]).label(name) for name in _MEASURED),
        )
        .join(run_candidate, run_candidate.c.id == stage.c.run_candidate_id)
        .outerjoin(generation, same_case)
        .where(run_candidate.c.run_id == run_id)
    )


def _without_number(name: sa.Column[str]) -> sa.ColumnElement[str]:
    """Return `map` of `map 3` and `combine` of `combine 2.1`; other names stay whole."""
    before = sa.func.rtrim(name, _NUMBER, type_=SafeText())
    is_numbered = sa.and_(before != name, sa.func.length(sa.func.rtrim(before)) < sa.func.length(before))
    return sa.case(
        (sa.and_(is_numbered, sa.func.rtrim(before) != ""), sa.func.rtrim(before, type_=SafeText())), else_=name
    )


def _as_number(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.case((condition, 1), else_=0)


def _whole(total: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    """Return the sum as a whole number, which PostgreSQL makes a decimal."""
    return sa.cast(total, sa.BigInteger)


def _record(row: RowMapping) -> StageSums:
    whole_names = {row["first_name"], row["last_name"]}
    values = {each.name: row[each.name] for each in fields(StageSums)}
    return StageSums(**values | ({"stage": whole_names.pop()} if len(whole_names) == 1 else {}))
