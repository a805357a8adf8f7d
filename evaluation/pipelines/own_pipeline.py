"""A pipeline of a user's own file, which runs in a process of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from evaluation.errors import FailureKind
from evaluation.pipelines.declarations import Declaration
from evaluation.pipelines.own_requests import refuse_request, refuse_result
from evaluation.pipelines.pipeline import Pipeline, PipelineInput, PipelineResult, Stages, StepFailedError
from evaluation.pipelines.pipeline_process import PipelineProcess, process_of
from evaluation.pipelines.plain_data import BadMessageError, as_plain, from_plain
from evaluation.pipelines.stages import Passages, StageReply, StageRequest
from evaluation.retrieval.passages import Chunker
from evaluation.user_code.source_files import FROM_A_FILE, hash_of


@dataclass(frozen=True, kw_only=True, repr=False)
class OwnPipeline(Pipeline):
    """Stands for the user's pipeline in our process: its steps are done in the other one."""

    runs_apart: ClassVar[bool] = True
    reads_whole_case: ClassVar[bool] = True

    path: Path
    source_code: bytes
    class_name: str
    options: Mapping[str, str] = field(hash=False)
    """As text, as the user wrote them."""
    own_name: str
    own_version: str
    declaration: Declaration
    """What its class says of itself with these options."""
    limit_s: float = field(compare=False)
    """Seconds that a step may take."""

    def __post_init__(self) -> None:
        """Take the name and the version of the user's class."""
        object.__setattr__(self, "name", self.own_name)
        object.__setattr__(self, "version", f"{self.own_version}{FROM_A_FILE}{hash_of(self.source_code)}")

    def __repr__(self) -> str:
        return self.declaration.shown

    @property
    def other_models(self) -> tuple[str, ...]:
        """Models named by its options, as its class says."""
        return self.declaration.other_models

    @property
    def embedders(self) -> tuple[str, ...]:
        """Models that it asks for embeddings, as its class says."""
        return self.declaration.embedders

    @property
    def corpus_path(self) -> str | None:
        """Folder or file with the documents that it searches, as its class says."""
        return self.declaration.corpus

    @property
    def chunker(self) -> Chunker | None:
        """How its corpus is split, as its class says."""
        return self.declaration.chunker

    @property
    def process(self) -> PipelineProcess:
        """The process that does its steps."""
        return process_of(self.path, self.source_code, self.class_name)

    def problem(self, task: PipelineInput) -> str | None:
        """Return why the case cannot be answered, as its class says.

        Raises:
            StepFailedError: the pipeline is at fault.
        """
        return self.process.problem(self.options, task, self.limit_s)

    def run(self, task: PipelineInput) -> Stages:
        """Yield what the user's pipeline yields, and return its result; a fault of it is a `StepFailedError`."""
        walk = _OwnWalk(self, task)
        try:
            step = walk.begun()
            while not isinstance(step, PipelineResult):
                step = walk.fed((yield step))
            return step
        finally:
            walk.drop()


class _OwnWalk:
    """One case in the other process, which begins anew there where that process was lost."""

    def __init__(self, pipeline: OwnPipeline, task: PipelineInput) -> None:
        self._pipeline, self._task = pipeline, task
        self._process = pipeline.process
        self._number = self._process.new_walk()
        self._life = 0
        self._steps: list[Any] = []
        """What the process said at each step so far, as plain data."""
        self._replies: list[Any] = []
        self._passages: set[str] = set()
        """Identities of the passages that its searches returned."""

    def begun(self) -> tuple[StageRequest, ...] | PipelineResult:
        with self._process.held():
            return self._checked(self._begun())

    def fed(self, replies: tuple[StageReply, ...]) -> tuple[StageRequest, ...] | PipelineResult:
        with self._process.held():
            if not self._process.is_alive(self._life):
                self._again()
            self._replies.append(as_plain(replies))
            searches = [reply for reply in replies if isinstance(reply, Passages)]
            self._passages.update(passage.passage_id for reply in searches for passage in reply.passages)
            return self._checked(self._fed(self._replies[-1]))

    def drop(self) -> None:
        self._process.drop(self._number)

    def _again(self) -> None:
        """Bring a new process to where the last one was."""
        steps = [self._begun()]
        steps += [self._fed(replies) for replies in self._replies]
        if steps != self._steps:
            raise StepFailedError(
                "asked otherwise when the case began anew; the same input and replies must lead to the same requests"
            )

    def _begun(self) -> Any:
        step = self._process.begun(self._number, self._pipeline.options, self._task, self._pipeline.limit_s)
        self._life = self._process.life
        return step

    def _fed(self, replies: Any) -> Any:
        return self._process.fed(self._number, replies, self._pipeline.limit_s)

    def _checked(self, step: Any) -> tuple[StageRequest, ...] | PipelineResult:
        """Return the requests or the result in what the process said."""
        try:
            value = self._read(step)
        except (BadMessageError, TypeError, KeyError) as error:
            raise StepFailedError(f"its process sent what is no request and no result: {error}") from None
        self._steps.append(step)
        if isinstance(value, PipelineResult):
            self._process.answered()
        return value

    def _read(self, step: Any) -> tuple[StageRequest, ...] | PipelineResult:
        if "result" in step:
            result: PipelineResult = from_plain(step["result"], PipelineResult, "its result")
            refuse_result(result, self._pipeline.declaration, self._passages)
            return result
        if "stage_failed" in step:
            kind = from_plain(step["stage_failed"]["kind"], FailureKind)
            if not kind.is_the_candidates_own:
                raise StepFailedError(f"raised StageFailedError with {kind.value!r}, which is no failure of a model")
            return PipelineResult(
                answer="", failure=kind, message=from_plain(step["stage_failed"]["message"], str, "the failure")
            )
        requests: tuple[StageRequest, ...] = from_plain(step["requests"], tuple[StageRequest, ...], "its requests")
        for request in requests:
            refuse_request(request, self._pipeline.declaration)
        return requests
