"""Child process of `pipeline_process`: load one user's pipeline and walk cases through it until stdin closes.

Requests and replies are plain JSON. What goes back is never unpickled by the parent, which checks every value of it.
"""

import base64
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, get_args

from evaluation.case import Case
from evaluation.errors import BenchwrightError, UnknownNameError
from evaluation.files.allowed_files import limit_files
from evaluation.formatting import counted
from evaluation.pipelines.declarations import declaration_of
from evaluation.pipelines.descriptions import description_of
from evaluation.pipelines.pipeline import Pipeline, PipelineInput, PipelineResult, StageFailedError, Stages
from evaluation.pipelines.pipeline_files import made, pipeline_from_source
from evaluation.pipelines.plain_data import LARGEST_REPLY, BadMessageError, as_plain, from_plain, receive, send
from evaluation.pipelines.stages import StageReply, StageRequest
from evaluation.pipelines.walk import MOST_STAGES
from evaluation.user_code.child_side import GRACE_S, end_after, limit_memory, own_pipes, quiet_without_pipes
from evaluation.user_code.error_locations import in_words, place_in


class _FailedError(Exception):
    """A step of the pipeline cannot be used; the message says why."""


@dataclass
class _Walker:
    """Performs the steps that the parent requests, by name."""

    kind: type[Pipeline]
    file: str
    memory_bytes: int
    """What it may use; 0: all there is."""
    pipelines: dict[str, Pipeline] = field(default_factory=dict)
    examples: dict[int, tuple[Case, ...]] = field(default_factory=dict)
    walks: dict[int, Stages] = field(default_factory=dict)

    def described(self, message: dict[str, Any]) -> Any:
        """Return what is told of the pipeline."""
        has_problem = self.kind.problem is not Pipeline.problem
        return {"description": as_plain(description_of(self.kind)), "has_problem": has_problem}

    def made(self, message: dict[str, Any]) -> Any:
        """Return what the pipeline with its options says of itself."""
        return as_plain(declaration_of(self._pipeline(message)))

    def problem(self, message: dict[str, Any]) -> Any:
        """Return why a case cannot be answered; None where it can."""
        pipeline, task = self._pipeline(message), self._task(message)
        return self._guarded("problem", lambda: as_plain(pipeline.problem(task)))

    def begun(self, message: dict[str, Any]) -> Any:
        """Begin a case, and return its first requests or its result."""
        pipeline, task = self._pipeline(message), self._task(message)
        self.walks[message["walk"]] = stages = self._guarded("run", lambda: pipeline.run(task))
        return self._advanced(message["walk"], lambda: next(stages))

    def fed(self, message: dict[str, Any]) -> Any:
        """Go on with replies, and return the next requests or the result."""
        stages = self.walks[message["walk"]]
        replies = from_plain(message["replies"], tuple[StageReply, ...])
        return self._advanced(message["walk"], lambda: stages.send(replies))

    def _pipeline(self, message: dict[str, Any]) -> Pipeline:
        key = repr(sorted(message["options"].items()))
        if key not in self.pipelines:
            self.pipelines[key] = made(self.kind, message["options"], file=self.file)
        return self.pipelines[key]

    def _task(self, message: dict[str, Any]) -> PipelineInput:
        for place in message["dropped"]:
            self.walks.pop(place, None)
        if message["new_examples"] is not None:
            self.examples = {message["examples"]: from_plain(message["new_examples"], tuple[Case, ...])}
        task: PipelineInput = from_plain(message["task"], PipelineInput)
        return replace(task, examples=self.examples[message["examples"]])

    def _advanced(self, place: int, step: Callable[[], object]) -> Any:
        try:
            requests = self._guarded("run", step)
        except _EndedError as end:
            del self.walks[place]
            return {"result": _plain_result(end.value)}
        except StageFailedError as error:
            del self.walks[place]
            return {"stage_failed": {"kind": str(error.kind), "message": str(error)}}
        if isinstance(requests, tuple) and len(requests) > MOST_STAGES:
            raise _FailedError(
                f"asked {counted(len(requests), 'request')} at once, more than the {MOST_STAGES:,} of a whole case"
            )
        if not isinstance(requests, tuple) or not requests or not all(type(r) in _REQUESTS for r in requests):
            raise _FailedError("must yield a tuple of requests, at least one")
        try:
            return {"requests": as_plain(requests)}
        except BadMessageError as error:
            raise _FailedError(f"a request {error}") from None
        except RecursionError:
            raise _FailedError("a request holds too many values inside one another") from None

    def _guarded(self, name: str, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except StopIteration as end:
            raise _EndedError(end.value) from None
        except StageFailedError:
            raise
        except BaseException as error:  # whatever the user's code does
            line = place_in(error, self.file)
            where = f" (line {line} of {self.file})" if line is not None else ""
            limit = self.memory_bytes // 1024**2 if isinstance(error, MemoryError) else 0
            why = f"; it may use {limit:,} MiB of memory" if limit else ""
            raise _FailedError(f"{name}() raised {in_words(error)}{where}{why}") from error


class _EndedError(Exception):
    """The pipeline has returned."""

    def __init__(self, value: object) -> None:
        super().__init__(value)
        self.value = value


_REQUESTS = get_args(StageRequest)


def _plain_result(result: object) -> Any:
    if type(result) is not PipelineResult:
        raise _FailedError(f"returned {type(result).__name__}, not a PipelineResult")
    try:
        return as_plain(result)
    except BadMessageError as error:
        raise _FailedError(f"its result {error}") from None
    except RecursionError:
        raise _FailedError("its result holds too many values inside one another") from None


def _answered(step: Callable[[], Any]) -> dict[str, Any]:
    try:
        return {"value": step()}
    except UnknownNameError as error:
        return {"unknown": [error.kind, error.name, list(error.known), error.next_step]}
    except BenchwrightError as error:
        return {"error": [error.message, error.next_step]}
    except (_FailedError, BadMessageError) as error:
        return {"failed": str(error)}
    except BaseException as error:  # code of the user that runs where none is expected, such as a property
        return {"failed": in_words(error)}


def main() -> None:
    """Serve requests until the input ends. What the pipeline prints goes to stderr."""
    with quiet_without_pipes():
        _serve()


def _serve() -> None:
    requests, replies = own_pipes()
    leader = os.getpid()
    hello = receive(requests)
    path, walker = Path(hello["path"]), None
    if hello["memory_bytes"]:
        limit_memory(hello["memory_bytes"])
    if hello["form_files"] is not None:
        (folder,) = hello["form_files"]
        limit_files(None if folder is None else Path(folder))

    def loaded() -> Any:
        nonlocal walker
        kind = pipeline_from_source(path, base64.b64decode(hello["source"]), hello["class_name"])
        walker = _Walker(kind, str(path.resolve()), hello["memory_bytes"])
        return walker.described({})

    end_after(hello["limit_s"] + GRACE_S)
    reply = _answered(loaded)
    end_after(0)
    _sent(replies, leader, hello, reply)
    while walker is not None and (message := _next(requests)) is not None:
        end_after(message["limit_s"] + GRACE_S)
        reply = _answered(partial(getattr(walker, message["step"]), message))
        end_after(0)
        _sent(replies, leader, message, reply)
    _end_all(leader)


def _next(requests: BinaryIO) -> Any:
    try:
        return receive(requests)
    except EOFError:
        return None


def _sent(replies: BinaryIO, leader: int, message: dict[str, Any], reply: dict[str, Any]) -> None:
    if os.getpid() != leader:  # a copy of this process, which the user's code made and which came back here
        os._exit(0)
    try:
        send(replies, {"number": message["number"], **reply}, most=LARGEST_REPLY)
    except (BadMessageError, MemoryError) as error:
        why = str(error) if isinstance(error, BadMessageError) else "more than its memory holds"
        send(replies, {"number": message["number"], "failed": f"sent {why}"})


def _end_all(leader: int) -> None:
    """End what the user's code has started and left behind."""
    if os.getpid() == leader and hasattr(os, "killpg"):
        os.killpg(leader, signal.SIGKILL)
