"""Cancellation of work as soon as its results database is deleted, moved away or replaced."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from evaluation.errors import DatabaseLostError
from evaluation.settings import Settings
from evaluation.store.address import parse_url
from evaluation.store.database_file import DatabaseFile, database_lost, one_file
from evaluation.store.session import open_store
from tasks.store_calls import call_store

LOOK_EVERY_S = 1.0


@asynccontextmanager
async def guard_database(*, may_be_new: bool = True) -> AsyncIterator[None]:
    """Bind the block to the database file with which it begins, and cancel it when that file is gone.

    Every store opened meanwhile is that file or an error. The file is also checked periodically, since models may load,
    answer or judge for long without a call to the store.

    Args:
        may_be_new: Create the database where there is none yet.

    Raises:
        DatabaseLostError: the file is gone or was replaced; raised instead of any other error of the block.
        StoreError: it cannot be opened.
    """
    url = Settings().database
    address = parse_url(url)
    if address.get_backend_name() != "sqlite":
        yield
        return
    with await call_store(open_store, url, upgrade_from_empty=may_be_new) as store, one_file(store) as file:
        work = asyncio.current_task()
        assert work is not None  # noqa: S101 - a coroutine runs in a task
        looking = asyncio.create_task(_cancel_when_gone(file, work))
        try:
            yield
        except asyncio.CancelledError:
            if not looking.done():
                raise
            work.uncancel()
            raise database_lost(address) from None
        except DatabaseLostError:
            raise
        except Exception as error:
            if file is not None and not file.is_there:
                raise database_lost(address) from error
            raise
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
        if file is not None and not file.is_there:
            raise database_lost(address)


async def _cancel_when_gone(file: DatabaseFile | None, work: asyncio.Task[object]) -> None:
    while file is None or await asyncio.to_thread(lambda: file.is_there):
        await asyncio.sleep(LOOK_EVERY_S)
    work.cancel("the database is gone")
