"""A recorder of calls in production, which neither slows nor breaks the application.

    from evaluation.traffic import record

    with record(task="flash_analysis", candidate="llama3.2:3b") as call:
        passages = search(question)
        call.stage("retrieval", tokens=count(passages))
        answer = ask(question, passages)
        call.tokens(prompt=answer.prompt_tokens, output=answer.output_tokens)

Calls are written to the results database (`BENCHWRIGHT_DATABASE_URL`, else the one in the user's data folder) from a
thread of their own. Nothing slow to import is loaded before that thread needs it.
"""

import atexit
import concurrent.futures.thread  # noqa: F401 - it refuses to be imported at the end of a process, where the store may need it
import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any

from evaluation.errors import StoreError
from evaluation.records.kept_texts import kept
from evaluation.records.traffic_calls import TrafficCall, TrafficStage
from evaluation.store.background_writer import BATCH_AFTER_S
from evaluation.traffic.traffic_writer import EXIT_TIMEOUT_S, MOST_WAITING, TrafficWriter

if TYPE_CHECKING:
    from evaluation.records.policies import ServedCall
    from evaluation.records.question_context import QuestionContext
    from evaluation.store.database_file import DatabaseFile
    from evaluation.store.session import Store

__all__ = ["Call", "Recorder", "Step", "flush", "n_dropped", "record", "start"]

DELETED = "the database with the recorded calls was deleted or replaced, and a new one takes those that follow"
_FILES_IN_TURN = 3
"""Files tried in turn for one batch, in case each is deleted during the write."""


class Step:
    """A step of a call. As a context manager it takes the time of its block, else the time since the previous step."""

    def __init__(self, call: "Call", name: str, *, tokens: int | None, duration_s: float | None) -> None:
        self._call = call
        self._duration_s = duration_s
        self._began, self._ended = call._mark, time.perf_counter()
        call._mark = self._ended
        self.name = name
        self.tokens = tokens

    def __enter__(self) -> "Step":
        self._began = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended = self._call._mark = time.perf_counter()

    def _value(self) -> TrafficStage:
        duration_s = self._ended - self._began if self._duration_s is None else self._duration_s
        return TrafficStage(name=self.name, duration_s=duration_s, tokens=self.tokens)


class Call:
    """A call in progress, created by `record` and `start`. None of its methods raises an internal error."""

    def __init__(self, put: Callable[["Call"], None], *, task: str, candidate: str, keep_texts: bool) -> None:
        self._put = put
        self.task = task
        self.candidate = candidate
        self._keep_texts = keep_texts
        self._steps: list[Step] = []
        self._prompt_tokens: int | None = None
        self._output_tokens: int | None = None
        self._input: str | None = None
        self._output: str | None = None
        self._context: QuestionContext | None = None
        self._ok = True
        self._error_type: str | None = None
        self._is_complete = False
        self.served: ServedCall | None = None
        """What the gateway knows of the call beyond that; set before `complete`."""
        self._begin()

    def _begin(self) -> None:
        self._started_at = datetime.now(UTC)
        self._began = self._mark = self._ended = time.perf_counter()

    def stage(self, name: str, *, tokens: int | None = None, duration_s: float | None = None) -> Step:
        """Record the end of a step; `with call.stage(…)` records the step of that block.

        Args:
            name: Name of the step.
            tokens: How many it took or made; may also be set on the returned object.
            duration_s: Its duration in seconds; None: since the step before, or that of its block.
        """
        step = Step(self, name, tokens=tokens, duration_s=duration_s)
        self._steps.append(step)
        return step

    def tokens(self, *, prompt: int | None = None, output: int | None = None) -> None:
        """Record input and output tokens; None leaves a value unchanged."""
        self._prompt_tokens = self._prompt_tokens if prompt is None else prompt
        self._output_tokens = self._output_tokens if output is None else output

    def texts(
        self, *, input: str | None = None, output: str | None = None, context: "QuestionContext | None" = None
    ) -> None:
        """Record input and output texts, and what stood around the input; without `keep_texts=True` do nothing.

        Of a text of more than 100,000 characters the beginning is kept, with the length and hash of the whole.
        """
        if self._keep_texts:
            self._context = self._context if context is None else context
            self._input = self._input if input is None else kept(input)
            self._output = self._output if output is None else kept(output)

    def complete(self, *, ok: bool = True, error: BaseException | type[BaseException] | None = None) -> None:
        """End the call and hand it to the store's thread; calling it again has no effect.

        Args:
            ok: False where the answer was not usable.
            error: The exception that ended it: its type is stored, its message is not.
        """
        if self._is_complete:
            return
        self._is_complete = True
        self._ended = time.perf_counter()
        self._ok = ok and error is None
        self._error_type = _type_name(error)
        self._put(self)

    def __enter__(self) -> "Call":
        self._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.complete(error=error if error is not None else kind)

    def _value(self, call_id: str) -> TrafficCall:
        return TrafficCall(
            call_id=call_id,
            task=self.task,
            candidate=self.candidate,
            started_at=self._started_at,
            duration_s=self._ended - self._began,
            ok=self._ok,
            error_type=self._error_type,
            prompt_tokens=self._prompt_tokens,
            output_tokens=self._output_tokens,
            stages=tuple(step._value() for step in self._steps),
            input=self._input,
            output=self._output,
            context=self._context,
            served=self.served,
        )


def _type_name(error: BaseException | type[BaseException] | None) -> str | None:
    kind = error if isinstance(error, type) else type(error)
    if error is None or not issubclass(kind, BaseException):
        return None
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return name[-200:]


class Recorder:
    """Records calls into one store. The functions of this module share one recorder for the process.

    Args:
        store: A path or URL; None: `BENCHWRIGHT_DATABASE_URL`, else the database in the user's data folder.
        most_waiting: How many finished calls are kept in memory while the store is away.
        batch_after_s: How long the first call of a batch waits for others.
    """

    def __init__(
        self,
        store: str | None = None,
        *,
        most_waiting: int = MOST_WAITING,
        batch_after_s: float = BATCH_AFTER_S,
    ) -> None:
        self._url = store
        self._opened: tuple[int, Store] | None = None
        self._file: DatabaseFile | None = None
        self._left_to_the_parent: list[Store] = []
        self._writer = TrafficWriter(self._write, end=self._end, most_waiting=most_waiting, batch_after_s=batch_after_s)
        atexit.register(self.close)

    @property
    def n_dropped(self) -> int:
        """Calls of this process that were dropped."""
        return self._writer.n_dropped

    def record(self, *, task: str, candidate: str, keep_texts: bool = False) -> Call:
        """Return a call for a `with` block, which lasts as long as the block. See `Call`.

        An exception of the block propagates, and the call is stored as not `ok`.

        Args:
            task: What the application does with the answer.
            candidate: The candidate that answers.
            keep_texts: Store the texts handed to `Call.texts`; False: they are left out.
        """
        return Call(self._put, task=task, candidate=candidate, keep_texts=keep_texts)

    def start(self, *, task: str, candidate: str, keep_texts: bool = False) -> Call:
        """Return a call without a block: it lasts from now to `Call.complete`.

        One that is never completed is not stored.
        """
        return self.record(task=task, candidate=candidate, keep_texts=keep_texts)

    def flush(self, timeout_s: float = EXIT_TIMEOUT_S) -> int:
        """Write all pending calls that can be written now, and return how many are left."""
        return self._writer.flush(timeout_s)

    def close(self, timeout_s: float = EXIT_TIMEOUT_S) -> int:
        """Write pending calls and return how many could not be written; this also happens when the process exits.

        Later calls are dropped.
        """
        n_left = self._writer.close(timeout_s)
        atexit.unregister(self.close)
        return n_left

    def _put(self, call: Call) -> None:
        try:
            call_id = os.urandom(16).hex()
            self._writer.put(lambda: call._value(call_id))
        except Exception:  # Whatever is wrong with us is no reason for the application to fail.
            self._writer.drop()

    def _write(self, rows: Sequence[Any]) -> None:
        """Write all or none. Calls in a file that has since been deleted are written again, to its successor."""
        from evaluation.store.traffic import save_traffic

        for _ in range(_FILES_IN_TURN):
            store = self._store()
            try:
                save_traffic(store, rows)
            except StoreError:
                if self._is_there():
                    raise
            if self._is_there():
                return
        raise StoreError("the database is deleted each time that it was written", "Let it stay where it is.")

    def _is_there(self) -> bool:
        return self._file is None or self._file.is_there

    def _store(self) -> "Store":
        if self._opened is not None and self._opened[0] != os.getpid():
            # Connections from before a fork are the parent's: closing them here would end them there.
            self._left_to_the_parent.append(self._opened[1])
            self._opened = None
        if self._opened is not None and not self._is_there():
            self._writer.say(f"{DELETED}: {self._opened[1].shown_url}")
            self._end()
            self._file = None
        if self._opened is None:
            from evaluation.settings import Settings
            from evaluation.store.database_file import database_file
            from evaluation.store.session import open_store

            url = self._url if self._url is not None else Settings().database
            opened = open_store(url, busy_timeout_s=EXIT_TIMEOUT_S / 2)
            self._opened, self._file = (os.getpid(), opened), database_file(opened)
        return self._opened[1]

    def _end(self) -> None:
        if self._opened is not None and self._opened[0] == os.getpid():
            self._opened[1].close()
            self._opened = None


_RECORDER = Recorder()
record = _RECORDER.record
start = _RECORDER.start
flush = _RECORDER.flush


def n_dropped() -> int:
    """Return the number of calls of this process that were dropped."""
    return _RECORDER.n_dropped
