"""A draft, a critique of it, and a revision."""

from dataclasses import dataclass
from typing import ClassVar

from evaluation.errors import ConfigurationError
from evaluation.pipelines.pipeline import (
    Pipeline,
    PipelineInput,
    PipelineResult,
    Stages,
    answered,
    one_reply,
)
from evaluation.pipelines.placeholders import refuse_placeholders
from evaluation.pipelines.stages import AskModel

MOST_ROUNDS = 10
NOTHING = "NO CHANGES"
CRITIQUE = (
    "Review your answer above. Name what is wrong, missing or superfluous in it, as a short list. "
    f"If nothing should be changed, reply with {NOTHING} alone."
)
REVISION = "Write the improved answer to the original task, and nothing else."


@dataclass(frozen=True, kw_only=True)
class Refine(Pipeline):
    """Asks for a draft, has the model criticise it, and asks for a revision, `rounds` times at most."""

    name: ClassVar[str] = "refine"
    summary: ClassVar[str] = "drafts, criticises and revises its answer"
    source: ClassVar[str] = "Madaan et al. 2023, arXiv:2303.17651"

    rounds: int = 1
    """Most critiques, each with its revision; a critique that finds nothing ends them."""
    critique_prompt: str = CRITIQUE
    """What the model is asked behind its own answer."""
    revision_prompt: str = REVISION
    """What it is asked behind its critique."""

    def __post_init__(self) -> None:
        """Refuse a number of rounds out of range."""
        if not 1 <= self.rounds <= MOST_ROUNDS:
            raise ConfigurationError(
                f"refine: rounds={self.rounds} must be from 1 to {MOST_ROUNDS}", "For example rounds=2"
            )
        for option in ("critique_prompt", "revision_prompt"):
            refuse_placeholders(f"refine: {option}", getattr(self, option), filled=())

    def run(self, task: PipelineInput) -> Stages:
        """Ask for the draft, then for critique and revision until nothing is to be changed."""
        reply = yield from one_reply(AskModel(stage="draft", messages=task.messages))
        n_revisions = 0
        for i in range(1, self.rounds + 1):
            critique = AskModel(stage=f"critique {i}", messages=answered(task.messages, reply, self.critique_prompt))
            findings = yield from one_reply(critique)
            if is_satisfied(findings.text):
                break
            messages = answered(critique.messages, findings, self.revision_prompt)
            reply = yield from one_reply(AskModel(stage=f"revision {i}", messages=messages))
            n_revisions += 1
        return PipelineResult(answer=reply.text, notes={"revisions": n_revisions})


def is_satisfied(critique: str) -> bool:
    """Check whether a critique says that nothing is to be changed, and nothing else."""
    return critique.strip().strip("*_.!\"'` ").upper() == NOTHING
