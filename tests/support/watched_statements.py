"""What a program asks of its database: statements, transactions and connections."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import Pool


@dataclass
class Watched:
    """What was seen until now, in all threads."""

    statements: list[str] = field(default_factory=list)
    """Of reading and writing, without the BEGIN and COMMIT around them."""
    n_transactions: int = 0
    n_connections: int = 0
    """How often one was taken from the pool."""
    n_out: int = 0
    """Connections that are taken now, of those that were taken since."""


@contextmanager
def watched() -> Iterator[Watched]:
    """Watch all databases of this process."""
    seen = Watched()

    def note_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            seen.statements.append(statement)

    def note_begin(connection: Any) -> None:
        seen.n_transactions += connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT"

    def note_checkout(*_: Any) -> None:
        seen.n_connections += 1
        seen.n_out += 1

    def note_checkin(*_: Any) -> None:
        seen.n_out -= 1

    listeners = (
        (Engine, "after_cursor_execute", note_statement),
        (Engine, "begin", note_begin),
        (Pool, "checkout", note_checkout),
        (Pool, "checkin", note_checkin),
    )
    for target, name, listener in listeners:
        event.listen(target, name, listener)
    try:
        yield seen
    finally:
        for target, name, listener in listeners:
            event.remove(target, name, listener)
