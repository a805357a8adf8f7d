"""Cost of each answer of a pipeline that asks several models: that of its stages, each at the price of its model."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.cost import CostOfModelsUsd, CostUsd, is_free
from evaluation.scores import Measurement
from evaluation.store.session import Store
from evaluation.store.stage_rows import CaseKey
from evaluation.store.tables import stage

_PRICED = ("chat", "embed")
"""Kinds of stages that cost: counting tokens and searching do not."""
_PAGE = 5000
_ANY_CASE = Case(case_id="any")
"""Placeholder for the case of a cost, which does not depend on it."""


def stage_costs(store: Store, run_candidate_id: int, cost: CostOfModelsUsd) -> dict[CaseKey, float]:
    """Return the cost of each case and repeat whose stages all have one.

    Args:
        store: The store.
        run_candidate_id: The candidate in its run.
        cost: The metric, with the prices of all of its models.
    """
    with store.read() as connection:
        return read_stage_costs(connection, run_candidate_id, cost)


def read_stage_costs(connection: Connection, run_candidate_id: int, cost: CostOfModelsUsd) -> dict[CaseKey, float]:
    """Return the cost of each case and repeat whose stages all have one, in the caller's transaction."""
    prices = dict(cost.prices)
    costs: defaultdict[CaseKey, list[float | None]] = defaultdict(list)
    for row in _sums(connection, run_candidate_id):
        costs[row.case_id, row.repeat].append(_cost(prices[row.model], row) if row.model in prices else None)
    return {key: total for key, parts in costs.items() if (total := _total(parts)) is not None}


def _sums(connection: Connection, run_candidate_id: int) -> Iterator[Row[Any]]:
    """Yield what the stages of each case took, by kind and model."""
    of = stage.c
    kinds = (of.case_id, of.repeat, of.model, of.kind)
    # An embedding that another case had requested took no energy of its own.
    energy_j = sa.case((sa.and_(of.kind == "embed", of.n_attempts == 0), 0.0), else_=of.energy_j)
    numbers = {"prompt_tokens": of.prompt_tokens, "output_tokens": of.output_tokens, "energy_j": energy_j}
    summed = [
        sa.case((sa.func.count(column) == sa.func.count(), sa.func.sum(column))).label(name)
        for name, column in numbers.items()
    ]
    query = sa.select(*kinds, *summed).where(of.run_candidate_id == run_candidate_id, of.kind.in_(_PRICED))
    with connection.execute(query.group_by(*kinds)) as result:
        yield from result


def _cost(price: CostUsd, row: Row[Any]) -> float | None:
    """Return what the stages of a model cost; None where their tokens or their energy are not known."""
    if is_free(price):
        return 0.0
    took = Generation(
        answer="",
        text="",
        prompt_tokens=row.prompt_tokens,
        output_tokens=0 if row.kind == "embed" else row.output_tokens,
        energy_j=row.energy_j,
    )
    measured = price.measure(_ANY_CASE, (took,), {})
    return measured.value if isinstance(measured, Measurement) else None


def _total(parts: Sequence[float | None]) -> float | None:
    priced = [part for part in parts if part is not None]
    return sum(priced) if priced and len(priced) == len(parts) else None
