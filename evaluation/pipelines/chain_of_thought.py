"""Reasoning before the answer, which is read apart from it."""

import re
from dataclasses import dataclass
from typing import ClassVar

from evaluation.pipelines.pipeline import (
    Pipeline,
    PipelineInput,
    PipelineResult,
    Stages,
    answered,
    one_reply,
    with_instruction,
)
from evaluation.pipelines.placeholders import refuse_placeholders
from evaluation.pipelines.stages import AskModel

INSTRUCTION = 'Think step by step. Then write the final answer alone in a last line that begins with "Answer:".'
FINAL = re.compile(r"^[ \t>#*_-]*(?:final[ \t]+)?answer[*_]*[ \t]*:[*_]*[ \t]*", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class ChainOfThought(Pipeline):
    """Asks for steps and a marked answer; where the mark is missing, asks once more for the answer alone."""

    name: ClassVar[str] = "chain_of_thought"
    summary: ClassVar[str] = "reasons step by step, and gives the answer apart from the reasoning"
    source: ClassVar[str] = "Kojima et al. 2022, arXiv:2205.11916"

    instruction: str = INSTRUCTION
    """Text behind the benchmark's words."""

    def __post_init__(self) -> None:
        """Refuse placeholders, of which the instruction has none."""
        refuse_placeholders("chain_of_thought: instruction", self.instruction, filled=())

    def run(self, task: PipelineInput) -> Stages:
        """Ask for reasoning, and for the answer where the reasoning does not end in one."""
        request = AskModel(stage="reasoning", messages=with_instruction(task.messages, self.instruction))
        reply = yield from one_reply(request)
        reasoning, answer = split_answer(reply.text)
        if answer:
            return PipelineResult(answer=answer, reasoning=reasoning)
        following = answered(
            request.messages, reply, "Therefore, write the final answer alone, without any explanation."
        )
        final = yield from one_reply(AskModel(stage="answer", messages=following))
        return PipelineResult(answer=split_answer(final.text)[1] or final.text, reasoning=reply.text)


def split_answer(text: str) -> tuple[str, str]:
    """Return the text before the last line that announces the answer, and what follows it; empty where none does."""
    marks = list(FINAL.finditer(text))
    if not marks:
        return text, ""
    last = marks[-1]
    return text[: last.start()].rstrip(), text[last.end() :].strip().removesuffix("**").rstrip()
