"""One request for each case: the way without any pipeline."""

from dataclasses import dataclass
from typing import ClassVar

from evaluation.pipelines.pipeline import Pipeline, PipelineInput, PipelineResult, Stages, one_reply
from evaluation.pipelines.stages import AskModel


@dataclass(frozen=True, kw_only=True)
class Direct(Pipeline):
    """Asks the model once, in the benchmark's words."""

    name: ClassVar[str] = "direct"
    summary: ClassVar[str] = "one request in the benchmark's words"

    def run(self, task: PipelineInput) -> Stages:
        """Ask once."""
        reply = yield from one_reply(AskModel(stage="answer", messages=task.messages))
        return PipelineResult(answer=reply.text)
