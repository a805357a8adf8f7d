"""Instruction to leave out a punctuation mark: no commas."""

from dataclasses import dataclass
from typing import ClassVar

from evaluation.metrics.instructions.instruction import Instruction


@dataclass(frozen=True, kw_only=True)
class NoComma(Instruction):
    """No `,`; commas of other scripts are ignored."""

    name: ClassVar[str] = "punctuation:no_comma"

    def is_followed(self, answer: str) -> bool:
        return "," not in answer
