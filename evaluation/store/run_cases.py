"""Stored cases of a run, as rows, so that a run of 100,000 cases is read in pages."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evaluation.errors import StoreError
from evaluation.store.session import Store
from evaluation.store.tables import benchmark_case, race, run, run_case

_CHUNK = 500


def insert_run_cases(connection: Connection, run_id: str, version: str, case_ids: Sequence[str]) -> None:
    """Add cases to a run in the caller's transaction, at their positions in the benchmark version.

    Raises:
        StoreError: the version does not hold one of them.
    """
    held = set(connection.execute(sa.select(run_case.c.case_id).where(run_case.c.run_id == run_id)).scalars())
    new_ids = [case_id for case_id in dict.fromkeys(case_ids) if case_id not in held]
    place = sa.select(benchmark_case.c.position, benchmark_case.c.case_id).where(benchmark_case.c.version == version)
    for start in range(0, len(new_ids), _CHUNK):
        chunk = new_ids[start : start + _CHUNK]
        stored_cases = connection.execute(place.where(benchmark_case.c.case_id.in_(chunk))).all()
        if len(stored_cases) < len(chunk):
            raise _unknown_case(version, set(chunk) - {row.case_id for row in stored_cases})
        rows = [{"run_id": run_id, "position": row.position, "case_id": row.case_id} for row in stored_cases]
        connection.execute(sa.insert(run_case), rows)


def _unknown_case(version: str, unknown: set[str]) -> StoreError:
    return StoreError(
        f"benchmark version {version!r} holds no case {min(unknown)!r} ({len(unknown)} missing)",
        "Save the benchmark first",
    )


def run_case_ids(store: Store, run_id: str, *, page: int = 500) -> Iterator[tuple[str, ...]]:
    """Yield the ids of a run's cases in the order of its benchmark, in pages; no transaction is open between them."""
    query = sa.select(run_case.c.position, run_case.c.case_id).order_by(run_case.c.position).limit(page)
    last = -1
    while True:
        with store.read() as connection:
            rows = connection.execute(query.where(run_case.c.run_id == run_id, run_case.c.position > last)).all()
        if rows:
            yield tuple(row.case_id for row in rows)
        if len(rows) < page:
            return
        last = rows[-1].position


def run_case_positions(store: Store, run_id: str) -> list[int]:
    """Return the positions of a run's cases in its benchmark, in that order."""
    query = sa.select(run_case.c.position).where(run_case.c.run_id == run_id).order_by(run_case.c.position)
    with store.read() as connection:
        return list(connection.execute(query).scalars())


def count_cases_before(store: Store, run_id: str, position: int) -> int:
    """Return how many of a run's cases come before that position of its benchmark."""
    query = sa.select(sa.func.count()).select_from(run_case)
    with store.read() as connection:
        before = query.where(run_case.c.run_id == run_id, run_case.c.position < position)
        return int(connection.execute(before).scalar_one())


def has_run_case(store: Store, run_id: str, case_id: str) -> bool:
    """Return True where the run asks that case."""
    query = sa.select(run_case.c.position).where(run_case.c.run_id == run_id, run_case.c.case_id == case_id)
    with store.read() as connection:
        return connection.execute(query).first() is not None


def case_choice(n_cases: int, n_in_benchmark: int, seed: int, *, race_id: str | None = None) -> str:
    """Return a name that runs of one benchmark version share if they ask the same cases: `all`, `50 by seed 7`.

    A race asks each of its candidates as many cases as decide about it, so that no other run asks the same.

    Args:
        n_cases: Number of cases that the run asks at most.
        n_in_benchmark: Number of cases of the benchmark version.
        seed: Seed of the run.
        race_id: Invocation of the run, where it is a race.
    """
    if race_id is not None:
        return f"those of race {race_id}"
    return "all" if n_cases >= n_in_benchmark else f"{n_cases} by seed {seed}"


def has_case_choice(
    n_cases: int, n_in_benchmark: int, seed: int, *, race_id: str | None = None
) -> "sa.ColumnElement[bool]":
    """Return the condition that a run of the benchmark version has the same `case_choice`."""
    if race_id is not None:
        return run.c.invocation_id == race_id
    is_race = sa.select(race.c.invocation_id).where(race.c.invocation_id == run.c.invocation_id).exists()
    return sa.and_(run.c.n_cases == n_cases, sa.or_(run.c.seed == seed, run.c.n_cases >= n_in_benchmark), ~is_race)


def count_common_cases(store: Store, first: str, second: str) -> int:
    """Return how many cases two runs of one benchmark version have in common."""
    other = run_case.alias()
    both = run_case.join(other, run_case.c.position == other.c.position)
    query = sa.select(sa.func.count()).select_from(both)
    with store.read() as connection:
        return int(connection.execute(query.where(run_case.c.run_id == first, other.c.run_id == second)).scalar_one())
