"""Runs of one candidate over time, stored as the flow does it, for a monitor to look at."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from stored_runs import Asked, answer, store_run

from evaluation.candidate import Candidate
from evaluation.case import Case
from evaluation.generation import Outcome, Timing
from evaluation.store.session import Store
from evaluation.store.tables import run, run_candidate

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)


def many_cases(n: int) -> tuple[Case, ...]:
    """Cases `c000`, `c001`, …"""
    return tuple(Case(case_id=f"c{i:03d}", prompt=f"What is {i}?", references=(str(i),)) for i in range(n))


def answers(cases: Sequence[Case], *, wrong: Collection[int] = (), seconds: float = 1.5) -> dict[str, Outcome]:
    """Right answers, but for the wrong ones."""
    timing = Timing(total_s=seconds, load_s=0.0)
    return {
        case.case_id: answer("no idea" if i in wrong else case.references[0], timing=timing)
        for i, case in enumerate(cases)
    }


def watched_run(
    store: Store,
    cases: Sequence[Case],
    outcomes: Mapping[str, Outcome] | None = None,
    *,
    run_id: str,
    age: timedelta,
    model: str = "m:1b",
    digest: str = "weights-1",
    server_version: str = "0.33.0",
    now: datetime = NOW,
    took: timedelta | None = None,
    endpoint: str = "here",
    **given: Any,
) -> str:
    """Stores a run that began so long ago, and gives its id."""
    found = answers(cases) if outcomes is None else outcomes
    asked = Asked(candidate=Candidate(model=model, digest=digest), outcomes=found, endpoint=endpoint)
    store_run(store, asked, cases=cases, run_id=run_id, **given)
    with store.write() as connection:
        times = {"created_at": now - age, "finished_at": now - (age if took is None else age - took)}
        connection.execute(sa.update(run).where(run.c.id == run_id).values(times))
        of_run = run_candidate.c.run_id == run_id
        connection.execute(sa.update(run_candidate).where(of_run).values(server_version=server_version))
    return run_id
