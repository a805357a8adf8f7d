"""Takes one case through a pipeline: what it waits for, and the result once every stage has its reply."""

from collections.abc import Iterable, Mapping
from typing import get_args

from evaluation.errors import BenchwrightError
from evaluation.formatting import counted
from evaluation.passage import Passage
from evaluation.pipelines.pipeline import Pipeline, PipelineInput, PipelineResult, StageFailedError, StepFailedError
from evaluation.pipelines.stages import Passages, StageReply, StageRequest

_REQUESTS = get_args(StageRequest)
MOST_STAGES = 2_000
"""Requests of one case above which its pipeline is taken to be endless."""


class PipelineFailedError(BenchwrightError):
    """Raised where a pipeline itself is at fault: it raised, named two stages alike, or never ends."""


class Walk:
    """One case on its way through a pipeline."""

    def __init__(self, pipeline: Pipeline, task: PipelineInput) -> None:
        """Begin, up to the first requests.

        Raises:
            PipelineFailedError: the pipeline is at fault.
        """
        self._pipeline = pipeline
        self._task = task
        self._stages = pipeline.run(task)
        self._names: set[str] = set()
        self.waiting: tuple[StageRequest, ...] = ()
        """Requests to answer side by side before the pipeline goes on; empty once there is a result."""
        self.result: PipelineResult | None = None
        self.passages: tuple[Passage, ...] | None = None
        """Passages of the last search; None before it. The sources of a case that a later stage ends without any."""
        self._advance(None)

    def feed(self, replies: Iterable[StageReply]) -> None:
        """Go on with the replies to `waiting`, in its order.

        Raises:
            PipelineFailedError: the pipeline is at fault.
        """
        received = tuple(replies)
        if len(received) != len(self.waiting):
            raise ValueError(f"{counted(len(received), 'reply', 'replies')} to {counted(len(self.waiting), 'request')}")
        for reply in received:
            if isinstance(reply, Passages):
                self.passages = reply.passages
        self._advance(received)

    def feed_stored(self, stored: Mapping[str, StageReply]) -> None:
        """Go on for as long as all that is waited for is among the replies of `stored`, by the names of their stages.

        Raises:
            PipelineFailedError: the pipeline is at fault.
        """
        while self.waiting and all(request.stage in stored for request in self.waiting):
            self.feed(stored[request.stage] for request in self.waiting)

    def _advance(self, replies: tuple[StageReply, ...] | None) -> None:
        self.waiting = ()
        try:
            requests = next(self._stages) if replies is None else self._stages.send(replies)
        except StopIteration as end:
            self.result = self._checked(end.value)
        except StageFailedError as error:
            self.result = PipelineResult(answer="", failure=error.kind, message=str(error), sources=self.passages)
        except StepFailedError as error:
            raise self._failed(str(error)) from error
        except Exception as error:
            raise self._failed(f"{type(error).__name__}: {error}") from error
        else:
            self.waiting = self._new(requests)

    def _checked(self, result: object) -> PipelineResult:
        if not isinstance(result, PipelineResult):
            raise self._failed(f"returned {type(result).__name__}, not a PipelineResult")
        return result

    def _new(self, requests: object) -> tuple[StageRequest, ...]:
        if not isinstance(requests, tuple) or not requests or not all(isinstance(r, _REQUESTS) for r in requests):
            raise self._failed("must yield a tuple of requests, at least one")
        for request in requests:
            if request.stage in self._names:
                raise self._failed(f"names two stages {request.stage!r}; their names must differ within a case")
            self._names.add(request.stage)
        if len(self._names) > MOST_STAGES:
            raise self._failed(f"asked more than {MOST_STAGES:,} requests for one case")
        return requests

    def _failed(self, why: str) -> PipelineFailedError:
        return PipelineFailedError(f"pipeline {self._pipeline.name!r}: {why}", "See docs/pipelines.md.")
