"""Triggers that end a run's stored state with the first change of its answers, stages or scores.

They see what any program writes, so that no code that writes has to remember what others have read. A run whose state
is not stored, as that of one under way, costs them a look into an index.
"""

from collections.abc import Iterator
from dataclasses import dataclass

_RUN_OF_CANDIDATE = "(SELECT run_id FROM run_candidate WHERE id {is_in} {values})"
_OF_ANSWER = "(SELECT run_candidate_id FROM generation WHERE id {is_in} {values})"
_RUN_OF_ANSWER = _RUN_OF_CANDIDATE.replace("{values}", _OF_ANSWER)
_RUN = "{values}"
_DELETION = "DELETE FROM run_state WHERE run_id"
_EVENTS = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watched:
    """A change of a table, and the runs whose state it ends."""

    table: str
    event: str
    column: str
    """What the changed row names."""
    runs: str
    """The query of the runs, with a place for the values of the column."""

    @property
    def name(self) -> str:
        return f"run_change_{self.table}_{self.event.lower()}"


def _watched() -> Iterator[_Watched]:
    for event in _EVENTS:
        for table in ("generation", "stage"):
            yield _Watched(table=table, event=event, column="run_candidate_id", runs=_RUN_OF_CANDIDATE)
        for table in ("score", "score_failure", "trace"):
            yield _Watched(table=table, event=event, column="generation_id", runs=_RUN_OF_ANSWER)
    for event in ("INSERT", "DELETE"):  # what changes of a candidate is read each time
        yield _Watched(table="run_candidate", event=event, column="run_id", runs=_RUN)


def statements_to_end_states(dialect: str) -> Iterator[str]:
    """Yield the statements that make all triggers anew: a migration that rebuilds a table loses its own.

    What was kept before is dropped with them, since nothing has watched it meanwhile.
    """
    for watched in _watched():
        yield from (_of_sqlite if dialect == "sqlite" else _of_postgresql)(watched)
    yield "DELETE FROM kept_reading"
    yield "DELETE FROM run_state"


def _of_sqlite(watched: _Watched) -> Iterator[str]:
    if watched.event == "UPDATE":  # a row could be moved
        runs = watched.runs.format(is_in="IN", values=f"(OLD.{watched.column}, NEW.{watched.column})")
        deletion = f"{_DELETION} IN {runs}"
    else:  # without the tables that SQLite makes for each IN
        row = "NEW" if watched.event == "INSERT" else "OLD"
        deletion = f"{_DELETION} = {watched.runs.format(is_in='=', values=f'{row}.{watched.column}')}"
    yield f"DROP TRIGGER IF EXISTS {watched.name}"
    yield (f"CREATE TRIGGER {watched.name} AFTER {watched.event} ON {watched.table} BEGIN {deletion}; END")


def _of_postgresql(watched: _Watched) -> Iterator[str]:
    """Yield the statements of a trigger that looks once at all rows of a statement, not at what it cascades to.

    Whatever deletes scores with their answer, or answers with their run, has ended the state already.
    """
    name, seen = watched.name, "OLD" if watched.event == "DELETE" else "NEW"
    runs = watched.runs.format(is_in="IN", values=f"(SELECT {watched.column} FROM changed)")  # noqa: S608
    yield f"DROP TRIGGER IF EXISTS {name} ON {watched.table}"
    yield (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"{_DELETION} IN {runs}; RETURN NULL; END $$"
    )
    yield (
        f"CREATE TRIGGER {name} AFTER {watched.event} ON {watched.table} REFERENCING {seen} TABLE AS changed "
        f"FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION {name}()"
    )
