"""A scripted model for pipelines: replies are made of the request alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from evaluation.case import Benchmark, Case
from evaluation.errors import FailureKind
from evaluation.generation import Generation
from evaluation.passage import Passage
from evaluation.pipelines.pipeline import Pipeline, PipelineInput, PipelineResult
from evaluation.pipelines.stages import (
    AskModel,
    CountTokens,
    EmbedTexts,
    ModelReply,
    Passages,
    SearchPassages,
    StageReply,
    StageRequest,
    TokenCounts,
    Vectors,
)
from evaluation.pipelines.walk import Walk

CASE = Case(case_id="a", prompt="How many legs has a spider?", references=("8",))
BENCHMARK = Benchmark(name="legs", task_type="question_answering", cases=())


def given(case: Case = CASE, benchmark: Benchmark = BENCHMARK, **fields: object) -> PipelineInput:
    return PipelineInput(case=case, benchmark=benchmark, **fields)  # type: ignore[arg-type]


@dataclass
class ScriptedModel:
    """Answers every request, and remembers what it was asked."""

    answer: Callable[[AskModel], str | FailureKind] = lambda request: f"reply to {request.stage}"
    passages: Sequence[Passage] = ()
    counts_tokens: bool = False
    asked: list[StageRequest] = field(default_factory=list)
    rounds: list[list[str]] = field(default_factory=list)
    """Names of the stages asked side by side, a list a round."""

    def reply(self, request: StageRequest) -> StageReply:
        if isinstance(request, EmbedTexts):
            return Vectors(values=tuple((float(len(text)), 1.0) for text in request.texts))
        if isinstance(request, CountTokens):
            counts = tuple(2 * len(text.split()) for text in request.texts)
            return TokenCounts(values=counts if self.counts_tokens else None)
        if isinstance(request, SearchPassages):
            return Passages(passages=tuple(self.passages[: request.top_k]))
        answer = self.answer(request)
        if isinstance(answer, FailureKind):
            return ModelReply(generation=Generation(answer="", text="", own_failure=answer))
        return ModelReply(generation=Generation(answer=answer, text=answer, output_tokens=2 * len(answer.split())))

    def run(self, pipeline: Pipeline, task: PipelineInput | None = None) -> PipelineResult:
        walk = Walk(pipeline, task or given())
        while walk.result is None:
            self.asked += walk.waiting
            self.rounds.append([request.stage for request in walk.waiting])
            walk.feed([self.reply(request) for request in walk.waiting])
        return walk.result

    @property
    def prompts(self) -> list[str]:
        """The last user message of each chat request."""
        return [request.messages[-1].content for request in self.asked if isinstance(request, AskModel)]
