"""Stored stages of runs read from end to end, a page of cases at a time."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from evaluation.records.stages import StageRow
from evaluation.store.columns import SafeText
from evaluation.store.session import Store
from evaluation.store.stage_rows import load_stages
from evaluation.store.tables import run_candidate, stage

_CASES_AT_ONCE = 50


def has_stages(store: Store, run_ids: Sequence[str]) -> bool:
    """Check whether any candidate of these runs has a stored stage."""
    any_stage = sa.exists().where(stage.c.run_candidate_id == run_candidate.c.id)
    query = sa.select(run_candidate.c.id).where(run_candidate.c.run_id.in_(run_ids), any_stage).limit(1)
    with store.read() as connection:
        return connection.execute(query).first() is not None


def iterate_stages(store: Store, run_candidate_id: int, *, batch: int = _CASES_AT_ONCE) -> Iterator[StageRow]:
    """Yield a candidate's stages by case and repeat, each in the order in which they were asked.

    Cases without an outcome are among them: their stages have been asked too.
    """
    of_candidate = (
        sa.select(stage.c.case_id)
        .where(stage.c.run_candidate_id == run_candidate_id)
        .distinct()
        .order_by(stage.c.case_id)
        .limit(batch)
    )
    rest = of_candidate
    while True:
        with store.read() as connection:
            case_ids = list(connection.execute(rest).scalars())
        if not case_ids:
            return
        stages = load_stages(store, run_candidate_id, case_ids)
        for place in sorted(stages, key=lambda place: (case_ids.index(place[0]), place[1])):
            yield from stages[place]
        rest = of_candidate.where(stage.c.case_id > sa.literal(case_ids[-1], SafeText()))
