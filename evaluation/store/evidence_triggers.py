"""Change detection for evidence read by another process, by a number that triggers increment on SQLite.

Any change of a row counts, by whatever program, in a table that the evidence or the deciding model is read from. The
number is correct only while all triggers exist as defined here; otherwise `n_changes` reports nothing. PostgreSQL has
no such number: it would be one row for which all writers wait.
"""

import sqlite3
from functools import cache

WATCHED = (
    "benchmark",
    "benchmark_case",
    "candidate",
    "endpoint",
    "generation",
    "metric",
    "model",
    "profile",
    "promotion",
    "run",
    "run_candidate",
    "score",
    "scoreboard_case",
    "scoreboard_import",
    "scoreboard_row",
    "selection_model",
)
_PREFIX = "evidence_change_"
_EVENTS = ("INSERT", "UPDATE", "DELETE")
_COUNT = "UPDATE evidence_change SET n_changes = n_changes + 1"


@cache
def _triggers() -> dict[str, str]:
    """Return the statement that creates each trigger, by its name."""
    names = {f"{_PREFIX}{table}_{event.lower()}": (table, event) for table in WATCHED for event in _EVENTS}
    return {
        name: f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {_COUNT}; END"
        for name, (table, event) in names.items()
    }


def statements_to_watch() -> tuple[str, ...]:
    """Recreate all triggers: a migration that rebuilds a table loses its own. What was kept before is dropped."""
    made = _triggers()
    return (
        *(f"DROP TRIGGER IF EXISTS {name}" for name in made),
        *made.values(),
        "INSERT OR IGNORE INTO evidence_change (id, n_changes) VALUES (1, 0)",
        "DELETE FROM kept_scoreboard",
    )


def n_changes(connection: sqlite3.Connection) -> int | None:
    """Return how often the evidence has changed; None where nothing counts the changes.

    Raises:
        sqlite3.Error: it cannot be read.
    """
    there = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    if any(there.get(name) != statement for name, statement in _triggers().items()):
        return None
    row = connection.execute("SELECT n_changes FROM evidence_change WHERE id = 1").fetchone()
    return None if row is None else int(row[0])
