"""The process of a user's pipeline, separate so that the pipeline cannot harm a run (`user_code.child_process`).

One process serves all cases of all candidates that name the same class of the same file. Where it had to be ended, the
others' cases begin anew in the next one, from the replies that they received so far.
"""

import base64
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import IO, Any

from evaluation.case import Case
from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.files.allowed_files import FileLimit, file_limit
from evaluation.formatting import counted
from evaluation.pipelines.declarations import Declaration, refuse_declaration
from evaluation.pipelines.descriptions import PipelineDescription
from evaluation.pipelines.pipeline import PipelineInput, StepFailedError
from evaluation.pipelines.plain_data import LARGEST_REPLY, BadMessageError, as_plain, from_plain, receive, send
from evaluation.user_code.child_process import GIVEN_UP_AFTER, ChildProcess, TooLateError
from evaluation.user_code.error_locations import in_words
from evaluation.user_code.loading import import_limit_s, said_when_long, too_long
from evaluation.user_code.source_files import hash_of

_CHILD = "evaluation.pipelines.pipeline_process_child"
MEMORY_SHARE = 0.5
"""Share of the machine's memory that a user's pipeline may write to."""
_processes: dict[tuple[Path, str, str, FileLimit | None], "PipelineProcess"] = {}
_opening = threading.Lock()


class _StoppedError(Exception):
    """The step was stopped from another thread."""


def process_of(path: Path, source: bytes, class_name: str) -> "PipelineProcess":
    """Return the process of a class of a user's file with this content; it is started by its first call."""
    key = (path, hash_of(source), class_name, file_limit())
    with _opening:
        if key not in _processes:
            _processes[key] = PipelineProcess(path, source, class_name)
        return _processes[key]


def end_processes() -> None:
    """End every process; the next call starts one again."""
    with _opening:
        processes = list(_processes.values())
    for process in processes:
        process.end()


class PipelineProcess:
    """Runs one user's pipeline in a process of its own. May be called from any thread; calls wait for one another."""

    def __init__(self, path: Path, source: bytes, class_name: str) -> None:
        """Start nothing yet."""
        self._path, self._source, self._class_name = path, source, class_name
        self._limit = file_limit()
        """The files that its options may name, whichever thread starts it."""
        self._at_work = threading.RLock()
        self._changing = threading.Lock()
        self._child: ChildProcess | None = None
        self._step: object | None = None
        self._is_stopped = False
        self._numbers = count(1)
        self._walks = count(1)
        self._n_lost = 0
        self._examples: tuple[int, tuple[Case, ...]] | None = None
        self._dropped: list[int] = []
        self.life = 0
        """How often a process was started: what an earlier one knew is lost."""
        self.has_problem = False
        """The class overrides `problem`; known once it was described."""

    @cached_property
    def thread(self) -> ThreadPoolExecutor:
        """The thread in which an event loop has its steps done."""
        return ThreadPoolExecutor(max_workers=1, thread_name_prefix="pipeline")

    def description(self) -> PipelineDescription:
        """Return what is told of the pipeline.

        Raises:
            ConfigurationError: the file cannot be used.
        """
        value = self._configured("described", import_limit_s())
        try:
            description: PipelineDescription = from_plain(value["description"], PipelineDescription)
        except BadMessageError as error:
            raise self._unusable(str(error)) from None
        return description

    def made(self, options: Mapping[str, str], limit_s: float) -> Declaration:
        """Return what the pipeline with these options says of itself.

        Raises:
            ConfigurationError: the file cannot be used, or refuses the options.
        """
        value = self._configured("made", limit_s, options=dict(options))
        try:
            declaration: Declaration = from_plain(value, Declaration, "it")
        except BadMessageError as error:
            raise self._unusable(str(error)) from None
        refuse_declaration(self._class_name, declaration)
        return declaration

    def problem(self, options: Mapping[str, str], task: PipelineInput, limit_s: float) -> str | None:
        """Return why a case cannot be answered; None where it can.

        Raises:
            StepFailedError: the pipeline is at fault.
        """
        with self._at_work:
            self._started()
            if not self.has_problem:
                return None
            value = self._called("problem", limit_s, options=dict(options), **self._task(task))
        try:
            problem: str | None = from_plain(value, str | None)
        except BadMessageError as error:
            raise StepFailedError(f"problem(): {error}") from None
        self.answered()
        return problem

    def answered(self) -> None:
        """Take note that it did what it should: a case has its result, or may be answered."""
        self._n_lost = 0

    def new_walk(self) -> int:
        """Return the number of a new walk."""
        return next(self._walks)

    def drop(self, walk: int) -> None:
        """Have the process forget a case, with the next message."""
        self._dropped.append(walk)

    def begun(self, walk: int, options: Mapping[str, str], task: PipelineInput, limit_s: float) -> Any:
        """Begin a case; return what the process says."""
        self._started()
        return self._called("begun", limit_s, walk=walk, options=dict(options), **self._task(task))

    def fed(self, walk: int, replies: Any, limit_s: float) -> Any:
        """Go on with replies; return what the process says."""
        return self._called("fed", limit_s, walk=walk, replies=replies)

    def held(self) -> AbstractContextManager[object]:
        """Return the lock under which a case is begun and fed without another's step between."""
        return self._at_work

    def stoppable(self, mark: object, step: Callable[[], Any]) -> Any:
        """Do a step that `stop` ends by its mark."""
        with self._changing:
            self._step, self._is_stopped = mark, False
        try:
            return step()
        finally:
            with self._changing:
                self._step = None

    def stop(self, mark: object) -> None:
        """End the step of that mark, if another thread is at work on it, with its process."""
        with self._changing:
            if self._step is mark:
                self._is_stopped = True
                if self._child is not None:
                    self._child.kill()

    def end(self) -> None:
        """End the process; who waits for it sees that it ended."""
        with self._changing:
            if self._child is not None:
                self._child.kill()
        with self._at_work:
            self._end()

    def is_alive(self, life: int) -> bool:
        """Check whether the process that was started as the `life`-th one still runs."""
        return self.life == life and self._child is not None and self._child.is_alive()

    def _task(self, task: PipelineInput) -> dict[str, Any]:
        """Return a case as plain data; examples are sent once for all cases that share them."""
        new = self._examples is None or self._examples[1] is not task.examples
        if new:
            self._examples = (next(self._numbers), task.examples)
        dropped, self._dropped = self._dropped, []
        assert self._examples is not None  # noqa: S101 - set above
        return {
            "task": as_plain(replace(task, examples=())),
            "examples": self._examples[0],
            "new_examples": as_plain(task.examples) if new else None,
            "dropped": dropped,
        }

    def _configured(self, step: str, limit_s: float, **content: Any) -> Any:
        """Return the reply to a step that depends on the file and the options alone."""
        try:
            self._started()
            return self._called(step, limit_s, **content)
        except StepFailedError as error:
            raise self._unusable(str(error)) from error

    def _unusable(self, why: str) -> ConfigurationError:
        return ConfigurationError(
            f"pipeline {self._class_name} ({self._path}) cannot be used: {why}", "Mend it; see docs/own-pipelines.md."
        )

    def _called(self, step: str, limit_s: float, **content: Any) -> Any:
        with self._at_work:
            if self._n_lost >= GIVEN_UP_AFTER:
                raise StepFailedError(
                    f"did not return from {counted(self._n_lost, 'call')} in a row; it is not called again"
                )
            return self._read(self._exchanged({"step": step, "limit_s": limit_s, **content}, limit_s))

    def _started(self) -> None:
        """Start the process, unless it runs."""
        with self._at_work:
            if self._n_lost >= GIVEN_UP_AFTER or (self._child is not None and self._child.is_alive()):
                return
            self._end()
            with self._changing:
                if self._is_stopped and self._step is not None:
                    raise _StoppedError
                try:
                    self._child = ChildProcess(_CHILD)
                except OSError as error:
                    raise StepFailedError(f"cannot be started: {in_words(error)}") from None
            self.life += 1
            self._examples, self._dropped = None, []
            limit_s = import_limit_s()
            hello = {
                "limit_s": limit_s,
                "memory_bytes": memory_limit(),
                "path": str(self._path),
                "source": base64.b64encode(self._source).decode(),
                "class_name": self._class_name,
                "form_files": None if self._limit is None else [_text_of(self._limit.folder)],
            }
            try:
                with said_when_long(self._path, limit_s):
                    value = self._read(self._exchanged(hello, limit_s, is_loading=True))
            except BaseException:
                self._end()
                raise
            self.has_problem = isinstance(value, dict) and value.get("has_problem") is True

    def _exchanged(self, message: dict[str, Any], limit_s: float, *, is_loading: bool = False) -> Any:
        assert self._child is not None  # noqa: S101 - it was started
        number = next(self._numbers)
        try:
            reply = self._child.exchanged(lambda pipe: send(pipe, {"number": number, **message}), _received, limit_s)
            if not isinstance(reply, dict) or reply.get("number") != number:
                raise BadMessageError("its reply belongs to no request")
        except Exception as error:
            raise self._lost(error, limit_s, is_loading=is_loading) from None
        except BaseException:  # a Ctrl-C: a reply that comes later would be taken for another one's
            self._end()
            raise
        return reply

    def _read(self, reply: dict[str, Any]) -> Any:
        """Return the value in a reply, or raise what it says."""
        if "value" in reply:
            return reply["value"]
        try:
            if "unknown" in reply:
                kind, name, names, step = reply["unknown"]
                raise UnknownNameError(str(kind), str(name), [str(each) for each in names], _text(step))
            if "error" in reply:
                message, step = reply["error"]
                raise ConfigurationError(str(message), _text(step))
        except (TypeError, ValueError):
            raise StepFailedError("its process sent a message that cannot be read") from None
        raise StepFailedError(str(reply.get("failed", "its process sent a message that cannot be read")))

    def _lost(self, error: Exception, limit_s: float, *, is_loading: bool) -> Exception:
        """Return why the process did not answer."""
        how = self._end()
        if self._is_stopped and self._step is not None:
            return _StoppedError()
        self._n_lost += 1
        if isinstance(error, TooLateError) and is_loading:
            return StepFailedError(f"its file {too_long(limit_s)}")
        if isinstance(error, TooLateError):
            step = f"raise BENCHWRIGHT_PIPELINE_TIMEOUT_S (now {limit_s:g} s) or mend the pipeline"
            return StepFailedError(f"did not return within {limit_s:g} s and was stopped; {step}")
        if isinstance(error, EOFError | BrokenPipeError):
            return StepFailedError(f"its process exited ({how})")
        return StepFailedError(f"its process sent a message that cannot be read: {in_words(error)}")

    def _end(self) -> str:
        child, self._child = self._child, None
        return "" if child is None else child.end()


def _text_of(folder: Path | None) -> str | None:
    return None if folder is None else str(folder)


def _received(pipe: IO[bytes]) -> Any:
    return receive(pipe, most=LARGEST_REPLY)


def memory_limit() -> int:
    """Return the bytes of memory that a user's pipeline may write to; 0: as many as there are."""
    names = getattr(os, "sysconf_names", {})
    if "SC_PHYS_PAGES" not in names or "SC_PAGE_SIZE" not in names:
        return 0
    return int(MEMORY_SHARE * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
