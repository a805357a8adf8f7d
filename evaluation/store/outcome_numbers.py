"""Numeric columns of outcomes for summaries, read in pages along an index without any texts."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from evaluation.generation import Generation
from evaluation.metrics.cost import CostOfModelsUsd, CostUsd
from evaluation.metrics.speed import TimesOfAnswer
from evaluation.outcome_fields import FIGURES, figures_of
from evaluation.store.bulk_rows import column_batches
from evaluation.store.columns import SafeText
from evaluation.store.scores import metric_key
from evaluation.store.session import Store
from evaluation.store.stage_costs import stage_costs
from evaluation.store.tables import generation, score, trace

_PAGE = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredEnergy:
    """Energy and score of one answer."""

    case_id: str
    energy_j: float
    score: float


def iterate_values(store: Store, run_candidate_id: int, signature: str) -> Iterator[tuple[str, float]]:
    """Yield (case id, value) of a candidate's scores on one metric, by case and repeat."""
    query = sa.select(generation.c.case_id, generation.c.repeat, score.c.value).join(score, _score_of(signature))
    for row in _by_case(store, run_candidate_id, query):
        yield row.case_id, row.value


def iterate_figures(
    store: Store, run_candidate_id: int, cost: CostUsd | None = None
) -> Iterator[tuple[str, Generation]]:
    """Yield (case id, generation) of all answers without their texts, with reused ones marked, by case and repeat.

    Args:
        store: The store.
        run_candidate_id: The candidate in its run.
        cost: The metric of its cost; with prices of several models, the answers have the cost of their stages.
    """
    costs = stage_costs(store, run_candidate_id, cost) if isinstance(cost, CostOfModelsUsd) else {}
    columns = (generation.c.case_id, generation.c.repeat, *(generation.c[name] for name in FIGURES), trace.c.wait_s)
    query = sa.select(*columns).outerjoin(trace, trace.c.generation_id == generation.c.id)
    for row in _by_case(store, run_candidate_id, query.where(_is_answer())):
        figures, cost_usd = figures_of(row._mapping), costs.get((row.case_id, row.repeat))
        is_of_stages = row.wait_s is not None or cost_usd is not None
        yield row.case_id, replace(figures, wait_s=row.wait_s, cost_usd=cost_usd) if is_of_stages else figures


def iterate_times(store: Store, run_candidate_id: int) -> Iterator[TimesOfAnswer]:
    """Yield what the latency of each of a candidate's answers depends on, in no order."""
    traced = generation.outerjoin(trace, trace.c.generation_id == generation.c.id)
    of = generation.c
    columns = (of.total_s, of.load_s, of.cold, of.reused, trace.c.wait_s)
    of_candidate = sa.and_(of.run_candidate_id == run_candidate_id, _is_answer())
    for batch in column_batches(store, columns, rows=traced, where=of_candidate):
        yield from zip(*batch, strict=True)


def iterate_energies(store: Store, run_candidate_id: int, signature: str) -> Iterator[ScoredEnergy]:
    """Yield the run's own answers whose energy is known, with their scores on one metric, by case and repeat."""
    columns = (generation.c.case_id, generation.c.repeat, generation.c.energy_j, score.c.value)
    query = sa.select(*columns).join(score, _score_of(signature))
    own = query.where(_is_answer(), generation.c.energy_j.is_not(None), sa.not_(generation.c.reused))
    for row in _by_case(store, run_candidate_id, own):
        yield ScoredEnergy(case_id=row.case_id, energy_j=row.energy_j, score=row.value)


def failed_cases(store: Store, run_candidate_id: int) -> tuple[str, ...]:
    """Return the cases on which the server failed in every repeat, sorted by id."""
    other = generation.alias()
    answered = sa.exists().where(
        other.c.run_candidate_id == run_candidate_id,
        other.c.case_id == generation.c.case_id,
        sa.func.coalesce(other.c.failure_kind, "") == "",
    )
    query = (
        sa.select(generation.c.case_id)
        .where(generation.c.run_candidate_id == run_candidate_id, generation.c.failure_kind.is_not(None), ~answered)
        .distinct()
        .order_by(generation.c.case_id)
    )
    with store.read() as connection:
        return tuple(connection.execute(query).scalars())


def _is_answer() -> sa.ColumnElement[bool]:
    """Return the condition that a row is an answer.

    `coalesce` keeps the query planner from the index of kinds: rows are read by case.
    """
    return sa.func.coalesce(generation.c.failure_kind, "") == ""


def _score_of(signature: str) -> sa.ColumnElement[bool]:
    return sa.and_(score.c.generation_id == generation.c.id, score.c.metric_key == metric_key(signature))


def _by_case(store: Store, run_candidate_id: int, query: sa.Select[Any]) -> Iterator[Row[Any]]:
    """Yield a candidate's rows by case and repeat; no transaction is open between pages."""
    place = sa.tuple_(generation.c.case_id, generation.c.repeat)
    page = query.where(generation.c.run_candidate_id == run_candidate_id)
    page = page.order_by(generation.c.case_id, generation.c.repeat).limit(_PAGE)
    rest = page
    while True:
        with store.read() as connection:
            rows = connection.execute(rest).all()
        yield from rows
        if len(rows) < _PAGE:
            return
        last = rows[-1]
        rest = page.where(place > sa.tuple_(sa.literal(last.case_id, SafeText()), sa.literal(last.repeat)))
