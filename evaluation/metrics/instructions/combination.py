"""Instructions that combine: two different responses, or repeating the request before the answer."""

from dataclasses import dataclass
from typing import ClassVar

from evaluation.metrics.instructions.instruction import Instruction


@dataclass(frozen=True, kw_only=True)
class TwoResponses(Instruction):
    """Two different answers separated by `******`, with nothing empty except before the first and after the last."""

    name: ClassVar[str] = "combination:two_responses"

    def is_followed(self, answer: str) -> bool:
        parts = [part.strip() for part in answer.split("******")]
        if not all(parts[1:-1]):
            return False
        responses = [part for part in parts if part]
        return len(responses) == 2 and responses[0] != responses[1]


@dataclass(frozen=True, kw_only=True)
class RepeatPrompt(Instruction):
    """The answer starts with the request, ignoring case."""

    name: ClassVar[str] = "combination:repeat_prompt"
    prompt_to_repeat: str

    def is_followed(self, answer: str) -> bool:
        return answer.strip().lower().startswith(self.prompt_to_repeat.strip().lower())
