"""Calls are recorded beside the application, which neither waits nor fails."""

import logging
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from evaluation.errors import StoreError
from evaluation.store.session import Store, open_store
from evaluation.store.traffic import list_traffic, save_traffic
from evaluation.traffic.recorder import DELETED, Recorder
from evaluation.traffic.traffic_writer import TrafficWriter

ROOT = Path(__file__).parents[3]


@pytest.fixture
def recorder(store: Store) -> Iterator[Recorder]:
    """One that writes into the store of the test."""
    made = Recorder(store.url, batch_after_s=0.01)
    yield made
    made.close()


def test_a_block_is_a_call_with_its_steps_and_tokens(store: Store, recorder: Recorder) -> None:
    with recorder.record(task="flash_analysis", candidate="llama3.2:3b") as call:
        call.stage("retrieval", tokens=120)
        with call.stage("answer") as step:
            step.tokens = 7
        call.stage("elsewhere", duration_s=2.5)
        call.tokens(prompt=150)
        call.tokens(output=7)
    assert 0 == recorder.flush()

    (found,) = list_traffic(store)
    assert ("flash_analysis", "llama3.2:3b", True, None) == (found.task, found.candidate, found.ok, found.error_type)
    assert [("retrieval", 120), ("answer", 7), ("elsewhere", None)] == [(one.name, one.tokens) for one in found.stages]
    assert (150, 7) == (found.prompt_tokens, found.output_tokens)
    assert 2.5 == found.stages[2].duration_s
    assert 0 <= found.stages[0].duration_s + found.stages[1].duration_s <= found.duration_s


def test_an_exception_goes_on_its_way_and_leaves_its_type_alone(store: Store, recorder: Recorder) -> None:
    with (
        pytest.raises(StoreError, match="the key is s3cret"),
        recorder.record(task="t", candidate="c", keep_texts=True),
    ):
        raise StoreError("the key is s3cret")
    with pytest.raises(KeyboardInterrupt), recorder.record(task="t", candidate="c"):
        raise KeyboardInterrupt
    recorder.flush()

    found = list_traffic(store, ok=False)
    assert ["evaluation.errors.StoreError", "KeyboardInterrupt"] == [one.error_type for one in found]
    assert "s3cret" not in repr(found)


def test_start_and_complete_do_without_a_block_and_the_first_end_holds(store: Store, recorder: Recorder) -> None:
    call = recorder.start(task="t", candidate="c")
    call.stage("answer", tokens=3)
    call.complete(ok=False)
    call.complete()
    recorder.start(task="t", candidate="of no end")
    recorder.start(task="t", candidate="d").complete(error=TimeoutError("s3cret"))
    recorder.flush()

    assert [("c", False, None), ("d", False, "TimeoutError")] == [
        (one.candidate, one.ok, one.error_type) for one in list_traffic(store)
    ]


def test_texts_are_stored_only_where_that_was_asked(store: Store, recorder: Recorder) -> None:
    for keep_texts in (False, True):
        with recorder.record(task="t", candidate="c", keep_texts=keep_texts) as call:
            call.texts(input="question \x00")
            call.texts(output="answer")
    recorder.flush()

    assert [(None, None), ("question \x00", "answer")] == [(one.input, one.output) for one in list_traffic(store)]


def test_a_call_that_cannot_be_stored_is_dropped_alone_and_said_once(
    store: Store, recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    for task in ("first", 7, "", "x" * 201, "last"):
        recorder.record(task=task, candidate="c").complete()  # type: ignore[arg-type]
    recorder.record(task="t", candidate="c").stage(None).tokens = 1  # type: ignore[arg-type]
    assert 0 == recorder.flush()

    assert ["first", "last"] == [one.task for one in list_traffic(store)]
    assert 3 == recorder.n_dropped
    assert ["task: expected a text of 1 to 200 characters"] == [one.split(": ", 1)[1] for one in caplog.messages]


def test_threads_record_side_by_side(sqlite_url: str) -> None:
    recorder = Recorder(sqlite_url, batch_after_s=0.01)

    def work(number: int) -> None:
        for _ in range(50):
            with recorder.record(task="t", candidate=f"c{number}") as call:
                call.stage("answer")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0 == recorder.close()
    with open_store(sqlite_url) as store:
        found = list_traffic(store)
    assert (400, 400) == (len(found), sum(len(one.stages) for one in found))


def test_an_application_goes_on_where_the_store_is_away_and_its_newest_calls_wait(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    recorder = Recorder(f"sqlite:///{tmp_path}/file/no.db", most_waiting=3, batch_after_s=0.01)
    for number in range(5):
        recorder.record(task="t", candidate=f"c{number}").complete()
    assert 3 == recorder.flush()
    assert 2 == recorder.n_dropped
    assert 3 == recorder.close()
    first, last = caplog.messages
    assert "the application goes on: the folder" in first
    assert "missing in the recorded traffic: 5" in last


def test_what_waited_is_written_when_the_store_is_back() -> None:
    is_away, stored = threading.Event(), []
    is_away.set()

    def write(rows: object) -> None:
        if is_away.is_set():
            raise StoreError("away")
        stored.extend(rows)  # type: ignore[call-overload]

    writer = TrafficWriter(write, batch_after_s=0.0)
    for number in range(3):
        writer.put(lambda number=number: number)  # type: ignore[misc]
    assert 3 == writer.flush()
    is_away.clear()
    assert 0 == writer.flush()
    assert 0 == writer.close()
    assert [0, 1, 2] == stored


@pytest.mark.parametrize("is_replaced", [False, True])
def test_calls_go_into_a_new_database_where_the_old_one_was_deleted_and_this_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, is_replaced: bool
) -> None:
    folder = tmp_path / "data"
    recorder = Recorder(f"sqlite:///{folder}/calls.db", batch_after_s=0.01)
    recorder.record(task="t", candidate="deleted with it").complete()
    assert 0 == recorder.flush(timeout_s=60)
    shutil.rmtree(folder)
    if is_replaced:
        open_store(f"sqlite:///{folder}/calls.db").close()
    for number in range(3):
        recorder.record(task="t", candidate=f"c{number}").complete()
        assert 0 == recorder.flush(timeout_s=60)

    assert (0, 0) == (recorder.close(timeout_s=60), recorder.n_dropped)
    with open_store(f"sqlite:///{folder}/calls.db") as store:
        assert {"c0", "c1", "c2"} == {one.candidate for one in list_traffic(store)}
    assert [f"{DELETED}: sqlite:///{folder}/calls.db"] == caplog.messages


def test_a_batch_is_written_again_where_the_database_is_deleted_while_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, n_deleted = tmp_path / "data", [0]

    def save(store: Store, rows: Sequence[Any]) -> int:
        if n_deleted[0] == 0:
            n_deleted[0] += 1
            shutil.rmtree(folder)
        return save_traffic(store, rows)

    recorder = Recorder(f"sqlite:///{folder}/calls.db", batch_after_s=0.01)
    monkeypatch.setattr("evaluation.store.traffic.save_traffic", save)
    recorder.record(task="t", candidate="c").complete()

    assert 0 == recorder.close(timeout_s=60)
    with open_store(f"sqlite:///{folder}/calls.db") as store:
        assert ["c"] == [one.candidate for one in list_traffic(store)]


def test_calls_are_counted_as_lost_where_no_new_database_can_take_the_place_of_a_deleted_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "data"
    recorder = Recorder(f"sqlite:///{folder}/calls.db", most_waiting=2, batch_after_s=0.01)
    recorder.record(task="t", candidate="deleted with it").complete()
    assert 0 == recorder.flush(timeout_s=60)
    shutil.rmtree(folder)
    folder.touch()
    for number in range(5):
        recorder.record(task="t", candidate=f"c{number}").complete()
    assert 2 == recorder.flush(timeout_s=60)

    assert (3, 2) == (recorder.n_dropped, recorder.close(timeout_s=60))
    assert [DELETED, "the application goes on: the folder"] == [
        words for words in (DELETED, "the application goes on: the folder") if words in caplog.text
    ]
    assert "missing in the recorded traffic: 5" in caplog.messages[-1]


def test_a_bug_of_ours_costs_calls_and_no_application(caplog: pytest.LogCaptureFixture) -> None:
    def write(rows: object) -> None:
        raise ZeroDivisionError("s3cret")

    writer = TrafficWriter(write, batch_after_s=0.0)
    for _ in range(3):
        writer.put(lambda: 1)
    assert (0, 3) == (writer.close(), writer.n_dropped)
    assert "an unexpected ZeroDivisionError" in caplog.messages[0]
    assert "s3cret" not in caplog.text
    assert logging.WARNING == caplog.records[0].levelno


def _python(program: str, url: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"BENCHWRIGHT_DATABASE_URL": url}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True
    )


def _recording(program: str, url: str) -> subprocess.CompletedProcess[str]:
    """A program whose end need not wait for imports and a schema, which may take long on a busy machine."""
    open_store(url).close()
    return _python(f"import evaluation.store.session, evaluation.store.traffic\n{program}", url)


def test_importing_the_recorder_imports_nothing_heavy() -> None:
    program = (
        "import sys; from evaluation.traffic import record; "
        "print(sorted({'sqlalchemy', 'pydantic', 'numpy', 'pandas', 'prefect', 'httpx'} & set(sys.modules)))"
    )
    assert "[]\n" == _python(program, "").stdout


def test_the_end_of_a_process_waits_for_what_is_not_written(sqlite_url: str) -> None:
    program = (
        "from evaluation.traffic import record\n"
        "with record(task='t', candidate='c') as call: call.stage('answer', tokens=1)\n"
        "raise SystemExit(3)"
    )
    done = _recording(program, sqlite_url)
    assert (3, "") == (done.returncode, done.stderr)
    with open_store(sqlite_url) as store:
        assert ["answer"] == [stage.name for call in list_traffic(store) for stage in call.stages]


FORKED = """
import multiprocessing, os, sys
from evaluation.traffic import flush, record
def work(name):
    record(task='t', candidate=name).complete()
def by_fork():
    if (pid := os.fork()) == 0:
        work('forked'); sys.exit(0)
    os.waitpid(pid, 0)
work('before'); flush()
work('waiting')
by_fork()
child = multiprocessing.get_context('fork').Process(target=work, args=('process',)); child.start(); child.join()
work('after')
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_fork_loses_nothing_and_writes_nothing_twice(sqlite_url: str) -> None:
    # From 3.12 on a fork beside a thread is warned of; applications that do it know.
    done = _recording("import warnings; warnings.simplefilter('ignore', DeprecationWarning)\n" + FORKED, sqlite_url)
    assert (0, "") == (done.returncode, done.stderr)
    with open_store(sqlite_url) as store:
        assert ["after", "before", "forked", "process", "waiting"] == sorted(
            one.candidate for one in list_traffic(store)
        )


def test_a_failing_start_of_the_thread_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    stored: list[object] = []
    start: Callable[[threading.Thread], None] = threading.Thread.start

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    writer = TrafficWriter(stored.extend, batch_after_s=0.0)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    writer.put(lambda: 1)
    monkeypatch.setattr(threading.Thread, "start", start)
    writer.put(lambda: 2)
    assert 0 == writer.close()
    assert [1, 2] == stored


def test_the_example_of_the_page_runs_and_is_recorded(sqlite_url: str) -> None:
    page = (ROOT / "docs" / "traffic.md").read_text(encoding="utf-8")
    example = page.split("```python\n", 1)[1].split("```", 1)[0]
    done = _recording(example, sqlite_url)
    assert (0, "") == (done.returncode, done.stderr)
    with open_store(sqlite_url) as store:
        (found,) = list_traffic(store)
    assert [("retrieval", 420), ("answer", 35)] == [(one.name, one.tokens) for one in found.stages]
    assert found.stages[0].duration_s >= 0.05
