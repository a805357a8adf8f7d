"""Two transactions of Prefect's server that read and then write, at the same time, in one SQLite file."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from prefect.server.database.configurations import AioSqliteConfiguration

from deployments.guarded.write_locks import take_write_locks_first


@pytest.fixture
def configuration(tmp_path: Path) -> AioSqliteConfiguration:
    return AioSqliteConfiguration(connection_url=f"sqlite+aiosqlite:///{tmp_path}/prefect.db")


@pytest.fixture
def locked_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AioSqliteConfiguration, "begin_transaction", AioSqliteConfiguration.begin_transaction)
    take_write_locks_first()


class Database:
    """A table with one number, and transactions on it as Prefect's requests begin them."""

    def __init__(self, configuration: AioSqliteConfiguration, engine: Any) -> None:
        self._configuration, self._engine = configuration, engine

    async def add_one(self, *, has_read: asyncio.Event, may_write: asyncio.Event) -> None:
        """Reads the number, waits, and writes the next one."""
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(await self._configuration.session(self._engine))
            await stack.enter_async_context(self._configuration.begin_transaction(session))
            number = (await session.execute(sa.text("SELECT number FROM numbers"))).scalar_one()
            has_read.set()
            await may_write.wait()
            await session.execute(sa.text("UPDATE numbers SET number = :number"), {"number": number + 1})

    async def number(self) -> int:
        """The number that is stored."""
        async with await self._configuration.session(self._engine) as session:
            return int((await session.execute(sa.text("SELECT number FROM numbers"))).scalar_one())

    async def read_within_a_transaction(self) -> int:
        """The number as a transaction within another one sees it."""
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(await self._configuration.session(self._engine))
            await stack.enter_async_context(self._configuration.begin_transaction(session))
            within = await stack.enter_async_context(await self._configuration.session(self._engine))
            await stack.enter_async_context(self._configuration.begin_transaction(within))
            return int((await within.execute(sa.text("SELECT number FROM numbers"))).scalar_one())


async def opened(configuration: AioSqliteConfiguration, stack: AsyncExitStack) -> Database:
    """The database with the number 0."""
    engine = await configuration.engine()
    stack.push_async_callback(engine.dispose)
    async with engine.connect() as connection:
        await connection.execute(sa.text("CREATE TABLE numbers (number INTEGER)"))
        await connection.execute(sa.text("INSERT INTO numbers VALUES (0)"))
        await connection.commit()
    return Database(configuration, engine)


async def add_two_at_once(configuration: AioSqliteConfiguration) -> int:
    """Begins a second transaction once the first one has read, and lets the first one write after that."""
    async with AsyncExitStack() as stack:
        database = await opened(configuration, stack)
        first_has_read, first_may_write, second_has_read = asyncio.Event(), asyncio.Event(), asyncio.Event()
        first = asyncio.create_task(database.add_one(has_read=first_has_read, may_write=first_may_write))
        await first_has_read.wait()
        at_once = asyncio.Event()
        at_once.set()
        second = asyncio.create_task(database.add_one(has_read=second_has_read, may_write=at_once))
        await asyncio.wait([second], timeout=0.5)  # it ends only where nothing keeps it from writing
        first_may_write.set()
        await asyncio.gather(first, second)
        return await database.number()


def test_prefects_own_transactions_fail_where_another_one_has_written_since(
    configuration: AioSqliteConfiguration,
) -> None:
    with pytest.raises(sa.exc.OperationalError, match="database is locked"):
        asyncio.run(add_two_at_once(configuration))


@pytest.mark.usefixtures("locked_first")
def test_a_transaction_waits_for_the_one_that_began_before_it(configuration: AioSqliteConfiguration) -> None:
    assert 2 == asyncio.run(add_two_at_once(configuration))


@pytest.mark.usefixtures("locked_first")
def test_a_transaction_within_another_one_does_not_wait_for_it(configuration: AioSqliteConfiguration) -> None:
    async def read() -> int:
        async with AsyncExitStack() as stack:
            return await (await opened(configuration, stack)).read_within_a_transaction()

    assert 0 == asyncio.run(read())
