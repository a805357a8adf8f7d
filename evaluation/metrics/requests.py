"""Requests that a metric makes before it measures; equal requests are answered once, in batches."""

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation.case import Message
from evaluation.program import Program, ProgramOutcome
from evaluation.scores import ScoreFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedText:
    """A text to embed. The answer is its vector as returned by the model."""

    model: str
    digest: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskJudge:
    """A question to a judge model. The answer is the generated text, unchanged."""

    model: str
    digest: str
    messages: tuple[Message, ...]
    schema: str = ""
    """JSON schema of the answer, as canonical JSON; empty for free text."""
    seed: int = 0
    num_predict: int = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgram:
    """A program to run in the sandbox. The answer is its outcome."""

    program: Program


Request = EmbedText | AskJudge | RunProgram
Answer = tuple[float, ...] | str | ProgramOutcome | ScoreFailure
Answers = Mapping[Request, Answer]
"""Answers to a metric's requests, by request."""
