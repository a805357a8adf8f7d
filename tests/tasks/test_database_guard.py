"""Work that is held to the database file with which it began."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from evaluation.errors import ConfigurationError, DatabaseLostError, StoreError
from evaluation.store.session import open_store
from tasks import database_guard, flow_logging


@pytest.fixture
def path(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the database that settings name, which is looked at often."""
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", sqlite_url)
    monkeypatch.setattr(database_guard, "LOOK_EVERY_S", 0.01)
    return Path(sqlite_url.removeprefix("sqlite:///"))


def work(do: Callable[[], object], *, then_s: float = 600.0, may_be_new: bool = True) -> None:
    """Do something in the block, then be silent for so long."""

    async def silent() -> None:
        async with database_guard.guard_database(may_be_new=may_be_new):
            do()
            await asyncio.sleep(then_s)

    asyncio.run(silent())


def test_work_that_is_silent_ends_when_its_database_is_deleted(path: Path) -> None:
    with pytest.raises(DatabaseLostError, match="was deleted or replaced while it was in use"):
        work(path.unlink)


def test_a_database_that_is_put_back_after_the_work_was_ended_does_not_make_it_done(path: Path, tmp_path: Path) -> None:
    async def ends() -> None:
        async with database_guard.guard_database():
            path.rename(tmp_path / "moved.db")
            try:
                await asyncio.sleep(600)
            finally:
                (tmp_path / "moved.db").rename(path)

    with pytest.raises(DatabaseLostError):
        asyncio.run(ends())


def test_work_that_ends_as_its_database_goes_is_not_done(path: Path) -> None:
    with pytest.raises(DatabaseLostError):
        work(path.unlink, then_s=0.0)


def test_what_a_lost_database_breaks_is_called_by_its_cause(path: Path) -> None:
    def breaks() -> None:
        path.unlink()
        raise ConfigurationError("there is no run 'x'")

    with pytest.raises(DatabaseLostError):
        work(breaks)


def test_another_error_and_a_cancellation_stay_what_they_are(path: Path) -> None:
    def breaks() -> None:
        raise ConfigurationError("there is no run 'x'")

    with pytest.raises(ConfigurationError, match="no run"):
        work(breaks)

    async def cancelled() -> None:
        async with database_guard.guard_database():
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(600)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())


def test_where_it_may_not_be_new_it_is_not_made(path: Path) -> None:
    with pytest.raises(StoreError, match="there is no database"):
        work(lambda: None, then_s=0.0, may_be_new=False)
    assert not path.exists()
    work(lambda: None, then_s=0.0)
    assert path.exists()


def test_that_a_database_is_lost_is_told_by_the_flow_run_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setattr(flow_logging, "listeners", [lambda level, text: heard.append(text) if level >= 30 else None])
    with open_store(str(path)) as store:
        path.unlink()
        with pytest.raises(DatabaseLostError) as lost, store.read():
            pass

    flow_logging.log_warning("scores are shown later: %s", lost.value)
    flow_logging.log_warning("scores are shown later: %s", StoreError("the disk is full"))

    assert ["scores are shown later: the disk is full"] == heard
