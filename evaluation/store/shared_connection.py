"""One connection to PostgreSQL for all that a request reads, one statement after another.

A reading on a connection of its own takes four round trips for one statement: the pool asks whether the connection
lives, then come BEGIN, the statement, and COMMIT. A request that reads thirty times waits for a hundred of them.

The shared connection is in no transaction: each statement sees what is committed by then, as it does within a
transaction of PostgreSQL's usual isolation. Hence nothing is locked or held between two readings, a request reads what
it has written, and a statement that failed leaves no transaction behind that refuses all others.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock

from sqlalchemy.engine import Connection, Engine


class SharedConnection:
    """Lends one connection to one reading at a time; others that want it meanwhile take one of their own.

    So a reading within another, in another thread, or of a generator that somebody has begun and not ended, goes on as
    it would without it.
    """

    def __init__(self) -> None:
        self._is_lent = Lock()
        self.is_closed = False
        """Whether the request has been answered: nothing is lent any more."""
        self._engine: Engine | None = None
        self._connection: Connection | None = None

    @contextmanager
    def lent(self, engine: Engine) -> Iterator[Connection | None]:
        """Yield the connection, made where there is none; None where it is lent, closed, or another database's.

        After an error it is given back to the pool, which looks whether it is still alive.
        """
        if not self._is_lent.acquire(blocking=False):
            yield None
            return
        try:
            yield None if self.is_closed or self._engine not in (None, engine) else self._opened(engine)
        except BaseException:
            self._give_back()
            raise
        finally:
            self._is_lent.release()
            if self.is_closed:
                self.rest()

    def rest(self) -> None:
        """Give the connection back to the pool unless it is lent; the next reading takes one again."""
        if self._is_lent.acquire(blocking=False):
            try:
                self._give_back()
            finally:
                self._is_lent.release()

    def close(self) -> None:
        """Lend no more, and give the connection back: now, or once the reading that has it ends."""
        self.is_closed = True
        self.rest()

    def _opened(self, engine: Engine) -> Connection:
        if self._connection is None:
            self._connection, self._engine = engine.connect(), engine
        return self._connection

    def _give_back(self) -> None:
        connection, self._connection, self._engine = self._connection, None, None
        if connection is not None:
            connection.close()


SHARED: ContextVar[SharedConnection | None] = ContextVar("shared_connection", default=None)
"""The connection of the request that is being answered; None: each reading takes one of its own."""


@contextmanager
def one_connection() -> Iterator[None]:
    """Read everything in here over one connection, where the database is PostgreSQL; within another, over that one's.

    Not for what waits long for something else, since the connection is nobody else's until the end.
    """
    outer = SHARED.get()
    if outer is not None and not outer.is_closed:
        yield
        return
    shared = SharedConnection()
    token = SHARED.set(shared)
    try:
        yield
    finally:
        SHARED.reset(token)
        shared.close()
