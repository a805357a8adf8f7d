"""Worked examples before the case."""

import random
from dataclasses import dataclass
from typing import ClassVar

from evaluation.case import Case, Message
from evaluation.errors import ConfigurationError
from evaluation.fingerprint import derived_seed
from evaluation.formatting import listed
from evaluation.pipelines.pipeline import Pipeline, PipelineInput, PipelineResult, Stages, one_reply
from evaluation.pipelines.stages import AskModel

MOST_EXAMPLES = 64
MOST_TAGS = 5
"""Tags that a next step names."""


@dataclass(frozen=True, kw_only=True)
class FewShot(Pipeline):
    """Shows `k` other cases with their first references, then asks the case."""

    name: ClassVar[str] = "few_shot"
    summary: ClassVar[str] = "shows k answered examples before the case"
    source: ClassVar[str] = "Brown et al. 2020, arXiv:2005.14165"
    shows_examples: ClassVar[bool] = True

    k: int = 4
    """Examples shown with each case."""
    tag: str = ""
    """Only cases with this tag are shown: `train`; empty for any other case of the benchmark."""
    examples_seed: int = 0
    """Draws the examples; a case always gets the same ones."""

    def __post_init__(self) -> None:
        """Refuse a number of examples out of range."""
        if not 1 <= self.k <= MOST_EXAMPLES:
            raise ConfigurationError(f"few_shot: k={self.k} must be from 1 to {MOST_EXAMPLES}", "For example k=4")

    def problem(self, task: PipelineInput) -> str | None:
        """Say that there are too few examples."""
        n_available = len(self._available(task))
        if n_available >= self.k:
            return None
        of = f"tagged {self.tag!r}" if self.tag else "beside it"
        return f"has {n_available} answered {'case' if n_available == 1 else 'cases'} {of} to show, not {self.k}"

    def remedy(self, task: PipelineInput) -> str:
        """Name the most examples that there are, and what gives others."""
        n_available = len(self._available(task))
        steps = [f"Give k={n_available} or less"] if n_available else []
        if self.tag:
            tags = sorted({tag for case in task.examples if case.references for tag in case.tags})
            others = [tag for tag in tags if tag != self.tag]
            steps.append(f"another tag ({listed(others, MOST_TAGS)})" if others else "no tag")
        steps.append("a benchmark with more answered cases")
        step = ", or ".join(steps)
        return step if n_available else f"Give {step}"

    def run(self, task: PipelineInput) -> Stages:
        """Ask once, behind the examples."""
        reply = yield from one_reply(AskModel(stage="answer", messages=self._messages(task)))
        return PipelineResult(answer=reply.text)

    def _available(self, task: PipelineInput) -> list[Case]:
        """Return the cases that may be shown: never one that asks the same as the case itself."""
        return [
            case
            for case in task.examples
            if case.references
            and not case.messages
            and (not self.tag or self.tag in case.tags)
            and case.case_id != task.case.case_id
            and (case.prompt, case.context) != (task.case.prompt, task.case.context)
        ]

    def _messages(self, task: PipelineInput) -> tuple[Message, ...]:
        available = self._available(task)
        drawn = random.Random(derived_seed(self.examples_seed, task.case.case_id, 0))  # noqa: S311 - examples, not secrets
        shown = drawn.sample(available, min(self.k, len(available)))
        turns = [turn for case in shown for turn in self._turns(task, case)]
        messages = task.messages
        n_system = sum(turn.role == "system" for turn in messages)
        return (*messages[:n_system], *turns, *messages[n_system:])

    def _turns(self, task: PipelineInput, case: Case) -> tuple[Message, ...]:
        without_system = tuple(turn for turn in task.messages_of(case) if turn.role == "user")
        return (*without_system[-1:], Message(role="assistant", content=case.references[0]))
