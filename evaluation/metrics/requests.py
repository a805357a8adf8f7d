"""Requests that a metric makes before it measures; equal requests are answered once, in batches."""

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation.case import Message
from evaluation.program import Program, ProgramOutcome
from evaluation.scores import ScoreFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedText:
    """A text to be embedded. Answered by its vector, as the model gives it."""

    model: str
    digest: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskJudge:
    """A question to a judge model. Answered by the text that it wrote, unchanged."""

    model: str
    digest: str
    messages: tuple[Message, ...]
    schema: str = ""
    """The JSON schema that its answer must follow, as canonical JSON; empty: free text."""
    seed: int = 0
    num_predict: int = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgram:
    """A program to be run in the sandbox. Answered by its outcome."""

    program: Program


Request = EmbedText | AskJudge | RunProgram
Answer = tuple[float, ...] | str | ProgramOutcome | ScoreFailure
Answers = Mapping[Request, Answer]
"""Answers to a metric's requests, by the request itself."""
