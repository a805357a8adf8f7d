"""Ways to end a run early: by signal, or in Prefect; and a disk that is full."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from scripted_ollama import Chat, Reply, right


def press_ctrl_c() -> None:
    """Sends this process what Ctrl-C does."""
    os.kill(os.getpid(), signal.SIGINT)


def terminate() -> None:
    """Sends this process SIGTERM."""
    os.kill(os.getpid(), signal.SIGTERM)


def cancel_in_prefect() -> None:
    """Cancels the flow run that was started last, as its page's button does; earlier tests may have left others."""
    from prefect.client.orchestration import SyncPrefectClient, get_client
    from prefect.client.schemas.filters import FlowRunFilter
    from prefect.client.schemas.objects import State, StateType
    from prefect.client.schemas.sorting import FlowRunSort

    running = FlowRunFilter.model_validate({"state": {"type": {"any_": ["RUNNING"]}}})
    with get_client(sync_client=True) as client:
        assert isinstance(client, SyncPrefectClient)
        newest = FlowRunSort.START_TIME_DESC
        (flow_run,) = client.read_flow_runs(flow_run_filter=running, sort=newest, limit=1)
        client.set_flow_run_state(flow_run.id, State(type=StateType.CANCELLING))


@dataclass
class HangsAtFive:
    """Answers rightly; asked `What is 5?`, it calls somebody and waits to be let go.

    With `all_wait` all questions that come later wait too, so that none is answered while the call takes its effect.
    """

    then: Callable[[], None]
    prefect_api: str | None = None
    all_wait: bool = False
    has_come: threading.Event = field(default_factory=threading.Event)
    may_go_on: threading.Event = field(default_factory=threading.Event)
    troubles: list[BaseException] = field(default_factory=list)

    def __call__(self, chat: Chat) -> Reply:
        if chat.prompt == "What is 5?":
            threading.Thread(target=self._call).start()
            self.has_come.set()
            self.may_go_on.wait(600)
        elif self.all_wait and self.has_come.is_set():
            self.may_go_on.wait(600)
        return right(chat)

    def _call(self) -> None:
        from prefect.settings import PREFECT_API_URL, temporary_settings

        try:
            with temporary_settings({PREFECT_API_URL: self.prefect_api}):
                self.then()
        except BaseException as error:
            self.troubles.append(error)
            self.may_go_on.set()  # or the run would wait for what did not come


@contextmanager
def room_for(store_url: str, n_more_pages: int) -> Iterator[None]:
    """Lets a SQLite database grow by so many pages, over all connections of this process, and not further."""
    path = store_url.removeprefix("sqlite:///")

    def limit(connection: Any, _record: object) -> None:
        if connection.execute("PRAGMA database_list").fetchone()[2] == path:
            connection.execute(f"PRAGMA max_page_count = {most}")

    engine = sa.create_engine(store_url)
    with engine.connect() as connection:
        most = connection.exec_driver_sql("PRAGMA page_count").scalar_one() + n_more_pages
    engine.dispose()
    sa.event.listen(sa.Engine, "connect", limit)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "connect", limit)
