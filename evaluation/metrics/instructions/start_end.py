"""Instructions on how the answer begins and ends."""

from dataclasses import dataclass
from typing import ClassVar

from evaluation.metrics.instructions.instruction import Instruction


@dataclass(frozen=True, kw_only=True)
class EndChecker(Instruction):
    """The answer ends with the phrase, ignoring case and blanks and double quotes around the answer."""

    name: ClassVar[str] = "startend:end_checker"
    end_phrase: str

    def is_followed(self, answer: str) -> bool:
        return answer.strip().strip('"').lower().endswith(self.end_phrase.strip().lower())


@dataclass(frozen=True, kw_only=True)
class Quotation(Instruction):
    """The answer is enclosed in straight double quotes."""

    name: ClassVar[str] = "startend:quotation"

    def is_followed(self, answer: str) -> bool:
        text = answer.strip()
        return len(text) > 1 and text.startswith('"') and text.endswith('"')
