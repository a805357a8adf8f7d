"""Serialised writes to SQLite in Prefect's server: a request that writes waits for the one before it.

Prefect begins most of its transactions without SQLite's write lock and takes it at the first statement that writes.
Where another transaction has written in between, SQLite refuses that at once, whatever its busy timeout: the server
answers 503, and Prefect's client retries after two seconds or more. An evaluation writes its artifact while it
announces its turn at a GPU, so that nearly every evaluation was affected.
"""

from typing import Any


def take_write_locks_first() -> None:
    """Make Prefect's transactions begin with the write lock, for which SQLite waits up to a minute.

    A nested transaction begins as usual: it would wait for its own lock.

    Raises:
        AttributeError: this release of Prefect begins them in another way.
    """
    from prefect.server.database.configurations import SQLITE_BEGIN_MODE, AioSqliteConfiguration

    begin = AioSqliteConfiguration.begin_transaction

    def begin_transaction(configuration: Any, session: Any, with_for_update: bool = False) -> Any:
        is_outermost = SQLITE_BEGIN_MODE.get() is None
        return begin(configuration, session, with_for_update=with_for_update or is_outermost)

    setattr(AioSqliteConfiguration, "begin_transaction", begin_transaction)  # noqa: B010 - a method, to mypy
